"""Runs a kernel in QEMU with a time limit and gives back what the console said."""
import os
import pathlib
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("O", ROOT / "build")).resolve()
LINNET = BUILD / "linnet.elf"


def linux_kernel():
    """The path of Debian's bzImage, downloaded on first use."""
    found = sorted((BUILD / "linux/boot").glob("vmlinuz-*"))
    if found:
        return found[0]
    return pathlib.Path(subprocess.check_output([ROOT / "tools/fetch-linux.sh", BUILD], text=True).strip())


def qemu_args(kernel, initrd, append="", machine="q35", smp=1, mem="256M", cpu="max", extra=()):
    if pathlib.Path(kernel).name.startswith("vmlinuz"):
        append = "no_timer_check " + append  # on a busy host Linux's test of its timer interrupt fails, and with it the boot
    args = ["qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-cpu", cpu, "-smp", str(smp),
            "-m", mem, "-nodefaults", "-no-user-config", "-no-reboot", "-nographic",
            "-chardev", "stdio,id=con,signal=off", "-serial", "chardev:con", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-kernel", str(kernel), "-append", f"console=ttyS0 quiet {append}"]
    if initrd:
        args += ["-initrd", str(initrd)]
    return args + list(extra)


class Result:
    def __init__(self, output, code, timed_out):
        self.output = output.replace("\r\n", "\n")
        self.code = code
        self.timed_out = timed_out

    @property
    def exit_code(self):
        """What isa-debug-exit was given, or None."""
        return self.code >> 1 if self.code is not None and self.code & 1 else None


def run(kernel, initrd, append="", timeout=60, stdin=b"", **kw):
    """Boot, wait for the end; a Result."""
    args = qemu_args(kernel, initrd, append, **kw)
    try:
        done = subprocess.run(args, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
        return Result(done.stdout.decode(errors="replace"), done.returncode, False)
    except subprocess.TimeoutExpired as late:
        out = (late.stdout or b"").decode(errors="replace")
        return Result(out + f"\n[timed out after {timeout} s: {shlex.join(args)}]", None, True)


def cpio(directory, out, nodes=None):
    """Pack DIRECTORY with the project's archive builder."""
    args = [str(BUILD / "mkcpio")] + (["-n", str(nodes)] if nodes else []) + [str(directory)]
    with open(out, "wb") as f:
        subprocess.run(args, stdout=f, check=True)
    return out
