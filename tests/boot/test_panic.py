"""Panics: what they show, from wherever they come, and how the machine ends; SysRq; what the page tables refuse.

/proc/linnet/crash (kernel/fs/procfs/crash.c) makes the kernel do wrong on request.
"""
import json
import re
import subprocess
import time

import pytest

from booting import boot, check_ran, linnet_only
import vm

pytestmark = linnet_only
CRASH = "@crash:"
SYSRQ = "@write:/proc/sysrq-trigger:"

# word: what the panic says, whose registers and stack it shows
CRASHES = {
    "panic": ("asked for, with 0x", "crash_panic"),
    "assert": (r"assertion failed: .* \(kernel/fs/procfs/crash.c:", "panic_assert"),
    "null": (r"page fault in the kernel at 0x\w{1,3}, error 0x2 \(NULL pointer\)", "crash_null"),
    "trap": ("invalid opcode in the kernel", "crash_trap"),
    "stack": ("double fault: kernel stack overflow at 0x", "recurse"),
    "canary": ("stack overrun in the function at 0x", "__stack_chk_fail"),
    "irq": ("asked for, in an interrupt", "panic_in_timer"),
    "hang": ("asked for, with the others deaf", "crash_hang"),
    "everywhere": ("asked for, everywhere", r"\w+"),
    # write protection, whatever the mapping; no execution of data; the program's memory is none of the kernel's
    "text": (r"page fault in the kernel at 0xf{8}\w{8}, error 0x3", "crash_text"),
    "alias": (r"page fault in the kernel at 0xffff888\w{9}, error 0x3", "crash_alias"),
    "rodata": (r"page fault in the kernel at 0xf{8}\w{8}, error 0x3", "crash_rodata"),
    "ro_after_init": (r"page fault in the kernel at 0xf{8}\w{8}, error 0x3", "crash_ro_after_init"),
    "exec": (r"page fault in the kernel at 0xf{8}\w{8}, error 0x11", None),
    "exec_heap": (r"page fault in the kernel at 0xffff\w{12}, error 0x11", None),
    "user_read": (r"page fault in the kernel at 0x4\w{5}, error 0x1", "crash_user_read"),
    "user_exec": (r"page fault in the kernel at 0x4\w{5}, error 0x11", None),
}


def report(result):
    """The panic's text between its first line and its last."""
    assert not result.timed_out and result.exit_code == 0x0f, (result.exit_code, result.output[-3000:])
    found = re.search(r"^Kernel panic - not syncing: (.*)\n((?s:.*))^---\[ end Kernel panic - not syncing: \1 \]---$",
                      result.output, re.M)
    assert found, result.output[-3000:]
    return found[1], found[2]


def check_report(result, says, where):
    message, text = report(result)
    assert re.match(says, message), message
    assert re.search(r"^CPU: \d+ PID: \d+ Comm: \S+ Linnet 6\.1\.0-linnet", text, re.M), text
    assert len(re.findall(r"\b(?:R\w\w|EFLAGS|CR\d): [0-9a-f]{8,16}", text)) >= 15 + 1 + 4, text
    assert re.search(rf"^RIP: 0010:({where})\S*\+0" if where else "^RIP: 0010:", text, re.M), text
    return text


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("word", CRASHES)
def test_panic(root, word, smp):
    """Registers, the current task, and a stack that leads back to the system call."""
    text = check_report(boot(root, f"{CRASH}{word}", smp=smp, timeout=60), *CRASHES[word])
    if word != "everywhere":
        assert "PID: 1 Comm: init" in text
        assert re.search(r"^  0x[0-9a-f]{16} sys_write\+0x\w+\n  0x[0-9a-f]{16} x86_entry_syscall\+0x\w+$", text, re.M), text
    assert ("in an interrupt" in text) == (word == "irq" or "panic_here_too" in text and "Interrupted" in text)
    if word == "irq":
        assert re.search(r"^Interrupted:\nRIP: 0010:\w+\+0x\w+$", text, re.M), text
    if word == "stack":
        assert re.search(r"^  \.\.\. \d\d+ more of these$", text, re.M), text


@pytest.mark.parametrize("build", ["debug", "clang"])
@pytest.mark.parametrize("word", ["panic", "stack", "irq", "hang"])
def test_panic_of_other_builds(root, monkeypatch, build, word):
    monkeypatch.setattr(vm, "LINNET", vm.BUILD / build / "linnet.elf")
    text = check_report(boot(root, f"{CRASH}{word}", smp=2, timeout=60), *CRASHES[word])
    assert re.search(r"^  0x[0-9a-f]{16} x86_entry_syscall\+0x\w+$", text, re.M), text


def test_panic_within_a_panic(root):
    result = boot(root, CRASH + "nested", timeout=60)
    assert result.exit_code == 0x0f, result.output
    assert re.search(r"^Panic within the panic: general protection fault", result.output, re.M), result.output
    assert result.output.rstrip().endswith("]---")


def test_addresses_match_the_symbols(root):
    """nm's addresses plus the offset that the panic tells."""
    result = boot(root, SYSRQ + "c")
    _, text = report(result)
    offset = int(re.search(r"^Kernel offset: (\w+)$", text, re.M)[1], 0)
    lines = subprocess.check_output(["nm", vm.BUILD / "linnet.debug"], text=True).splitlines()
    at = {name: int(address, 16) for address, _, name in map(str.split, lines) if _ in "tT"}
    frames = re.findall(r"^  (0x\w+) (\w+)\+(\w+)$", text, re.M)
    assert [name for _, name, _ in frames[-2:]] == ["sys_write", "x86_entry_syscall"]
    for address, name, distance in frames[-2:]:
        assert int(address, 0) == at[name] + offset + int(distance, 0)


# --- The machine behind it ---------------------------------------------------------------------

class Machine:
    """Linnet without isa-debug-exit, and QEMU's monitor."""

    def __init__(self, initrd, tmp_path, words, append="", smp=1, machine="microvm"):
        self.console = tmp_path / "console"
        self.console.touch()
        args = ["qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-cpu", "max", "-m", "256M", "-smp", str(smp),
                "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-chardev", f"file,id=con,path={self.console}",
                "-serial", "chardev:con", "-qmp", "stdio", "-kernel", str(vm.LINNET), "-initrd", str(initrd),
                "-append", f"console=ttyS0 quiet {append} -- {words}"]
        self.child = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()

    def ask(self, command, **arguments):
        self.child.stdin.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.child.stdin.flush()
        for line in self.child.stdout:
            answer = json.loads(line)
            if "return" in answer or "error" in answer:
                return answer.get("return")
        return None

    def wait_for(self, pattern, timeout=60):
        end = time.monotonic() + timeout
        while not re.search(pattern, self.console.read_text(errors="replace"), re.M):
            assert time.monotonic() < end and self.child.poll() is None, self.console.read_text()[-3000:]
            time.sleep(0.02)

    def halted(self):
        text = self.ask("human-monitor-command", **{"command-line": "info registers -a"})
        return re.findall(r"HLT=(\d)", text)


END = r"^---\[ end Kernel panic"


@pytest.mark.parametrize("word", ["panic", "irq", "null", "stack", "hang", "everywhere"])
def test_a_panic_stops_the_others(root, tmp_path, word):
    """Programs in endless loops, and processors that have interrupts off."""
    with Machine(root, tmp_path, f"@spin {CRASH}{word}", smp=4) as machine:
        machine.wait_for(END)
        time.sleep(0.3)
        assert machine.halted() == ["1"] * 4


def test_a_panic_stays(root, tmp_path):
    """panic=0, the default: the machine is there for whoever looks at it."""
    with Machine(root, tmp_path, CRASH + "panic") as machine:
        machine.wait_for(END)
        time.sleep(1.5)
        assert machine.child.poll() is None and machine.halted() == ["1"]


@pytest.mark.parametrize("how", ["panic=2", "sysctl"])
def test_a_panic_reboots_after_its_time(root, tmp_path, how):
    words = ("" if how != "sysctl" else "@write:/proc/sys/kernel/panic:2 ") + CRASH + "panic"
    with Machine(root, tmp_path, words, append=how if how != "sysctl" else "") as machine:
        machine.wait_for(END)
        begin = time.monotonic()
        machine.child.wait(timeout=60)
        assert 1.5 < time.monotonic() - begin < 20


def test_a_nested_panic_reboots_too(root, tmp_path):
    with Machine(root, tmp_path, CRASH + "nested", append="panic=-1") as machine:
        machine.child.wait(timeout=60)


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("how", ["unknown_nmi_panic", "sysctl", ""])
def test_nmi(root, tmp_path, how, smp):
    """The button for a machine that hangs: a panic that shows where, if that is wanted; else it goes on.

    Every processor gets the NMI.  One tells of itself, and of the program that it ran; all stop.
    """
    words = "@spin @uname @sleep:3000"
    if how == "sysctl":
        words = "@write:/proc/sys/kernel/unknown_nmi_panic:1 " + words
    with Machine(root, tmp_path, words, append=how if how != "sysctl" else "", machine="q35", smp=smp) as machine:
        machine.wait_for("^uname")
        machine.ask("inject-nmi")
        if not how:
            machine.wait_for("^slept")
            return
        machine.wait_for(END)
        text = machine.console.read_text()
        assert len(re.findall("^Kernel panic - not syncing: NMI: not continuing", text, re.M)) == 1, text
        assert re.search(r"^CPU: \d PID: \d+ Comm: \w+ Linnet", text, re.M) and re.search(r"^RIP: [0-9a-f]{4}:", text, re.M), text
        time.sleep(0.3)
        assert machine.halted() == ["1"] * smp


def test_nmi_is_counted(root):
    assert re.search(r"^file NMI: +0 +  Non-maskable interrupts$", check_ran(boot(root, "@file:/proc/interrupts")).output, re.M)


# --- SysRq ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("key, says", [
    ("h", "HELP : loglevel\\(0-9\\) reboot\\(b\\) crash\\(c\\)"), ("z", "HELP : "), ("t", "Show State"), ("m", "Show Memory"),
    ("s", "Emergency Sync"), ("7", "Changing Loglevel"), ("l", "Show backtrace of all active CPUs"), ("w", "Show Blocked State")])
def test_sysrq_shows(root, key, says):
    """The header on the console even of a quiet boot; the first character counts."""
    result = check_ran(boot(root, f"{SYSRQ}{key}cb @exit:3", smp=2), 3)
    assert re.search(rf"^\[ .*\] sysrq: {says}", result.output, re.M), result.output
    assert "written" in result.output


def test_sysrq_dumps_are_in_the_log(root):
    result = check_ran(boot(root, f"@spin {SYSRQ}7 {SYSRQ}t {SYSRQ}m {SYSRQ}l {SYSRQ}4 {SYSRQ}t", smp=2))
    assert re.search(r"sysrq: task:init +state:R pid:1 +ppid:0", result.output)
    assert len(re.findall(r"sysrq: task:init ", result.output)) == 2, "once with the console's level raised"
    assert re.search(r"sysrq: pages: total \d+ free \d+", result.output)
    assert sorted(re.findall(r"sysrq: CPU: (\d) PID: \d+ Comm: \w+", result.output)) == ["0", "1"], result.output


@pytest.mark.parametrize("key, code, says", [("b", 0x7f, "rebooted by sysrq"), ("o", 0x7f, "powered off by sysrq"),
                                             ("c", 0x0f, "sysrq triggered crash")])
def test_sysrq_ends(root, key, code, says):
    result = boot(root, SYSRQ + key)
    assert result.exit_code == code and says in result.output.rstrip().splitlines()[-1], result.output


@pytest.mark.parametrize("key, signal", [("e", 15), ("i", 9)])
def test_sysrq_signals_everybody_but_init(root, key, signal):
    result = check_ran(boot(root, f"@spin {SYSRQ}{key} @reap", smp=3))
    assert re.findall(r"^reaped signal (\d+)$", result.output, re.M) == [str(signal)] * 2
