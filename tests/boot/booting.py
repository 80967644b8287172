"""What the boot tests share: boot an archive, look at what its init says and at how the run ends.

init is tests/boot/init.c.  KERNEL=linux runs what Linux can run too on Debian's kernel.
"""
import os
import pathlib
import random
import re

import pytest

import newc
import shim
import vm

LINUX = os.environ.get("KERNEL") == "linux"
INIT = vm.BUILD / "boot/init"
SHIM = vm.BUILD / "shim.elf"
linnet_only = pytest.mark.skipif(LINUX, reason="a promise of Linnet's own")

FIRECRACKER = dict(machine="microvm,acpi=off,rtc=off,pit=on,pic=on",
                   extra=["-global", "virtio-mmio.force-legacy=false", "-device", "i8042"])
MACHINES = {
    "microvm": dict(machine="microvm"),
    "microvm-noacpi": dict(machine="microvm,acpi=off"),
    "firecracker": FIRECRACKER,
    "q35": dict(machine="q35"),
    "pc": dict(machine="pc"),
}


def boot(initrd, words="", append="", entry="pvh", timeout=60, **kw):
    """Boot INITRD with the init commands WORDS; a Result whose output has no BIOS chatter."""
    kernel = vm.LINNET
    kw.setdefault("machine", "microvm")
    if LINUX:
        kernel, kw["machine"] = vm.linux_kernel(), "q35"
        append = "panic=-1 " + append
        timeout = 120
    if entry == "shim":
        initrd = shim.pack(kernel, initrd, pathlib.Path(initrd).with_suffix(".shim"))
        kernel = SHIM
    result = vm.run(kernel, initrd, f"{append} -- {words}" if words else append, timeout=timeout, **kw)
    result.output = strip_bios(result.output)
    return result


def strip_bios(text):
    """SeaBIOS talks on the serial line of pc and q35."""
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1bc", "", text)
    return re.sub(r"\A(?s:.*)Booting from ROM\.*", "", text).lstrip("\n")


def lines(result, word):
    """What follows WORD on the lines that begin with it."""
    return [line[len(word) + 1:] for line in result.output.splitlines() if line.startswith(word + " ")]


def args_of(result):
    return [re.fullmatch(r"\d+ \[(.*)\]", line).group(1) for line in lines(result, "arg")]


def env_of(result):
    return [line[1:-1] for line in lines(result, "env")]


def last_line(result):
    return [line for line in result.output.splitlines() if line.strip()][-1]


def check_ran(result, status=0):
    """init ran to its end, and nothing panicked."""
    assert not result.timed_out, result.output[-3000:]
    assert re.search(r"^ready$", result.output, re.M), result.output[-3000:]
    if LINUX:
        assert f"exitcode=0x{status << 8:08x}" in result.output
        return result
    assert result.exit_code == 0x10 + status, (result.exit_code, result.output[-3000:])
    assert "panic" not in result.output, result.output[-3000:]
    return result


def check_panic(result, *words):
    """An orderly panic whose last line says why."""
    assert not result.timed_out, result.output[-3000:]
    if LINUX:
        assert "Kernel panic" in result.output, result.output[-3000:]
        return
    assert result.exit_code == 0x0f, (result.exit_code, result.output[-3000:])
    for word in words:
        assert word in last_line(result), result.output[-3000:]


def with_init(archive=None):
    return (archive or newc.Archive()).aligned("init", INIT.read_bytes(), 0o755)


def pattern(n, seed=1):
    return random.Random(seed).randbytes(n)


def fnv(data):
    h = 2166136261
    for byte in data:
        h = (h ^ byte) * 16777619 & 0xffffffff
    return h


def file_line(path, data, mode=0o644, owner="0:0", nlink=1, mtime=0, same=None):
    return (f"{path} -{mode:04o} {owner} nlink={nlink} mtime={mtime} size={len(data)} read={len(data)} "
            f"hash={fnv(data):08x}" + (f" same={same}" if same else ""))
