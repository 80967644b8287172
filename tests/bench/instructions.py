"""instructions.py - the kinds insn, rep, grow and program: guest instructions, under -icount."""
import re
import sys

from machine import BENCH, KERNELS, PATH_LENGTH, ROOT, counted_cases, in_parallel, progress, split_cases

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

    def measure(kernel):
        progress(f"{kind}: {kernel}")
        return counted_cases(kernel, MICRO, ["control", *cases] if cases else [], cpu)

    for kernel, values in zip(KERNELS, in_parallel(measure, KERNELS)):
        for name, value in values.items():
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
    runs = [(kernel, name) for kernel in KERNELS for name in names]

    def measure(run):
        progress(f"grow: {run[0]} {run[1]}")
        return counted_cases(run[0], MICRO, ["control", run[1]], mem="1G")

    for (kernel, name), values in zip(runs, in_parallel(measure, runs)):
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
    kernels = KERNELS if len(names) > 1 else ()

    def measure(kernel):
        progress(f"program: {kernel}")
        return split_cases(kernel, PROGRAMS, names, mem="512M")

    for kernel, (values, parts) in zip(kernels, in_parallel(measure, kernels)):
        for name in values:
            found.setdefault(name, {"kind": "program", "unit": "instructions"})[kernel] = values[name]
            if name in parts and name != "control":
                of_kernel = {"kind": "program", "unit": "instructions of the kernel"}
                found.setdefault(f"{name}, kernel", of_kernel)[kernel] = parts[name]
    if found:
        require_control(found.get("control", {}), KERNELS)
    return found
