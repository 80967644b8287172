"""boots.py - the kind boot: instructions and device accesses from power-on, counted by a TCG plugin (count.c)."""
import shutil

from machine import BENCH, KERNELS, counted_boot, in_parallel, progress, vm

POINTS = {"mark=1": "init_starts", "mark=2": "first_write", "end": "power_off"}
ENTRIES, PER_DIRECTORY = 5000, 50


def machine_rows(machines):
    """To the first instruction and the first write of the smallest static init, and to power-off."""
    rows, runs = {}, [(machine, kernel) for machine in machines for kernel in KERNELS]

    def measure(run):
        progress(f"boot: {run[0]} {run[1]}")
        return counted_boot(run[1], BENCH / "hello.cpio", run[0])

    for (machine, kernel), points in zip(runs, in_parallel(measure, runs)):
        for where, (insns, io) in points.items():
            point = POINTS[where]
            rows.setdefault(f"boot_{machine}_{point}", {"kind": "boot", "unit": "instructions"})[kernel] = insns
            if point == "init_starts":
                rows.setdefault(f"boot_{machine}_device_accesses", {"kind": "boot", "unit": "accesses"})[kernel] = io
    return rows


def prompt_rows(machines):
    """To where the machine waits for what is typed at busybox's prompt on the serial console."""
    rows, runs = {}, [(machine, kernel) for machine in machines for kernel in KERNELS]

    def measure(run):
        progress(f"boot: prompt {run[0]} {run[1]}")
        return counted_boot(run[1], BENCH / "prompt.cpio", run[0], to_prompt=True)

    for (machine, kernel), points in zip(runs, in_parallel(measure, runs)):
        if "idle" in points:
            rows.setdefault(f"boot_{machine}_prompt", {"kind": "boot", "unit": "instructions"})[kernel] = points["idle"][0]
    return rows


def make_root(size, out):
    """An archive of ENTRIES files of SIZE bytes, and the init."""
    if out.exists():
        return
    tree = out.with_suffix(".tree")
    for i in range(ENTRIES):
        directory = tree / f"usr/share/package{i // PER_DIRECTORY}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"file-{i}.txt").write_bytes(b"x" * size)
    shutil.copy(BENCH / "hello/init", tree / "init")
    vm.cpio(tree, out)
    shutil.rmtree(tree)


def root_rows():
    """What an entry and a kilobyte of the root cost: 5,000 files of 1 byte and of 40 kB (200 MB), at -m 1G."""
    rows, files = {}, BENCH / "roots"
    archives = {"none": BENCH / "hello.cpio", "many": files / "1.cpio", "big": files / "40000.cpio"}
    make_root(1, archives["many"])
    make_root(40000, archives["big"])
    entries = ENTRIES + ENTRIES // PER_DIRECTORY

    def put(name, kernel, value):
        rows.setdefault(name, {"kind": "boot", "unit": "instructions"})[kernel] = value

    def measure(run):
        progress(f"boot: root {run[1]} {run[0]}")
        return counted_boot(run[0], archives[run[1]], "microvm", "1G", 900).get("mark=1", (0, 0))[0]

    runs = [(kernel, name) for kernel in KERNELS for name in archives]
    counts = dict(zip(runs, in_parallel(measure, runs)))
    for kernel in KERNELS:
        took = {name: counts[kernel, name] for name in archives}
        if all(took.values()):
            put("boot_root_200M_5000_files", kernel, took["big"])
            put("boot_each_entry", kernel, (took["many"] - took["none"]) // entries)
            put("boot_each_kilobyte", kernel, max(0, took["big"] - took["many"]) // (ENTRIES * 40))
    return rows


def boot_rows(args):
    rows = {**machine_rows(args.machine), **prompt_rows(args.machine)}
    if args.roots:
        rows.update(root_rows())
    return rows
