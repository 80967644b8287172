#!/usr/bin/env python3
"""timeline.py - draws what boot.timeline=1 printed.

    timeline.py CONSOLE-LOG > timeline.svg

A bar a step, from the kernel's first instruction to process 1's; widths are cycles (instructions under
`-icount shift=0`)."""
import html
import re
import sys

LINE = re.compile(r"^timeline: (\d+) (\d+) (.+?)\s*$", re.M)
LEFT, WIDTH, ROW, SPACE = 330, 640, 22, 8


def svg(steps):
    total = max(end for _, end, _ in steps) or 1
    height = len(steps) * ROW + 3 * SPACE + ROW
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 120}" height="{height}" '
           'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>',
           f'<text x="{LEFT}" y="{ROW - 6}">{total:,} cycles to process 1</text>']
    for row, (begin, end, step) in enumerate(steps):
        y = ROW + SPACE + row * ROW
        x, width = LEFT + WIDTH * begin / total, max(1.0, WIDTH * (end - begin) / total)
        out.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{html.escape(step)}</text>'
                   f'<rect x="{x:.1f}" y="{y + 2}" width="{width:.1f}" height="{ROW - 5}" fill="#3a6ea5"/>'
                   f'<text x="{x + width + 5:.1f}" y="{y + 14}" fill="#555">{end - begin:,}</text>')
    return "\n".join(out + ["</svg>\n"])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], errors="replace") as log:
        steps = [(int(b), int(e), name) for b, e, name in LINE.findall(log.read())]
    if not steps:
        sys.exit(f"{sys.argv[1]}: no timeline: was boot.timeline=1 on the command line?")
    sys.stdout.write(svg(steps))


if __name__ == "__main__":
    main()
