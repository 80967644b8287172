#!/usr/bin/env python3
"""coverage.py DIR [FILE...]: line coverage of kernel/ by the unit tests that ran in DIR.

DIR holds the .gcda files of `make coverage`.  Prints a table by folder, or, for each FILE
(kernel/fs/epoll.c), its lines that no test reached.
"""
import collections
import json
import pathlib
import subprocess
import sys


def read_counts(folder):
    """{source: {line: times executed}} over all objects that ran."""
    counts = collections.defaultdict(lambda: collections.defaultdict(int))
    for data in sorted(pathlib.Path(folder).rglob("*.gcda")):
        out = subprocess.run(["gcov", "--json-format", "--stdout", str(data)],
                             capture_output=True, check=True).stdout
        for line in out.splitlines():
            for file in json.loads(line)["files"]:
                name = file["file"]
                if not name.startswith("kernel/") or not name.endswith(".c"):
                    continue
                for entry in file["lines"]:
                    counts[name][entry["line_number"]] += entry["count"]
    return counts


def print_table(counts):
    sources = [str(p) for p in pathlib.Path("kernel").rglob("*.c")
               if "arch" not in p.parts[1:2]]
    folders = collections.defaultdict(lambda: [0, 0, 0, 0])  # files, tested, lines, reached
    for source in sources:
        lines = counts.get(source, {})
        for key in (str(pathlib.Path(source).parent), "all"):
            total = folders[key]
            total[0] += 1
            total[1] += bool(lines)
            total[2] += len(lines)
            total[3] += sum(1 for n in lines.values() if n)
    print(f"{'folder':24} {'files':>6} {'tested':>7} {'lines':>6} {'reached':>8}")
    for name in sorted(folders, key=lambda n: (n == "all", n)):
        files, tested, lines, reached = folders[name]
        share = f"{100 * reached / lines:.0f} %" if lines else "-"
        print(f"{name:24} {files:6} {tested:7} {lines:6} {share:>8}")


def print_missed(counts, source):
    text = pathlib.Path(source).read_text().splitlines()
    for line, times in sorted(counts[source].items()):
        if not times:
            print(f"{source}:{line}: {text[line - 1]}")


def main():
    counts = read_counts(sys.argv[1])
    if not counts:
        sys.exit("no counts: run `make coverage`")
    for source in sys.argv[2:]:
        print_missed(counts, source)
    if len(sys.argv) == 2:
        print_table(counts)


main()
