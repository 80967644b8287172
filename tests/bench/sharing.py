#!/usr/bin/env python3
"""sharing.py TRANSFERS LINNET.DEBUG [DIVISOR] - cache lines that go between processors, and the code that moves them
(see sharing.c; boot with nokaslr)."""
import bisect
import collections
import subprocess
import sys


def symbols(path):
    return sorted((int(a, 16), name) for a, _, name in
                  (line.split() for line in subprocess.check_output(["nm", path], text=True).splitlines()
                   if len(line.split()) == 3 and line[0] == "f"))


def named(table, address):
    at = bisect.bisect(table, (address, "\x7f")) - 1
    base, name = table[at]
    return f"{name}+{address - base:x}" if at >= 0 and address - base < 1 << 20 else f"{address:x}"


def main():
    table = symbols(sys.argv[2])
    divisor = float(sys.argv[3]) if len(sys.argv) > 3 else 1
    lines, code = collections.Counter(), collections.defaultdict(collections.Counter)
    for row in open(sys.argv[1]):
        address, line, transfers = row.split()
        lines[int(line, 16)] += int(transfers)
        code[int(line, 16)][named(table, int(address, 16))] += int(transfers)
    print(f"{sum(lines.values()) / divisor:10.3f}  all transfers")
    for line, count in lines.most_common(25):
        print(f"{count / divisor:10.3f}  {named(table, line)}")
        for where, times in code[line].most_common(8):
            print(f"{'':12}{times / divisor:10.3f}  {where}")


if __name__ == "__main__":
    main()
