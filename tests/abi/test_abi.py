"""The ABI tests: first on Debian's kernel, then on Linnet, and once where they must fail."""
import re
import sys

import pytest

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import vm  # noqa: E402

COUNT = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)


def failures(kernel, words, archive="abi.cpio", **kw):
    """One run: how many passed, and the lines of those that did not."""
    kw.setdefault("cpu", "max,la57=off")  # Linux would have addresses of 57 bits
    result = vm.run(kernel, vm.BUILD / archive, "-- " + words, timeout=500, **kw)
    count = COUNT.search(result.output)
    assert count, result.output[-3000:]
    bad = re.findall(r"not ok \S+\.\S+: .*", result.output)  # the firmware's clear-screen may stand before it
    assert len(bad) == int(count.group(2)), result.output[-3000:]
    return int(count.group(1)), bad


def run_abi(kernel, words="", **kw):
    """All must pass.  Linux is the oracle, not the subject: where a busy host cuts a test short,
    the test is run once more, alone.  Linnet gets no second try, and a test that must fail neither."""
    passed, bad = failures(kernel, words, **kw)
    if bad and kernel != vm.LINNET and "--deny" not in words:
        print("once more, alone:", *bad, sep="\n")
        names = [line.split()[2].rstrip(":") for line in bad]
        more, bad = failures(kernel, " ".join(names), **kw)
        passed += more
    assert not bad, "\n".join(bad)
    return passed


def test_linux_passes():
    passed = run_abi(vm.linux_kernel())
    assert passed > 0


def test_each_can_fail_on_linux():
    """Under a seccomp filter that refuses the calls it names, each test fails."""
    run_abi(vm.linux_kernel(), "--deny")


@pytest.mark.parametrize("smp", [1, 4])
def test_linnet_passes(smp):
    passed = run_abi(vm.LINNET, machine="microvm", smp=smp)
    assert passed > 0


def test_hostile_programs_leave_a_small_machine_working():
    """The hostile family once more where memory is short, on two processors."""
    run_abi(vm.LINNET, "hostile", machine="microvm", smp=2, mem="64M")


@pytest.mark.parametrize("smp, mem", [(1, "32M"), (2, "64M")])
def test_bombs_on_a_small_machine(smp, mem):
    """Each takes all there is; so none of them may take the machine along."""
    run_abi(vm.LINNET, "bomb", machine="microvm", smp=smp, mem=mem)


def test_bombs_on_the_smallest_machine():
    """The archive with all tests would not fit."""
    run_abi(vm.LINNET, "bomb", archive="bomb.cpio", machine="microvm", smp=2, mem="16M")


def test_shell_in_five_megabytes():
    """The archive's pages cost nothing, so that a root of 2 MB is not over the root's size."""
    result = vm.run(vm.LINNET, vm.BUILD / "small.cpio", "rdinit=/bin/busybox -- sh -c \"ls -lR /bin /etc | md5sum;"
                    " echo says $((6*7))\"", machine="microvm", mem="5M", timeout=30)
    assert "says 42" in result.output
