"""instructions.py - the kinds insn, rep, grow and program: guest instructions, under -icount."""
import re
import sys

from machine import BENCH, KERNELS, PATH_LENGTH, ROOT, counted_cases, progress, split_cases

MICRO = BENCH / "micro.cpio"
PROGRAMS = BENCH / "programs.cpio"


def control_is_right(value):
    """The control loop has 100 instructions; it shows that a tick of the guest's clock is an instruction."""
    return value is not None and 98 <= value <= 102


def require_control(row, kernels):
    for kernel in kernels:
        if not control_is_right(row.get(kernel)):
            sys.exit(f"the control loop took {row.get(kernel)} instructions on {kernel}, not 100: the guest's clock is wrong")


def rows(cases, cpu, kind):
    found = {}
    for kernel in KERNELS:
        progress(f"{kind}: {kernel}")
        for name, value in counted_cases(kernel, MICRO, ["control", *cases] if cases else [], cpu).items():
            found.setdefault(name, {"kind": kind, "unit": "instructions"})[kernel] = value
    require_control(found.get("control", {}), KERNELS)
    return found


def insn_rows(args):
    return rows(args.case, PATH_LENGTH, "insn")


def rep_rows(args):
    return rows(args.case, "max", "rep")


def grow_names():
    return re.findall(r'^\t\{ *"(grow_\w+)"', (ROOT / "tests/bench/micro/grow.c").read_text(), re.M)


def grow_rows(args):
    """Each in a machine of its own, so that one that fails spoils no other."""
    found = {}
    names = [name for name in grow_names() if not args.case or name in args.case or name[5:] in args.case]
    for name in names:
        found[name[5:]] = {"kind": "grow", "unit": "instructions"}
    for kernel in KERNELS:
        for name in names:
            progress(f"grow: {kernel} {name}")
            values = counted_cases(kernel, MICRO, ["control", name], mem="1G")
            if name in values:
                require_control({kernel: values.get("control")}, [kernel])
                found[name[5:]][kernel] = values[name]
    return found


def program_names():
    return re.findall(r'^\t\{ "(\w+)", ', (ROOT / "tests/bench/programs/timed.c").read_text(), re.M)


def program_rows(args):
    """Whole programs, one machine for all; and what of their instructions is the kernel's (split.c)."""
    found = {}
    names = [name for name in program_names() if name == "control" or not args.case or name in args.case]
    for kernel in KERNELS if len(names) > 1 else ():
        progress(f"program: {kernel}")
        values, parts = split_cases(kernel, PROGRAMS, names, mem="512M")
        for name in values:
            found.setdefault(name, {"kind": "program", "unit": "instructions"})[kernel] = values[name]
            if name in parts and name != "control":
                of_kernel = {"kind": "program", "unit": "instructions of the kernel"}
                found.setdefault(f"{name}, kernel", of_kernel)[kernel] = parts[name]
    if found:
        require_control(found.get("control", {}), KERNELS)
    return found
