#!/usr/bin/env python3
"""bench.py - Linnet and Debian's Linux side by side in the same QEMU (make bench).

    bench.py [--case NAME ...] [--kind KIND ...] [--machine M ...] [--smp N] [--runs N] [--fresh] [--merge] [--docs]
    bench.py --quick | --record

Kinds of figures, named in each row:
    insn    guest instructions an operation, -icount, -cpu max,erms=off: exact, the same on every run
    program whole programs as insn: shell loops, tar, sort, awk, make with tcc, sqlite3, hackbench over pipes
    rep     insn with -cpu max, where Linux takes its `rep movsb` paths (an iteration counts as one)
    grow    as insn: the same operation among 10, 1,000, 100,000 files, mappings, processes, entries, timers
    cpu     QEMU's CPU time of an operation without -icount, least of RUNS alternating runs, in us
    scale   work of 2 and 4 processors in the time in which one does 1 (times.py), the best of many rounds
    boot    instructions or device accesses from power-on, counted by a TCG plugin, -icount
    memory  least -m that brings up a shell, in MiB; bytes of the image in memory
Linux runs as Debian ships it, and with mitigations=off init_on_alloc=0.
Writes build/bench/results.json, table.md and chart.svg there, with --docs the table between the markers of
docs/performance.md.  What was measured of the same files before is taken from build/bench/cache (machine.py);
--fresh measures again."""
import argparse
import json

import boots
import instructions
import machine
import memory
import record
import table
import times

MEASURE = {"insn": instructions.insn_rows, "program": instructions.program_rows, "grow": instructions.grow_rows,
           "rep": instructions.rep_rows, "boot": boots.boot_rows, "memory": memory.memory_rows, "cpu": times.cpu_rows,
           "scale": times.scale_rows}
OF_A_CASE = ("insn", "rep", "cpu")  # kinds that make bench CASE=... measures
RESULTS = machine.BENCH / "results.json"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--case", nargs="*", default=[])
    parser.add_argument("--kind", nargs="*", default=[], choices=list(MEASURE))
    parser.add_argument("--machine", nargs="*", default=["microvm", "pc", "q35"])
    parser.add_argument("--roots", type=int, default=1, help="0: no boots with large roots")
    parser.add_argument("--fresh", action="store_true", help="measure again what the store has")
    parser.add_argument("--merge", action="store_true", help="keep the rows of the last run that this one has not")
    parser.add_argument("--docs", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--smp", type=int, default=1, help="processors of the cpu rows")
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="instructions of a few cases, Linnet only, against the record")
    parser.add_argument("--record", action="store_true", help="write the instruction rows to tests/bench/record.json")
    return parser.parse_args()


def write(results):
    text = table.table(results)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    (machine.BENCH / "table.md").write_text(text)
    table.chart(results, machine.BENCH / "chart.svg")
    return text


def main():
    args = arguments()
    machine.BENCH.mkdir(parents=True, exist_ok=True)
    machine.fresh = args.fresh
    if args.quick:
        return record.quick()
    if args.record:
        return record.renew(args.case)

    results = json.loads(RESULTS.read_text()) if args.merge and RESULTS.exists() else {}
    kinds = args.kind or [kind for kind in MEASURE if not args.case or kind in OF_A_CASE]
    for kind in kinds:
        for name, row in MEASURE[kind](args).items():
            results[f"{kind}.{name}"] = {"name": name, **row}
        write(results)
    machine.progress("")
    text = write(results)
    if args.docs:
        table.into_document(machine.ROOT / "docs/performance.md", text)
    print(text, end="")
    for name, linux, linnet in table.grows_faster(results):
        print(f"grows faster than on Linux: {name}, {linnet} times (Linux {linux})")


if __name__ == "__main__":
    main()
