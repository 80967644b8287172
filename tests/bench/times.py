"""times.py - the kinds cpu and scale: without -icount, the least of alternating runs.

cpu sees what -icount does not: TLB flushes, exits, helpers for the FPU.  scale is the throughput of 2 and 4 processors by
that of one, from the guest's clock; the host's processors are its ceiling, and the row `control` shows what that is."""
from instructions import MICRO
from machine import KERNELS, command, figures, kernel_path, progress, run, stored

# case: (times, operations in each of a case's two rounds)
CPU_CASES = {"getpid": (1000, 1000), "pipe_round_trip": (50, 500), "fork_exit_wait": (40, 50), "vfork_exec_wait": (40, 50),
             "fault_anon": (32, 256)}


def inputs():
    return [kernel_path("linux"), kernel_path("linnet"), MICRO]


def cpu_seconds(case, words, smp, number):
    """{kernel: QEMU's CPU seconds}, the kernels one after another."""
    def measure():
        took = {}
        for kernel in KERNELS:
            progress(f"cpu: {case} {kernel} {number + 1}")
            text, seconds = run(command(kernel, MICRO, words, cpu="max", smp=smp))
            if "bench end" not in text:
                return None
            took[kernel] = seconds
        return took
    return stored(["cpu", words, str(smp), str(number), *inputs()], measure)


def least(runs):
    """{key: least value} of many {key: value}."""
    found = {}
    for one in runs:
        for key, value in (one or {}).items():
            found[key] = min(found.get(key, value), value)
    return found


def cpu_rows(args):
    """CPU time of a whole run of the case, less that of a run of `control` alone, by operations."""
    rows = {}
    base = least(cpu_seconds("control", "-- control", args.smp, n) for n in range(args.runs))
    for case in args.case or CPU_CASES:
        times, count = CPU_CASES.get(case, (50, None))
        spent = least(cpu_seconds(case, f"-- x{times} {case}", args.smp, n) for n in range(args.runs))
        scale = 1e6 / (2 * times * count) if count else 1e3
        rows[case] = {"kind": "cpu", "unit": "us" if count else "ms in all",
                      **{k: round(max(0.0, spent[k] - base[k]) * scale, 2) for k in KERNELS if k in spent and k in base}}
    return rows


PROCESSORS = (1, 2, 4)


def parallel_ns(smp, number):
    """{kernel case: ns an operation}, one boot a kernel."""
    def measure():
        took = {}
        for kernel in KERNELS:
            progress(f"scale: {smp} processors {kernel} {number + 1}")
            args = command(kernel, MICRO, "-- par", cpu="max", smp=smp)
            found, ended = figures(run(args)[0], f"{kernel} with {smp} processors")
            if not ended:
                return None
            took.update({f"{kernel} {name[4:]}": value for name, value in found.items()})
        return took
    return stored(["scale", str(smp), str(number), *inputs()], measure)


def scale_rows(args):
    took = {smp: least(parallel_ns(smp, n) for n in range(args.runs)) for smp in PROCESSORS}
    return speedups(took)


def speedups(took):
    """Rows from {processors: {kernel case: ns}}: times the throughput of one processor."""
    rows = {}
    for key, alone in took[1].items():
        kernel, case = key.split(" ")
        for smp in PROCESSORS[1:]:
            if took[smp].get(key):
                row = rows.setdefault(f"{case}_{smp}_cpus", {"kind": "scale", "unit": "times 1 CPU", "ns": {}})
                row[kernel] = round(alone / took[smp][key], 2)
                row["ns"][kernel] = [alone, took[smp][key]]
    return rows
