#!/usr/bin/env python3
"""bench.py - Linnet and Debian's Linux side by side in the same QEMU.

    bench.py [--case NAME ...] [--smp N] [--runs N] [--quick] [--record] [--compare]

Kinds of figures, named in each row:
    insn    guest instructions an operation, -icount, -cpu max,erms=off: exact, the same on every run
    rep     the same with -cpu max, where Linux takes its `rep movsb` paths (an iteration counts as one)
    cpu     QEMU's own CPU time for the case without -icount, least of RUNS alternating runs, in ms
    boot    instructions or device accesses from power-on, counted by a TCG plugin
    memory  least -m that brings up a shell, in MiB; bytes of the loaded image
Linux runs as Debian ships it, and with mitigations=off init_on_alloc=0.
Writes build/bench/results.json, build/bench/table.md and build/bench/chart.svg.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/harness"))
import vm  # noqa: E402

BENCH = vm.BUILD / "bench"
RECORD = ROOT / "tests/bench/record.json"
LINE = re.compile(r"^bench (\S+) (\d+)\r?$", re.M)
COUNT = re.compile(r"^count (mark=\d+|end) insns=(\d+) io=(\d+)", re.M)
ICOUNT = ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
BEST = "mitigations=off init_on_alloc=0"
KERNELS = ("linux", "linux_best", "linnet")
QUICK = ["control", "getpid", "read_zero_1", "stat", "open_close", "pipe_round_trip", "fork_exit_wait", "fault_anon",
         "signal_deliver"]


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
            "-append", f"console=ttyS0 quiet {append}", *extra]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout)
        text = done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode(errors="replace") + "\n[timed out]"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return text, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def micro(kernel, cases, cpu, smp=1, extra=ICOUNT):
    words = "-- " + " ".join(cases) if cases else ""
    text, _ = qemu(kernel, BENCH / "micro.cpio", words, extra, cpu=cpu, smp=smp)
    found = {name: int(value) for name, value in LINE.findall(text)}
    if found.pop("end", None) is None:
        print(f"\n{kernel}: the run did not end:\n{text[-1500:]}", file=sys.stderr)
    return found


def instruction_rows(cases, cpu, kind):
    rows = {}
    for kernel in KERNELS:
        progress(f"{kind}: {kernel}")
        for name, value in micro(kernel, cases, cpu).items():
            rows.setdefault(name, {"kind": kind, "unit": "instructions"})[kernel] = value
    control = rows.get("control", {})
    for kernel in KERNELS:
        if control and not 98 <= control.get(kernel, 0) <= 102:
            sys.exit(f"the control loop took {control.get(kernel)} instructions on {kernel}, not 100: clock is wrong")
    return rows


def boot_rows():
    """From power-on to the first write of init and to power-off, with the smallest static init."""
    rows = {}
    plugin = ["-plugin", str(BENCH / "count.so")]
    for machine in ("microvm", "pc", "q35"):
        for kernel in KERNELS:
            progress(f"boot: {machine} {kernel}")
            text, _ = qemu(kernel, BENCH / "hello.cpio", "reboot=t", plugin, machine=machine, timeout=60)
            for where, insns, io in COUNT.findall(text):
                point = {"mark=1": "init_starts", "mark=2": "first_write", "end": "power_off"}[where]
                if "[timed out]" in text and point == "power_off":
                    continue
                rows.setdefault(f"boot_{machine}_{point}", {"kind": "boot", "unit": "instructions"})[kernel] = int(insns)
                if point == "init_starts":
                    rows.setdefault(f"boot_{machine}_device_accesses", {"kind": "boot", "unit": "accesses"})[
                        kernel] = int(io)
    return rows


def cpu_rows(cases, runs, smp):
    """QEMU's CPU time of a whole run of the case, less that of a run of `control` alone."""
    rows = {}
    for case in cases:
        for run in range(runs):
            for kernel in KERNELS:
                progress(f"cpu: {case} {kernel} {run + 1}/{runs}")
                _, base = qemu(kernel, BENCH / "micro.cpio", "-- control", cpu="max", smp=smp)
                _, total = qemu(kernel, BENCH / "micro.cpio", f"-- {case}", cpu="max", smp=smp)
                row = rows.setdefault(case, {"kind": "cpu", "unit": "ms"})
                spent = max(1, round((total - base) * 1000))
                row[kernel] = min(row.get(kernel, spent), spent)
    return rows


def least_memory(kernel):
    """Binary search for the least -m, in MiB, at which a shell answers."""
    low, high = 1, 256
    while high - low > 1:
        middle = (low + high) // 2
        progress(f"memory: {kernel} {middle}M")
        args = vm.qemu_args(vm.LINNET if kernel == "linnet" else vm.linux_kernel(), vm.BUILD / "small.cpio", "",
                            machine="q35", mem=f"{middle}M")
        child = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        out, start = b"", time.monotonic()
        os.set_blocking(child.stdout.fileno(), False)
        while b"# " not in out and child.poll() is None and time.monotonic() - start < 30:
            out += child.stdout.read() or b""
            time.sleep(0.05)
        child.kill()
        child.wait()
        low, high = (low, middle) if b"# " in out else (middle, high)
    return high


def image_size(path):
    text = subprocess.check_output(["readelf", "-lW", str(path)], text=True)
    return sum(int(m.group(1), 16) for m in re.finditer(r"LOAD\s+\S+\s+\S+\s+\S+\s+(\S+)", text))


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
set ytics out nomirror
plot '{data}' using (0):0:(0):2:($0-0.35):($0+0.35):ytic(1) with boxxyerror lc rgb '#3a6ea5'
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--case", nargs="*", default=[])
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

    def add(rows):
        for name, row in rows.items():
            results[f"{row['kind']}.{name}"] = {"name": name, **row}

    cases = args.case
    add(instruction_rows(cases, "max,erms=off", "insn"))
    add(instruction_rows(cases, "max", "rep"))
    if not cases:
        add(boot_rows())
        add({"least_memory": {"kind": "memory", "unit": "MiB", **{k: least_memory(k) for k in ("linux", "linnet")}}})
        add({"image": {"kind": "memory", "unit": "bytes", "linnet": image_size(vm.LINNET)}})
    add(cpu_rows(cases or ["getpid", "pipe_round_trip", "fork_exit_wait", "vfork_exec_wait"], args.runs, args.smp))
    progress("")
    (BENCH / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (BENCH / "table.md").write_text(table(results))
    chart(results)
    print(table(results))


if __name__ == "__main__":
    main()
