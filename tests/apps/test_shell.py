"""Everyday work at the console, with Debian's own programs."""
import os
import time

import pexpect
import pytest
from console import PROMPT, Console, vm


@pytest.fixture(scope="module", params=["/bin/busybox sh", "bash --norc --noediting", "dash"])
def shell(request):
    console = Console(shell=request.param, smp=2)
    yield console
    console.close()


COMMANDS = [
    ("echo hello", "hello"),
    ("echo a b c | tr a-z A-Z | cat | cat | cat | sed 's/ /-/g'", "A-B-C"),
    ("seq 1 1000 | sort -rn | head -n 1", "1000"),
    ("seq 1 100 | awk '{ s += $1 } END { print s }'", "5050"),
    ("cat <<X\nhere\nX", "here"),
    ("find /etc -type f | xargs ls | wc -l", "4"),
    ("cd /tmp && mkdir -p t/u && echo data > t/u/f && tar cf - t | gzip | gunzip | tar tf - | tail -n 1", "t/u/f"),
    ("dd if=/dev/zero bs=4096 count=256 2>/dev/null | wc -c", "1048576"),
    ("sh -c 'trap \"echo trapped\" USR1; kill -USR1 $$; echo after'", "trapped\nafter"),
    ("(ulimit -n 50; ulimit -n)", "50"),
    ("sh -c 'sleep 0.1 & wait $!; echo $?'", "0"),
    ("sh -c \"sh -c 'kill -9 \\$\\$'; echo \\$?\" 2>/dev/null", "137"),
    ("ls /nonexistent 2>/dev/null || echo none", "none"),
    ("uname -srm", "Linux 6.1.0-linnet x86_64"),
    ("id -u", "0"),
    ("readlink /proc/self/fd/0 | cut -c1-5", "/dev/"),
    ("printf 'b\\na\\nc\\n' > /tmp/x; sort /tmp/x | tr '\\n' ' '", "a b c"),
    ("grep -c root /etc/passwd", "1"),
    ("test -c /dev/null && test -d /proc/1 && echo yes", "yes"),
    ("mount -t tmpfs none /mnt && df /mnt | tail -n 1 | awk '{print $NF}' && umount /mnt", "/mnt"),
    ("mkfifo /tmp/ff; (echo via > /tmp/ff &) ; cat /tmp/ff; rm /tmp/ff", "via"),
    ("stat -c %a /tmp", "1777"),
    ("ln -sf target /tmp/sl; readlink /tmp/sl", "target"),
    ("echo $((6 * 7))", "42"),
    ("for i in 1 2 3; do echo -n $i; done", "123"),
    ("head -c 100000 /dev/urandom | wc -c", "100000"),
    ("cp /bin/busybox /tmp/busybox && cat /tmp/busybox | md5sum - < /bin/busybox | cut -c1-32 > /tmp/m1;"
     " md5sum /tmp/busybox | cut -c1-32 | grep -cf /tmp/m1; /tmp/busybox echo copied", "1\ncopied"),
]


@pytest.mark.parametrize("command,expected", COMMANDS, ids=[c[0][:40] for c in COMMANDS])
def test_command(shell, command, expected):
    assert shell.ok(command) == expected


def test_information(shell):
    assert "COMMAND" in shell.ok("ps").upper() or "CMD" in shell.ok("ps").upper()
    assert "Mem" in shell.ok("free")
    assert "proc on /proc" in shell.ok("mount")
    assert "Filesystem" in shell.ok("df")
    shell.ok("dmesg > /dev/null")
    assert "load average" in shell.ok("uptime")
    assert "Mem" in shell.ok("busybox top -b -n 1")
    shell.ok("ps aux | head -n 3; w || true; top -b -n 1 | head -n 3")


@pytest.fixture(scope="module")
def console():
    console = Console(shell="bash --norc")
    console.child.send("stty echo\n")
    console.child.expect_exact(PROMPT)
    yield console
    console.close()


def test_interrupt_key_ends_the_foreground(console):
    child = console.child
    child.send("sleep 1000\n")
    time.sleep(0.5)
    child.send("\x03")
    child.expect_exact("^C")
    child.expect_exact(PROMPT)
    child.send("echo stat=$?\n")
    child.expect_exact("stat=130")
    child.expect_exact(PROMPT)


def test_quit_key(console):
    child = console.child
    child.send("sleep 1000\n")
    time.sleep(0.5)
    child.send("\x1c")
    child.expect_exact("^\\")
    child.expect_exact(PROMPT)
    child.send("echo stat=$?\n")
    child.expect_exact("stat=131")
    child.expect_exact(PROMPT)


def test_stop_background_foreground(console):
    child = console.child
    child.send("sleep 1000\n")
    time.sleep(0.5)
    child.send("\x1a")
    child.expect("Stopped")
    child.expect_exact(PROMPT)
    child.send("jobs\n")
    child.expect(r"\[1\]\+ +Stopped")
    child.expect_exact(PROMPT)
    child.send("bg\n")
    child.expect_exact(PROMPT)
    child.send("jobs\n")
    child.expect(r"\[1\]\+ +Running")
    child.expect_exact(PROMPT)
    child.send("fg\n")
    child.expect("sleep 1000")
    time.sleep(0.5)
    child.send("\x03")
    child.expect_exact(PROMPT)


def test_line_editing_and_history(console):
    child = console.child
    child.send("echo one\n")
    child.expect(r"\r*one\r+\n")
    child.expect_exact(PROMPT)
    child.send("\x1b[A")            # up: the last command
    child.send("\x7f\x7f\x7ftwo\n")
    child.expect(r"\rtwo\r+\n")
    child.expect_exact(PROMPT)


def test_end_of_file_leaves_a_shell(console):
    child = console.child
    child.send("cat\n")
    time.sleep(0.5)                 # until the shell has given the terminal back its echo
    child.send("line\n")
    child.expect(r"line\r+\nline\r+\n")
    child.send("\x04")
    child.expect_exact(PROMPT)


def test_vi_writes_a_file(console):
    child = console.child
    child.send("busybox vi /tmp/vi.txt\n")
    child.expect_exact("~")
    child.send("ihello from vi\x1b")
    time.sleep(0.5)                 # an escape alone, not the start of a function key
    child.send(":wq\n")
    child.expect_exact(PROMPT)
    child.send("cat /tmp/vi.txt\n")
    child.expect(r"hello from vi\r+\n")
    child.expect_exact(PROMPT)


def test_less_pages(console):
    child = console.child
    child.send("seq 1 200 | less\n")
    child.expect(r"1\r+\n")
    child.send(" q")
    child.expect_exact(PROMPT)


@pytest.mark.parametrize("shell,word", [(None, "poweroff"), (None, "reboot"), ("bash --norc", "poweroff"),
                                        ("dash", "reboot")])
def test_the_machine_ends(shell, word):
    console = Console(shell=shell)
    console.child.send(word + "\n")
    console.child.expect(pexpect.EOF)
    console.close()


@pytest.mark.skipif(os.environ.get("KERNEL") == "linux", reason="run.sh starts Linnet")
@pytest.mark.parametrize("words,line,status", [
    ({}, "poweroff", 0),
    ({"SMP": "4", "MEM": "64M"}, "reboot", 0),
    ({"CMDLINE": '-- sh -c "exit 7"'}, None, 7),
])
def test_run_sees_the_end(words, line, status):
    """tools/run.sh on a terminal, as `make run` has it: QEMU ends with the guest."""
    env = dict(os.environ, KERNEL=str(vm.LINNET), IMAGE=str(vm.BUILD / "small.cpio"), ACCEL="tcg", **words)
    child = pexpect.spawn(str(vm.ROOT / "tools/run.sh"), env=env, timeout=60, encoding="utf-8", codec_errors="replace",
                          dimensions=(30, 100), echo=False)
    if line:
        child.expect(r"# ")
        child.send("stty size; nproc\r")
        child.expect(r"30 100\s+" + words.get("SMP", "1") + r"\s")
        child.send(line + "\r")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, child.signalstatus) == (status, None)
