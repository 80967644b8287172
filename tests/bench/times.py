"""times.py - the kinds cpu and scale: time between marks in the program (clock.c), without -icount.

cpu is QEMU's CPU time, not wall time, because the host has other work: what a neighbour does lengthens a wall and hardly
this.  It sees what -icount does not: TLB flushes, exits, helpers for the FPU.

scale is what N workers get done in the time in which one does 1.  par.c runs one worker, then two, then four, in turn,
round after round, so that what the host does in some minutes meets all.  For as many workers as the host has processors the
row is the least wall time of one worker by the least of N: what neighbours take from the host only lengthens a round, and
takes more from two processors than from one.  For more workers it is the median of N x CPU time, of neighbouring rounds.
results.json has the medians of walls, too.  The machine always has four processors and maxcpus= says how many the kernel uses: QEMU's
atomics cost more on a machine with several, which is not the kernel's doing."""
import os
import re
import statistics

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
    pairs = {}
    for number in range((args.runs + 1) // 2):  # each has many rounds
        for n in PROCESSORS[1:]:
            took = compared(f"scale {n}", f"maxcpus={n} -- par", max(PROCESSORS), number)
            for key, values in gains(took or {}, n).items():
                pairs.setdefault(key, []).extend(values)
    return speedups(pairs, os.cpu_count())


def gains(took, n):
    """{(kernel, case, n, what): [(one worker's time, N workers'), ...], a pair a round} of one comparison; what is "cpu" or
    "wall", times are by operation.

    Keys of took are "KERNEL par_CASE:WORKERS:ROUND" and the same behind "wall "."""
    found = {}
    for key, alone in took.items():
        name, workers, round_ = key.rsplit(":", 2) if key.count(":") == 2 else (key, "", "")
        together = took.get(f"{name}:{n}:{round_}")
        if workers != "1" or not together or round_ == "0":  # the first one warms up
            continue
        what, name = ("wall", name[5:]) if name.startswith("wall ") else ("cpu", name)
        kernel, _, case = name.partition(" par_")
        found.setdefault((kernel, case, n, what), []).append((alone, together))
    return found


def speedups(pairs, processors):
    """Rows: times the throughput of one worker, on a host of so many processors."""
    rows = {}
    for (kernel, case, n, what), values in sorted(pairs.items(), key=lambda item: item[0][2]):
        row = rows.setdefault(f"{case}_{n}_cpus", {"kind": "scale", "unit": "times 1 CPU", "wall": {}, "cpu": {}})
        # A wall is by all operations already.
        row[what][kernel] = round(statistics.median((n if what == "cpu" else 1) * one / all_ for one, all_ in values), 2)
        if what == "wall" and n <= processors:
            row[kernel] = round(min(one for one, _ in values) / min(all_ for _, all_ in values), 2)
        elif what == "cpu" and n > processors:
            row[kernel] = row[what][kernel]
    return rows
