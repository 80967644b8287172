#!/usr/bin/env python3
"""paths.py COUNTS LINNET.DEBUG [DIVISOR] - instructions by kernel function, most first (see paths.c; boot with nokaslr)."""
import bisect
import collections
import subprocess
import sys


def main():
    symbols = sorted((int(a, 16), name) for a, _, name in
                     (line.split() for line in subprocess.check_output(["nm", sys.argv[2]], text=True).splitlines()
                      if len(line.split()) == 3 and line[0] == "f"))
    starts = [a for a, _ in symbols]
    divisor = float(sys.argv[3]) if len(sys.argv) > 3 else 1
    total = collections.Counter()
    for line in open(sys.argv[1]):
        address, count = line.split()
        at = int(address, 16)
        total[symbols[bisect.bisect(starts, at) - 1][1] if at >= starts[0] else "(not the kernel)"] += int(count)
    print(f"{sum(total.values()) / divisor:12.1f}  total")
    for name, count in total.most_common(60):
        print(f"{count / divisor:12.1f}  {name}")


if __name__ == "__main__":
    main()
