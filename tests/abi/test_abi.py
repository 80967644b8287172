"""The ABI tests: first on Debian's kernel, then on Linnet, and once where they must fail."""
import re
import sys

import pytest

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import vm  # noqa: E402

COUNT = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)


def run_abi(kernel, words="", **kw):
    result = vm.run(kernel, vm.BUILD / "abi.cpio", "-- " + words, timeout=400, **kw)
    count = COUNT.search(result.output)
    assert count, result.output[-3000:]
    bad = [line for line in result.output.splitlines() if line.startswith("not ok")]
    assert not bad and count.group(2) == "0", "\n".join(bad)
    return int(count.group(1)), int(count.group(3))


def test_linux_passes():
    passed, _ = run_abi(vm.linux_kernel())
    assert passed > 0


def test_each_can_fail_on_linux():
    """Under a seccomp filter that refuses the calls it names, each test fails."""
    run_abi(vm.linux_kernel(), "--deny")


@pytest.mark.parametrize("smp", [1, 4])
def test_linnet_passes(smp):
    passed, _ = run_abi(vm.LINNET, machine="microvm", smp=smp)
    assert passed > 0


def test_hostile_programs_leave_a_small_machine_working():
    """The hostile family once more where memory is short, on two processors."""
    run_abi(vm.LINNET, "hostile", machine="microvm", smp=2, mem="64M")


def test_shell_in_five_megabytes():
    """The archive's pages cost nothing, so that a root of 2 MB is not over the root's size."""
    result = vm.run(vm.LINNET, vm.BUILD / "small.cpio", "rdinit=/bin/busybox -- sh -c \"ls -lR /bin /etc | md5sum;"
                    " echo says $((6*7))\"", machine="microvm", mem="5M", timeout=30)
    assert "says 42" in result.output
