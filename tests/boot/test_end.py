"""How a run ends, and what says so."""
import json
import re
import subprocess
import time

import pytest

from booting import MACHINES, boot, check_ran, last_line, lines, linnet_only
import newc
import vm


@linnet_only
@pytest.mark.parametrize("status", [0, 1, 42, 110, 111, 255])
def test_exit_status(root, status):
    result = boot(root, f"@exit:{status}")
    assert result.exit_code == (0x10 + status if status <= 110 else 0x7f), result.output
    assert re.search(rf"init.*\b{status}\b", last_line(result)), result.output


@linnet_only
@pytest.mark.parametrize("signal, name", [(11, "SIGSEGV"), (4, "SIGILL")])
def test_death_by_signal(root, signal, name):
    result = boot(root, f"@kill:{signal}")
    assert result.exit_code == 0x7f, result.output
    assert "init" in last_line(result) and re.search(rf"\b{signal}\b|{name}", last_line(result)), result.output


def test_init_survives_signals(root):
    """init has no handler: what others would die of does not reach it."""
    result = check_ran(boot(root, "@kill:15 @kill:9 @exit:2"), 2)
    assert lines(result, "survived") == ["signal 15", "signal 9"]


@linnet_only
@pytest.mark.parametrize("how", ["off", "restart", "halt"])
def test_orderly_end(root, how):
    result = boot(root, f"@reboot:{how}")
    assert result.exit_code == 0x7f, result.output
    assert last_line(result) != "ready", "nothing said how it ended"


def end_of_run(initrd, words, tmp_path, append="", machine="microvm", extra=(), timeout=60):
    """Boot without isa-debug-exit; QEMU's reason for the end, and the console's text."""
    console = tmp_path / "console"
    args = ["qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-cpu", "max", "-m", "256M", "-nodefaults",
            "-no-user-config", "-no-reboot", "-display", "none", "-chardev", f"file,id=con,path={console}",
            "-serial", "chardev:con", "-qmp", "stdio", "-kernel", str(vm.LINNET), "-initrd", str(initrd),
            "-append", f"console=ttyS0 quiet {append} -- {words}", *extra]
    child = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        child.stdin.write('{"execute":"qmp_capabilities"}\n')
        child.stdin.flush()
        child.wait(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
    events = [json.loads(line) for line in child.stdout.read().splitlines()]
    reasons = [e["data"]["reason"] for e in events if e.get("event") == "SHUTDOWN"]
    return reasons[-1] if reasons else None, console.read_text(errors="replace")


# --- As an outsider starts it ------------------------------------------------------------------

DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
PLAIN = {
    "readme": (["-M", "microvm", "-nographic", "-no-reboot", "-append", "console=ttyS0"], 0),
    "pc": (["-nographic", "-no-reboot", "-append", "console=ttyS0"], 0),
    "no-append": ([*DEBUG_EXIT, "-nographic", "-no-reboot"], 0x10 << 1 | 1),
    "q35": (["-M", "q35", *DEBUG_EXIT, "-nographic", "-no-reboot", "-append", "console=ttyS0 -- @exit:3"], 0x13 << 1 | 1),
    "microvm-acpi-off": (["-M", "microvm,acpi=off", *DEBUG_EXIT, "-nographic", "-append", "console=ttyS0 -- @exit:110"], 0x7e << 1 | 1),
    "power-off": (["-M", "q35", "-nographic", "-append", "console=ttyS0 -- @reboot:off"], 0),
    "no-init": (["-M", "microvm", *DEBUG_EXIT, "-nographic", "-append", "console=ttyS0 rdinit=/x panic=-1"], 0x0f << 1 | 1),
    "only-tty0": (["-M", "q35", *DEBUG_EXIT, "-nographic", "-append", "console=tty0"], 0x10 << 1 | 1),
    "hvc0": (["-M", "microvm", *DEBUG_EXIT, "-nographic", "-append", "console=hvc0"], 0x10 << 1 | 1),
    "tty0-last": (["-M", "pc", *DEBUG_EXIT, "-nographic", "-append", "console=ttyS0,115200n8 console=tty0"], 0x10 << 1 | 1),
}


@linnet_only
@pytest.mark.parametrize("how", PLAIN)
def test_plain_qemu(root, how):
    """QEMU's own defaults for all that is not said; the last line says how it ended."""
    words, status = PLAIN[how]
    done = subprocess.run(["qemu-system-x86_64", "-accel", "tcg", "-kernel", vm.LINNET, "-initrd", root, *words], timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
    assert done.returncode == status, done.stdout
    says = {"power-off": "linnet: powered off by process 1", "no-init": r"---\[ end Kernel panic - not syncing: no working init found.*"}
    assert re.fullmatch(says.get(how, r"linnet: init exited with status \d+"), done.stdout.splitlines()[-1]), done.stdout


@linnet_only
def test_last_line_is_on_each_console(root, tmp_path):
    second = tmp_path / "second"
    result = boot(root, append="console=ttyS1", machine="q35", extra=["-serial", f"file:{second}"])
    last = "linnet: init exited with status 0"
    assert last_line(result) == last and second.read_text().splitlines()[-1] == last
    assert "ready" in second.read_text(), "the last one is /dev/console"


# --- The console at the end -------------------------------------------------------------------

def shell(script, append="", **kw):
    """Start busybox's shell on SCRIPT; the process, whose output nobody reads yet."""
    args = vm.qemu_args(vm.LINNET, vm.BUILD / "small.cpio", f'{append} rdinit=/bin/busybox -- sh -c "{script}"', machine="microvm", **kw)
    return subprocess.Popen(["timeout", "120", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


@linnet_only
@pytest.mark.parametrize("end, last", [("exit 4", "init exited with status 4"), ("poweroff -f", "powered off by process 1"),
                                       ("reboot -f", "rebooted by process 1"), ("halt -f", "halted by process 1")])
def test_last_line_is_a_line(end, last):
    """Behind a prompt, which ends without a newline; and not behind an empty line."""
    for text, before in (("printf prompt", b"prompt"), ("echo whole", b"whole")):
        out, _ = shell(f"{text}; {end}").communicate()
        assert out.endswith(before + b"\r\nlinnet: " + last.encode() + b"\r\n"), out


@linnet_only
@pytest.mark.parametrize("smp", [1, 4])
def test_who_reads_slowly_gets_everything(smp):
    """The pipe is full for 3 s, the sender's ring as well, when init ends."""
    size = (64 + 3) << 10
    child = shell(f"dd if=/dev/zero bs=1k count={size >> 10} 2>/dev/null; exit 5", smp=smp)
    time.sleep(5)
    out = child.stdout.read()
    assert out.count(b"\0") == size and out.endswith(b"\0\r\nlinnet: init exited with status 5\r\n"), out[-200:]
    assert child.wait() == 0x15 << 1 | 1


@linnet_only
def test_a_panic_ends_though_nobody_reads():
    child = shell("mount -t proc p /proc; dd if=/dev/zero bs=1k count=65 2>/dev/null; echo panic > /proc/linnet/crash", append="panic=-1")
    assert child.wait(timeout=60) == 0x0f << 1 | 1
    child.stdout.close()


# --- What QEMU makes of it -----------------------------------------------------------------------

ENDS = [(m, w) for m in MACHINES for w in ("off", "restart")]


@linnet_only
@pytest.mark.parametrize("machine, how", ENDS, ids=[f"{m}-{w}" for m, w in ENDS])
def test_machine_end(root, tmp_path, machine, how):
    """Power-off and reboot by the means of the machine; without any, a reset is the end."""
    reason, text = end_of_run(root, f"@reboot:{how}", tmp_path, **MACHINES[machine])
    off = how == "off" and machine in ("microvm", "q35", "pc")
    assert reason == ("guest-shutdown" if off else "guest-reset"), text


@linnet_only
@pytest.mark.parametrize("machine", ["microvm", "firecracker", "q35"])
def test_machine_end_after_exit(root, tmp_path, machine):
    reason, text = end_of_run(root, "@exit:4", tmp_path, **MACHINES[machine])
    assert reason, text
    assert re.search(r"init.*\b4\b", [line for line in text.splitlines() if line.strip()][-1])


@linnet_only
def test_panic_reboots(tmp_path, packed):
    """panic=-1: at once."""
    reason, text = end_of_run(packed(newc.Archive().dir("etc").bytes()), "", tmp_path, append="panic=-1")
    assert reason == "guest-reset", text
