"""boots.py - the kind boot: instructions and device accesses from power-on, counted by a TCG plugin (count.c)."""
import shutil

from machine import BENCH, KERNELS, counted_boot, progress, vm

POINTS = {"mark=1": "init_starts", "mark=2": "first_write", "end": "power_off"}
ENTRIES, PER_DIRECTORY = 5000, 50


def machine_rows(machine):
    """To the first instruction and the first write of the smallest static init, and to power-off."""
    rows = {}
    for kernel in KERNELS:
        progress(f"boot: {machine} {kernel}")
        for where, (insns, io) in counted_boot(kernel, BENCH / "hello.cpio", machine).items():
            point = POINTS[where]
            rows.setdefault(f"boot_{machine}_{point}", {"kind": "boot", "unit": "instructions"})[kernel] = insns
            if point == "init_starts":
                rows.setdefault(f"boot_{machine}_device_accesses", {"kind": "boot", "unit": "accesses"})[kernel] = io
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

    for kernel in KERNELS:
        took = {}
        for name, initrd in archives.items():
            progress(f"boot: root {name} {kernel}")
            took[name] = counted_boot(kernel, initrd, "microvm", "1G", 900).get("mark=1", (0, 0))[0]
        if all(took.values()):
            put("boot_root_200M_5000_files", kernel, took["big"])
            put("boot_each_entry", kernel, (took["many"] - took["none"]) // entries)
            put("boot_each_kilobyte", kernel, max(0, took["big"] - took["many"]) // (ENTRIES * 40))
    return rows


def boot_rows(args):
    rows = {}
    for machine in args.machine:
        rows.update(machine_rows(machine))
    if args.roots:
        rows.update(root_rows())
    return rows
