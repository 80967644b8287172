#!/usr/bin/env python3
"""bench.py - Linnet and Debian's Linux side by side in the same QEMU.

    bench.py [--case NAME ...] [--kind KIND ...] [--smp N] [--runs N] [--docs]
    bench.py --quick | --record

Kinds of figures, named in each row:
    insn    guest instructions an operation, -icount, -cpu max,erms=off: exact, the same on every run
    rep     the same with -cpu max, where Linux takes its `rep movsb` paths (an iteration counts as one)
    grow    as insn: the same operation among 10, 1,000, 100,000 files, mappings, processes, entries, timers
    cpu     QEMU's own CPU time for the case without -icount, least of RUNS alternating runs, in us an operation
    wall    wall time by the number of operations with 1, 2 and 4 processors, least of RUNS runs, in ns
    boot    instructions or device accesses from power-on, counted by a TCG plugin, -icount
    memory  least -m that brings up a shell, in MiB; bytes of the image in memory
Linux runs as Debian ships it, and with mitigations=off init_on_alloc=0.
Writes build/bench/results.json, table.md and chart.svg there, and the table between the markers
of docs/performance.md.  insn, rep, grow and boot (up to init's first write) come out the same
from run to run; cpu and wall are the host's.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/harness"))
import vm  # noqa: E402

BENCH = vm.BUILD / "bench"
RECORD = ROOT / "tests/bench/record.json"
LINE = re.compile(r"bench (\S+) (\d+)\r?$", re.M)  # the first stands behind what the firmware said
DOCS = ROOT / "docs/performance.md"
COUNT = re.compile(r"^count (mark=\d+|end) insns=(\d+) io=(\d+)", re.M)
ICOUNT = ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
BEST = "mitigations=off init_on_alloc=0"
KERNELS = ("linux", "linux_best", "linnet")
QUICK = ["control", "getpid", "read_zero_1", "stat", "open_close", "pipe_round_trip", "fork_exit_wait",
         "vfork_exec_wait_least", "fault_anon", "signal_deliver"]


def progress(text):
    print(f"\r\033[K{text}" if sys.stderr.isatty() else text, end="" if sys.stderr.isatty() else "\n", file=sys.stderr,
          flush=True)


def qemu(kernel, initrd, append="", extra=(), machine="q35", cpu="max,erms=off", smp=1, mem="256M", timeout=900):
    path = vm.LINNET if kernel == "linnet" else vm.linux_kernel()
    if kernel == "linux_best":
        append = f"{BEST} {append}"
    if kernel != "linnet" and "-icount" not in extra:
        append = f"tsc=reliable no_timer_check {append}"
    args = ["qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-cpu", cpu, "-smp", str(smp), "-m", mem,
            "-nodefaults", "-no-user-config", "-no-reboot", "-nographic", "-chardev", "stdio,id=con,signal=off",
            "-serial", "chardev:con", "-kernel", str(path), "-initrd", str(initrd),
            "-append", f"console=ttyS0 quiet panic=-1 {append}", *extra]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout)
        text = done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode(errors="replace") + "\n[timed out]"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return text, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def micro(kernel, cases, cpu, smp=1, extra=ICOUNT, mem="256M"):
    words = "-- " + " ".join(cases) if cases else ""
    text, _ = qemu(kernel, BENCH / "micro.cpio", words, extra, cpu=cpu, smp=smp, mem=mem)
    found = {name: int(value) for name, value in LINE.findall(text)}
    if found.pop("end", None) is None:
        print(f"\n{kernel}: the run did not end:\n{text[-1500:]}", file=sys.stderr)
    return found


def instruction_rows(cases, cpu, kind):
    rows = {}
    for kernel in KERNELS:
        progress(f"{kind}: {kernel}")
        for name, value in micro(kernel, ["control", *cases] if cases else [], cpu).items():
            rows.setdefault(name, {"kind": kind, "unit": "instructions"})[kernel] = value
    control = rows.get("control", {})
    for kernel in KERNELS:
        if not 98 <= control.get(kernel, 0) <= 102:
            sys.exit(f"the control loop took {control.get(kernel)} instructions on {kernel}, not 100: clock is wrong")
    return rows


def grow_rows():
    """Each in a machine of its own, so that one that fails spoils no other."""
    rows = {}
    names = re.findall(r'^\t\{ *"(grow_\w+)"', (ROOT / "tests/bench/micro.c").read_text(), re.M)
    if not names:
        sys.exit("no grow_ case found in micro.c")
    for name in names:
        for kernel in KERNELS[0], KERNELS[2]:
            progress(f"grow: {name} {kernel}")
            value = micro(kernel, [name], "max,erms=off", mem="1G").get(name)
            if value is not None:
                rows.setdefault(name[5:], {"kind": "grow", "unit": "instructions"})[kernel] = value
    return rows


def counted(kernel, initrd, machine, mem="256M", timeout=300):
    """{point: (instructions, accesses)} of a boot; stopped where Linux hangs at power-off."""
    path = vm.LINNET if kernel == "linnet" else vm.linux_kernel()
    append = "console=ttyS0 quiet panic=-1 reboot=t"
    if kernel != "linnet":
        append += " tsc=reliable no_timer_check" + (f" {BEST}" if kernel == "linux_best" else "")
    child = subprocess.Popen(
        ["timeout", str(timeout), "qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-cpu", "max,erms=off", "-m", mem,
         "-nodefaults", "-no-user-config", "-no-reboot", "-nographic", "-chardev", "null,id=con", "-serial", "chardev:con",
         "-kernel", str(path), "-initrd", str(initrd), "-append", append, "-plugin", str(BENCH / "count.so"),
         *ICOUNT],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    points = {}
    for line in child.stderr:
        found = COUNT.match(line)
        if found:
            points[found[1]] = int(found[2]), int(found[3])
        if "mark=2" in line and machine == "microvm" and kernel != "linnet":
            child.terminate()
            points["stopped"] = 0, 0
    child.wait()
    if "stopped" in points or child.returncode == 124:
        points.pop("end", None)
    points.pop("stopped", None)
    return points


def boot_rows(machines, roots):
    """From power-on to the first write of init and to power-off, with the smallest static init."""
    rows = {}
    for machine in machines:
        for kernel in KERNELS:
            progress(f"boot: {machine} {kernel}")
            for where, (insns, io) in counted(kernel, BENCH / "hello.cpio", machine).items():
                point = {"mark=1": "init_starts", "mark=2": "first_write", "end": "power_off"}[where]
                rows.setdefault(f"boot_{machine}_{point}", {"kind": "boot", "unit": "instructions"})[kernel] = insns
                if point == "init_starts":
                    rows.setdefault(f"boot_{machine}_device_accesses", {"kind": "boot", "unit": "accesses"})[kernel] = io
    if roots:
        rows.update(root_rows())
    return rows


ENTRIES = 5000


def root_rows():
    """What an entry and a megabyte of the root cost: 5,000 files of 1 byte and of 40 kB, at -m 512M."""
    rows, files = {}, BENCH / "roots"
    for size in (1, 40000):
        tree = files / str(size)
        for i in range(ENTRIES):
            directory = tree / f"usr/share/package{i // 50}"
            directory.mkdir(parents=True, exist_ok=True)
            (directory / f"file-{i}.txt").write_bytes(b"x" * size)
        shutil.copy(BENCH / "hello/init", tree / "init")
        vm.cpio(tree, files / f"{size}.cpio")
        shutil.rmtree(tree)
    entries = ENTRIES + ENTRIES // 50
    for kernel in KERNELS[0], KERNELS[2]:
        took = {}
        for name, initrd in ("small", BENCH / "hello.cpio"), ("many", files / "1.cpio"), ("big", files / "40000.cpio"):
            progress(f"boot: {name} root {kernel}")
            took[name] = counted(kernel, initrd, "microvm", "512M").get("mark=1", (0, 0))[0]
        if all(took.values()):
            rows.setdefault("boot_root_200M_5000_files", {"kind": "boot", "unit": "instructions"})[kernel] = took["big"]
            rows.setdefault("boot_each_entry", {"kind": "boot", "unit": "instructions"})[kernel] = (
                took["many"] - took["small"]) // entries
            rows.setdefault("boot_each_kilobyte", {"kind": "boot", "unit": "instructions"})[kernel] = max(
                0, took["big"] - took["many"]) // (ENTRIES * 40)
    shutil.rmtree(files)
    return rows


CPU_CASES = {"getpid": 1000, "pipe_round_trip": 50, "fork_exit_wait": 40, "vfork_exec_wait": 40, "fault_anon": 32}
CPU_COUNT = {"getpid": 1000, "pipe_round_trip": 500, "fork_exit_wait": 50, "vfork_exec_wait": 50, "fault_anon": 256}


def cpu_rows(cases, runs, smp):
    """QEMU's CPU time of a whole run of the case, less that of a run of `control` alone, by operations (two rounds)."""
    rows, base = {}, {}
    for case in ["control", *cases]:
        for run in range(runs):
            for kernel in KERNELS:
                progress(f"cpu: {case} {kernel} {run + 1}/{runs}")
                times = CPU_CASES.get(case, 50)
                words = "-- control" if case == "control" else f"-- x{times} {case}"
                text, total = qemu(kernel, BENCH / "micro.cpio", words, cpu="max", smp=smp)
                if "bench end" not in text:
                    continue
                if case == "control":
                    base[kernel] = min(base.get(kernel, total), total)
                elif kernel in base:
                    count = CPU_COUNT.get(case)
                    unit = "us" if count else "ms in all"
                    spent = max(0.0, total - base[kernel]) * (1e6 / (2 * times * count) if count else 1e3)
                    row = rows.setdefault(case, {"kind": "cpu", "unit": unit})
                    row[kernel] = min(row.get(kernel, 1e9), round(spent, 2))
    return rows


def wall_rows(runs):
    rows = {}
    for smp in (1, 2, 4):
        for run in range(runs):
            for kernel in KERNELS[0], KERNELS[2]:
                progress(f"wall: {smp} processors {kernel} {run + 1}/{runs}")
                for name, value in micro(kernel, ["par"], "max", smp, ()).items():
                    row = rows.setdefault(f"{name}_smp{smp}", {"kind": "wall", "unit": "ns"})
                    row[kernel] = min(row.get(kernel, value), value)
    return dict(sorted(rows.items()))


def shell_answers(kernel, mem):
    path = vm.LINNET if kernel == "linnet" else vm.linux_kernel()
    args = vm.qemu_args(path, vm.BUILD / "small.cpio", "panic=-1", machine="q35", mem=f"{mem}M")
    child = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    os.set_blocking(child.stdout.fileno(), False)
    out, asked, end = b"", False, time.monotonic() + (60 if kernel == "linux" else 20)
    try:
        while time.monotonic() < end and child.poll() is None:
            out += child.stdout.read() or b""
            if b"# " in out and not asked:
                child.stdin.write(b"echo ans''wer\n")
                child.stdin.flush()
                asked = True
            if b"answer" in out:
                return True
            time.sleep(0.05)
        return False
    except BrokenPipeError:
        return False
    finally:
        child.kill()
        child.wait()


def least_memory(kernel):
    """Binary search for the least -m, in MiB, at which a shell answers."""
    low, high = (32, 128) if kernel == "linux" else (2, 64)
    while high - low > 1:
        middle = (low + high) // 2
        progress(f"memory: {kernel} {middle}M")
        low, high = (low, middle) if shell_answers(kernel, middle) else (middle, high)
    return high


def image_size(path):
    if path != vm.LINNET:  # init_size of the Linux boot protocol: what the kernel needs to run at its address
        return int.from_bytes(path.read_bytes()[0x260:0x264], "little")
    text = subprocess.check_output(["readelf", "-lW", str(path)], text=True)
    return sum(int(m.group(1), 16) for m in re.finditer(r"LOAD\s+\S+\s+\S+\s+\S+\s+\S+\s+(\S+)", text))


def ratio(row):
    if row.get("linux") and row.get("linnet"):
        return row["linnet"] / row["linux"]
    return None


def table(results):
    lines = ["| case | kind | Linux | Linux, best settings | Linnet | Linnet / Linux |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    for key, row in results.items():
        share = ratio(row)
        cells = [f"{row[k]:,}" if k in row else "-" for k in KERNELS]
        lines.append(f"| {row['name']} | {row['kind']}, {row['unit']} | {' | '.join(cells)} | "
                     f"{f'{share:.2f}' if share else '-'} |")
    return "\n".join(lines) + "\n"


def into_docs(text):
    begin, end = "<!-- table -->", "<!-- /table -->"
    old = DOCS.read_text()
    if begin not in old:
        old = old.rstrip("\n") + f"\n\n## The table\n\n{begin}\n{end}\n"
    head, rest = old.split(begin, 1)
    DOCS.write_text(f"{head}{begin}\n{text}{end}{rest.split(end, 1)[1]}")


def chart(results):
    rows = [(r["name"], ratio(r)) for r in results.values() if r["kind"] in ("insn", "boot") and ratio(r)]
    if not rows:
        return
    data = BENCH / "chart.dat"
    data.write_text("".join(f'"{name}" {share:.4f}\n' for name, share in rows))
    script = f"""set terminal svg size 900,{60 + 22 * len(rows)} font 'sans,11' background rgb 'white'
set output '{BENCH}/chart.svg'
set title 'Instructions, Linnet as a share of Linux (less is better; the line is half)'
set yrange [-0.8:{len(rows)}-0.2] reverse
set xrange [0:*]
set style fill solid 0.8
set arrow from 0.5,graph 0 to 0.5,graph 1 nohead lc rgb '#c04040'
unset key
set ytics out nomirror noenhanced
plot '{data}' using (0):0:(0):2:($0-0.35):($0+0.35):ytic(1) with boxxyerror lc rgb '#3a6ea5'
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--case", nargs="*", default=[])
    parser.add_argument("--kind", nargs="*", default=[])
    parser.add_argument("--machine", nargs="*", default=["microvm", "pc", "q35"])
    parser.add_argument("--roots", type=int, default=1, help="0: no boots with large roots")
    parser.add_argument("--merge", action="store_true", help="keep the rows of the last run that this one has not")
    parser.add_argument("--docs", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="instructions of a few cases, Linnet only, against the record")
    parser.add_argument("--record", action="store_true", help="write the instruction rows to tests/bench/record.json")
    args = parser.parse_args()
    BENCH.mkdir(parents=True, exist_ok=True)

    if args.quick:
        record = json.loads(RECORD.read_text())
        found = micro("linnet", QUICK, "max,erms=off")
        for name in QUICK:
            old, new = record.get(name), found.get(name)
            note = "" if old is None or new is None or new <= old * 1.05 else "   GREW by more than 5 %"
            print(f"{name:24} recorded {old}  now {new}{note}")
        return
    if args.record:
        found = micro("linnet", args.case, "max,erms=off")
        RECORD.write_text(json.dumps(found, indent=1) + "\n")
        print(f"{len(found)} rows recorded")
        return

    results = {}
    kinds = args.kind or (["insn", "rep", "cpu"] if args.case else
                          ["insn", "rep", "boot", "memory", "grow", "cpu", "wall"])
    if args.merge and (BENCH / "results.json").exists():
        results = json.loads((BENCH / "results.json").read_text())

    def add(rows):
        for name, row in rows.items():
            results[f"{row['kind']}.{name}"] = {"name": name, **row}
        order = ["insn", "rep", "boot", "memory", "grow", "cpu", "wall"]
        for key in sorted(results, key=lambda k: order.index(k.split(".")[0])):
            results[key] = results.pop(key)
        (BENCH / "results.json").write_text(json.dumps(results, indent=1) + "\n")

    cases = args.case
    if "insn" in kinds:
        add(instruction_rows(cases, "max,erms=off", "insn"))
    if "rep" in kinds:
        add(instruction_rows(cases, "max", "rep"))
    if "boot" in kinds:
        add(boot_rows(args.machine, args.roots))
    if "memory" in kinds:
        add({"least_memory": {"kind": "memory", "unit": "MiB", **{k: least_memory(k) for k in ("linux", "linnet")}}})
        add({"image": {"kind": "memory", "unit": "bytes", "linux": image_size(vm.linux_kernel()),
                       "linnet": image_size(vm.LINNET)}})
    if "grow" in kinds:
        add(grow_rows())
    if "cpu" in kinds:
        add(cpu_rows(cases or list(CPU_CASES), args.runs, args.smp))
    if "wall" in kinds:
        add(wall_rows(args.runs))
    progress("")
    (BENCH / "table.md").write_text(table(results))
    chart(results)
    if args.docs:
        into_docs(table(results))
    print(table(results), end="")


if __name__ == "__main__":
    main()
