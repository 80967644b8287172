"""tools/run.sh and `make run`: what QEMU is started with, by a QEMU that only tells its arguments."""
import os
import subprocess
import sys

import pytest

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import vm  # noqa: E402


@pytest.fixture
def run(tmp_path):
    fake = tmp_path / "qemu-system-x86_64"
    fake.write_text('#!/bin/sh\nfor word; do echo "[$word]"; done\nexit ${FAKE_STATUS:-0}\n')
    fake.chmod(0o755)

    def start(status=0, **words):
        env = dict(os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}", KERNEL="k.elf", IMAGE="i.cpio",
                   FAKE_STATUS=str(status), TERM="vt100", **words)
        return subprocess.run([str(vm.ROOT / "tools/run.sh")], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True)
    return start


def argument(done, name):
    words = done.stdout.splitlines()
    return words[words.index(f"[{name}]") + 1][1:-1]


def test_the_command_line_comes_last_and_whole(run):
    line = argument(run(CMDLINE="it's=\"a b\" -- echo don't", TRACE="open,fail"), "-append")
    assert line == "console=ttyS0 quiet TERM=vt100  trace=open,fail it's=\"a b\" -- echo don't"


def test_machine_processors_memory_and_gdb(run):
    done = run(SMP="4", MEM="64M", MACHINE="q35", GDB="1")
    assert [argument(done, w) for w in ("-smp", "-m", "-M", "-kernel", "-initrd")] == ["4", "64M", "q35", "k.elf", "i.cpio"]
    assert "[-s]" in done.stdout and "[-S]" in done.stdout
    assert "[-s]" not in run().stdout


def test_acceleration_needs_more_than_a_device_file(run):
    with open("/proc/cpuinfo") as info:
        virtual = bool({"vmx", "svm"} & set(info.read().split()))
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError:
        virtual = False
    assert argument(run(), "-accel") == ("kvm" if virtual else "tcg")
    assert argument(run(ACCEL="tcg"), "-accel") == "tcg"


@pytest.mark.parametrize("status,code", [(0, 0), (31, 1), (33, 0), (35, 1), (2 * (16 + 110) + 1, 110)])
def test_the_exit_status_is_inits(run, status, code):
    assert run(status=status).returncode == code


def test_make_hands_quotes_through():
    """Not in the recipe, where a shell would read them."""
    out = subprocess.run(["make", "-s", "-n", "run", f"O={vm.BUILD}", "IMAGE=README.md", "CMDLINE=it's \"a b\""],
                         cwd=vm.ROOT, stdout=subprocess.PIPE, text=True).stdout
    assert "IMAGE=README.md" in out and "tools/run.sh" in out and "it's" not in out
