"""table.py - rows as Markdown and as a chart.

A row: {"name", "kind", "unit", and a value for each kernel that gave one}."""
import pathlib
import subprocess

NAMES = {"linux": "Linux", "linux_best": "Linux, best settings", "linnet": "Linnet"}
# In the order of the table.  True: more is better.
KINDS = {"insn": False, "program": False, "grow": False, "rep": False, "cpu": False, "scale": True, "boot": False,
         "memory": False}
ABOUT = {
    "insn": "Instructions an operation, `-cpu max,erms=off`: the path length.",
    "program": "Instructions of whole programs, their own included.",
    "grow": "The same operation among more and more: files, mappings, processes, entries, timers.",
    "rep": "Instructions an operation, `-cpu max`: Linux copies with `rep movsb`, of which each byte counts.",
    "cpu": "QEMU's CPU time an operation, without `-icount`, `-cpu max`, least of alternating runs.",
    "scale": "Work of N processors in the time in which one does 1; more is better. `control`, a loop in user mode, is the ceiling.",
    "boot": "From power-on, firmware included.",
    "memory": "The least `-m` with which a shell answers; the memory that the image occupies.",
}


def ratio(row):
    """Linnet's figure by Linux's, None where one is missing."""
    if row.get("linux") and row.get("linnet") is not None:
        return row["linnet"] / row["linux"]
    return None


def note(row):
    """What a reader has to be told about the row: who wins, and whether it is over half."""
    share = ratio(row)
    if share is None or row["name"] == "control" or row["name"].startswith("control_"):
        return ""
    if KINDS[row["kind"]]:
        return "Linux wins" if share < 0.95 else ""
    if share > 1:
        return "Linux wins"
    return "over half" if share > 0.5 and row["kind"] in ("insn", "program") else ""


def cell(value):
    if value is None:
        return "-"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def share_text(share):
    if share is None:
        return "-"
    return f"{share:.2f}" if share >= 0.005 else f"{share:.1g}"


def section(kind, rows):
    lines = [f"**{kind}** {ABOUT[kind]}", "", f"| {kind} | unit | {' | '.join(NAMES.values())} | Linnet / Linux | |",
             "| --- | --- | ---: | ---: | ---: | ---: | --- |"]
    for row in rows:
        cells = [row["name"], row["unit"], *(cell(row.get(k)) for k in NAMES), share_text(ratio(row)), note(row)]
        lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def table(results):
    """One Markdown table a kind, of {key: row}."""
    parts = []
    for kind in KINDS:
        rows = [row for row in results.values() if row["kind"] == kind]
        if rows:
            parts.append(section(kind, rows))
    return "\n".join(parts)


def grows_faster(results, slack=1.1):
    """[(operation, Linux's factor, Linnet's)] of the operations whose cost rises with N more than on Linux."""
    series = {}
    for row in results.values():
        if row["kind"] == "grow" and ratio(row) is not None:
            name, _, n = row["name"].rpartition("_")
            series.setdefault(name, []).append((int(n), row))
    found = []
    for name, rows in series.items():
        rows = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
        linux, linnet = (rows[-1][k] / rows[0][k] for k in ("linux", "linnet"))
        if linnet > linux * slack:
            found.append((name, round(linux, 2), round(linnet, 2)))
    return found


def into_document(path, text):
    """Replaces what stands between the markers of a document."""
    begin, end = "<!-- table -->", "<!-- /table -->"
    old = path.read_text()
    if begin not in old:
        old = old.rstrip("\n") + f"\n\n## The table\n\n{begin}\n{end}\n"
    head, rest = old.split(begin, 1)
    path.write_text(f"{head}{begin}\n{text}{end}{rest.split(end, 1)[1]}")


def chart(results, out):
    """A bar a row, Linnet as a share of Linux, by gnuplot."""
    rows = [(r["name"], ratio(r)) for r in results.values() if r["kind"] in ("insn", "program", "boot") and ratio(r)]
    if not rows:
        return
    data = pathlib.Path(out).with_suffix(".dat")
    data.write_text("".join(f'"{name}" {share:.4f}\n' for name, share in rows))
    script = f"""set terminal svg size 900,{60 + 22 * len(rows)} font 'sans,11' background rgb 'white'
set output '{out}'
set title 'Linnet as a share of Linux (less is better; the line is half)'
set yrange [-0.8:{len(rows)}-0.2] reverse
set xrange [0:*]
set style fill solid 0.8
set arrow from 0.5,graph 0 to 0.5,graph 1 nohead lc rgb '#c04040'
unset key
set ytics out nomirror noenhanced
plot '{data}' using (0):0:(0):2:($0-0.35):($0+0.35):ytic(1) with boxxyerror lc rgb '#3a6ea5'
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
