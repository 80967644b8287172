"""times.py - the kinds cpu and scale: QEMU's CPU time between marks in the program (clock.c), without -icount.

CPU time and not wall time, because the host has other work: what a neighbour does lengthens a wall and hardly this.  cpu
sees what -icount does not: TLB flushes, exits, helpers for the FPU.  scale is what N processors get done by what one does
in the same CPU time each: N x the time of an operation on one / on N.  It sees every cycle that locks, bouncing and
interrupts between processors cost; it does not see a processor that sleeps, so the wall's ratio is kept beside it in
results.json.  The machine always has four processors and maxcpus= says how many the kernel uses: QEMU's atomics cost more
on a machine with several, which is not the kernel's doing."""
import re

from instructions import MICRO
from machine import BENCH, KERNELS, command, figures, kernel_path, progress, run, stored

CLOCK = BENCH / "clock.so"
CASES = ["getpid", "read_zero_1", "stat", "open_close", "pipe_write_read", "pipe_round_trip", "futex_ping_pong",
         "thread_create_join", "fork_exit_wait", "vfork_exec_wait", "fault_anon", "mmap_touch_munmap_64k", "signal_deliver"]
TIMES = 10  # as often as under -icount, so that a case is some milliseconds
PROCESSORS = (1, 2, 4)
TICKS = re.compile(r"clock \d+ (\d+)\r?$", re.M)
OPERATIONS = re.compile(r"operations (\S+) (\d+)\r?$", re.M)


def per_operation(text):
    """{case: CPU nanoseconds an operation}, from the plugin's lines and the program's."""
    names = OPERATIONS.findall(text)
    ticks = TICKS.findall(text)
    return {name: int(ns) / int(count) for (name, count), ns in zip(names, ticks)} if len(names) == len(ticks) else {}


def least(runs):
    """{key: least value} of many {key: value}."""
    found = {}
    for one in runs:
        for key, value in (one or {}).items():
            found[key] = min(found.get(key, value), value)
    return found


def compared(what, words, smp, number):
    """{kernel case: CPU ns an operation, "wall kernel case": guest's own figure}, the kernels one after another."""
    def measure():
        took = {}
        for kernel in KERNELS:
            progress(f"{what} {kernel} {number + 1}")
            text, _ = run(command(kernel, MICRO, words, ["-plugin", str(CLOCK)], cpu="max", smp=smp))
            walls, ended = figures(text, f"{what} {kernel}")
            if not ended:
                return None
            took.update({f"{kernel} {name}": value for name, value in per_operation(text).items()})
            took.update({f"wall {kernel} {name}": value for name, value in walls.items()})
        return took
    return stored([what, words, str(smp), str(number), kernel_path("linux"), kernel_path("linnet"), MICRO, CLOCK], measure)


def cpu_rows(args):
    """Microseconds of QEMU's CPU time an operation."""
    rows = {}
    words = " ".join(["--", f"x{TIMES}", "control", *(args.case or CASES)])
    for key, value in least(compared("cpu", words, args.smp, n) for n in range(args.runs)).items():
        kernel, _, case = key.partition(" ")
        if kernel in KERNELS:
            rows.setdefault(case, {"kind": "cpu", "unit": "us"})[kernel] = round(value / 1000, 3)
    return rows


def scale_rows(args):
    runs = {n: [] for n in PROCESSORS}
    for number in range(args.runs):
        for n in PROCESSORS:
            runs[n].append(compared(f"scale {n}", f"maxcpus={n} -- par", max(PROCESSORS), number))
    return speedups({n: least(runs[n]) for n in PROCESSORS})


def speedups(took):
    """Rows from {processors: {kernel case: ns}}: times the throughput of one processor."""
    rows = {}
    for key, alone in took[1].items():
        kernel, _, case = key.partition(" par_")
        for n in PROCESSORS[1:]:
            if key not in took[n]:
                continue
            row = rows.setdefault(f"{case}_{n}_cpus", {"kind": "scale", "unit": "times 1 CPU", "wall": {}, "cpu_ns": {}})
            if kernel.startswith("wall "):  # by all operations already
                row["wall"][kernel[5:]] = round(alone / took[n][key], 2)
            else:
                row[kernel] = round(n * alone / took[n][key], 2)
                row["cpu_ns"][kernel] = [round(alone), round(took[n][key])]
    return {name: row for name, row in rows.items() if any(k in row for k in KERNELS)}
