#!/usr/bin/env python3
"""layers.py - check that every #include in kernel/ points down (tools/layers.txt), and that no header cycle exists."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
KERNEL = ROOT / "kernel"
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def read_table():
    table = {}
    for line in (ROOT / "tools/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            folder, _, words = line.partition(":")
            table[folder.strip()] = words.split()
    return table


def allowed(table, folder, seen=None):
    """FOLDER's row, with what its "+x" words bring."""
    seen = seen if seen is not None else set()
    if folder in seen:
        return set()
    seen.add(folder)
    may = {folder}
    for word in table[folder]:
        if word == "*":
            may.update(table)
        elif word.startswith("+"):
            may |= allowed(table, word[1:], seen)
        else:
            may.add(word)
    return may


def folder_of(table, path):
    """The longest row of the table that holds PATH (relative to kernel/)."""
    best = None
    for folder in table:
        if path.startswith(folder + "/") and (best is None or len(folder) > len(best)):
            best = folder
    return best


def main():
    table = read_table()
    errors, edges = [], {}
    for path in sorted(KERNEL.rglob("*.[chS]")):
        name = str(path.relative_to(KERNEL))
        folder = folder_of(table, name)
        if folder is None:
            errors.append(f"kernel/{name}: in no layer of tools/layers.txt")
            continue
        may = allowed(table, folder)
        targets = []
        for include in INCLUDE.findall(path.read_text()):
            target = include if (KERNEL / include).exists() else str((path.parent / include).relative_to(KERNEL)) \
                if (path.parent / include).exists() else None
            if target is None:
                continue
            targets.append(target)
            below = folder_of(table, target)
            if below and below not in may:
                errors.append(f"kernel/{name}: includes {target}, which is above {folder}")
        edges[name] = targets
    state = {}

    def visit(name, trail):
        if state.get(name) == 2:
            return
        if state.get(name) == 1:
            errors.append("include cycle: " + " -> ".join(trail[trail.index(name):] + [name]))
            return
        state[name] = 1
        for target in edges.get(name, []):
            visit(target, trail + [name])
        state[name] = 2

    for name in edges:
        visit(name, [])
    print("\n".join(errors) if errors else f"layers: {len(edges)} files, no include points up")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main())
