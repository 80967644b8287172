#!/usr/bin/env python3
"""flamegraph.py - folded stacks to an SVG flame graph.

    flamegraph.py [TITLE] < FOLDED > GRAPH.svg

A line of input is `outermost;...;innermost COUNT`.  A box is a function, as wide as its share of the samples, above
its caller; kernel functions (name_[k]) are blue, the program's are orange.  Point at a box to read its figures."""
import html
import sys

WIDTH, ROW, TOP = 1200, 18, 40


def tree(lines):
    root = {"count": 0, "children": {}}
    for line in lines:
        stack, _, count = line.rstrip("\n").rpartition(" ")
        if not stack:
            continue
        node = root
        node["count"] += int(count)
        for frame in stack.split(";"):
            node = node["children"].setdefault(frame, {"count": 0, "children": {}})
            node["count"] += int(count)
    return root


def depth(node):
    return 1 + max((depth(child) for child in node["children"].values()), default=0)


def boxes(node, name, x, level, scale, height, out):
    width = node["count"] * scale
    if width < 0.3:
        return
    y = height - (level + 1) * ROW
    kernel = name.endswith("_[k]")
    label = html.escape(name.removesuffix("_[k]"))
    share = 100 * width / WIDTH
    text = label if len(label) * 7 < width else ""
    out.append(f'<g><title>{label}: {node["count"]} samples, {share:.1f} %</title>'
               f'<rect x="{x:.1f}" y="{y}" width="{max(width - 0.3, 0.3):.1f}" height="{ROW - 1}" '
               f'fill="{"#7fa8d1" if kernel else "#e9a15b"}"/>'
               f'<text x="{x + 3:.1f}" y="{y + 13}">{text}</text></g>')
    for child in sorted(node["children"]):
        boxes(node["children"][child], child, x, level + 1, scale, height, out)
        x += node["children"][child]["count"] * scale


def svg(root, title):
    height = TOP + depth(root) * ROW
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="monospace" '
           f'font-size="11"><rect width="100%" height="100%" fill="white"/>'
           f'<text x="10" y="22" font-size="15">{html.escape(title)}: {root["count"]} samples</text>']
    boxes(root, "all", 0, 0, WIDTH / max(root["count"], 1), height, out)
    return "\n".join(out + ["</svg>\n"])


def main():
    sys.stdout.write(svg(tree(sys.stdin), " ".join(sys.argv[1:]) or "profile"))


if __name__ == "__main__":
    main()
