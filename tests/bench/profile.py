#!/usr/bin/env python3
"""profile.py - where a benchmark's time goes, by sampling (make profile CASE=open_close).

Boots tests/bench/micro.c with linnet.profile=HZ on a kernel with frame pointers, -icount, so that the profile counts
instructions and comes out the same every time.  Addresses of the program get names from its file.  Writes
build/bench/CASE.folded and CASE.svg; prints the functions that were innermost most often."""
import argparse
import bisect
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/harness"), str(ROOT / "tools")]
import flamegraph  # noqa: E402
import vm  # noqa: E402

SAMPLE = re.compile(r"^profile: (\S.*) (\d+)\r?$", re.M)
ICOUNT = ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01T00:00:00,clock=vm"]


class Symbols:
    """Names by address, of a program that is linked to a fixed one."""

    def __init__(self, path):
        out = subprocess.check_output(["nm", "-n", "--defined-only", str(path)], text=True)
        found = [(int(a, 16), name) for a, kind, name in (line.split(None, 2) for line in out.splitlines())
                 if kind in "tTwWiI"]
        self.addresses, self.names = [a for a, _ in found], [n for _, n in found]

    def name(self, frame):
        if not frame.startswith("0x") or frame.endswith("_[k]"):
            return frame
        at = bisect.bisect_right(self.addresses, int(frame, 16)) - 1
        return self.names[at] if at >= 0 else frame


def fold(console, symbols):
    """{stack: samples}, from what the kernel printed."""
    stacks = collections.Counter()
    for stack, count in SAMPLE.findall(console):
        if ";" in stack:
            stacks[";".join(symbols.name(frame) for frame in stack.split(";"))] += int(count)
    return stacks


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--case", required=True)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--hz", type=int, default=20000)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--smp", type=int, default=1)
    args = parser.parse_args()
    bench = vm.BUILD / "bench"
    result = vm.run(args.kernel, bench / "micro.cpio", f"linnet.profile={args.hz} -- x{args.times} {args.case}",
                    machine="microvm", smp=args.smp, timeout=300, extra=ICOUNT)
    if not re.search(r"^bench end", result.output, re.M):
        sys.exit(f"the run did not end:\n{result.output[-1500:]}")
    stacks = fold(result.output, Symbols(bench / "micro/init"))
    if not stacks:
        sys.exit(f"no samples: is there a case {args.case}?\n{result.output[-500:]}")
    lines = [f"{stack} {count}" for stack, count in sorted(stacks.items())]
    (bench / f"{args.case}.folded").write_text("\n".join(lines) + "\n")
    (bench / f"{args.case}.svg").write_text(flamegraph.svg(flamegraph.tree(lines), args.case))
    total, leaves = sum(stacks.values()), collections.Counter()
    for stack, count in stacks.items():
        leaves[stack.rsplit(";", 1)[1]] += count
    for name, count in leaves.most_common(20):
        print(f"{100 * count / total:5.1f} %  {name.replace('_[k]', ' (kernel)')}")
    print(bench / f"{args.case}.svg")


if __name__ == "__main__":
    main()
