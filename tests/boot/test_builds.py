"""Each way to build the kernel boots, and a debug build lives through allocations that fail on purpose."""
import re

import pytest

from booting import boot, check_ran, last_line, linnet_only
import vm

BUILDS = ["debug", "clang", "clang-debug", "kasan"]


@pytest.fixture(params=BUILDS)
def built(request, monkeypatch):
    monkeypatch.setattr(vm, "LINNET", vm.BUILD / request.param / "linnet.elf")
    return request.param


@linnet_only
@pytest.mark.parametrize("entry", ["pvh", "shim"])
def test_build_boots(root, built, entry):
    check_ran(boot(root, "@cpus @touch:16 @sleep:20 @exit:3", entry=entry, smp=2), 3)


FAILURES = ["slab:1/300", "slab:1/500,seed:5", "page:1/30", "slab:1/300,page:1/1000,seed:9", "slab:@20000"]


@linnet_only
@pytest.mark.parametrize("build, fail", [("debug", fail) for fail in FAILURES] + [("kasan", fail) for fail in FAILURES[1:3]])
def test_allocations_fail(build, fail):
    """Programs get ENOMEM or die; the kernel goes on, and the test program says so at the end."""
    result = vm.run(vm.BUILD / build / "linnet.elf", vm.BUILD / "abi.cpio", f"fail={fail} -- hostile file pipe memory", smp=2,
                    mem="512M", timeout=200)
    assert result.exit_code == 0x7f, result.output[-3000:]
    found = re.search(r"^(\d+) passed, (\d+) failed", result.output, re.M)
    assert found and int(found[1]) > 10, result.output[-3000:]
    if "@" not in fail:
        assert int(found[2]) > 0, "nothing failed: fail= has no effect"


def shell(build, script):
    return vm.run(vm.BUILD / build / "linnet.elf", vm.BUILD / "small.cpio",
                  f'rdinit=/bin/busybox -- sh -c "mount -t proc p /proc; cd /proc/linnet; {script}"', machine="microvm", smp=4).output


@linnet_only
def test_debug_build_counts_locks():
    """Who takes what, how often and how long; two loops that print contend for the terminal; writing begins anew."""
    loop = "while [ $i -lt 300 ]; do i=$((i+1)); echo; done"
    out = shell("debug", f"echo 0 > locks; cat locks; echo; i=0; {loop} & i=0; {loop}; wait; echo =after; cat locks")
    first, second = ({line.split()[1]: [int(n) for n in line.split()[2:]] for line in re.findall(r"^\d+ \w+(?: \d+){6}$", part, re.M)}
                     for part in out.split("=after"))
    assert "tty" in second and second["tty"][0] >= 600 > first.get("tty", [0])[0]
    assert any(count[1] > 0 for count in second.values()), "four processors never met"
    for name, (taken, contended, wait, wait_max, hold, hold_max) in second.items():
        assert taken >= contended and wait_max <= wait and hold_max <= hold, name
        assert (contended > 0) == (wait_max > 0), name


@linnet_only
def test_release_build_counts_no_locks():
    assert "locks" not in shell("", "ls; cat locks || echo").replace("can't open 'locks'", "")


@linnet_only
@pytest.mark.parametrize("build, fail, says", [("", "slab:1/10", "not a debug build"), ("debug", "slab:2", "not understood"),
                                               ("debug", "slab:1/5x", "not understood")])
def test_fail_is_refused(root, monkeypatch, build, fail, says):
    monkeypatch.setattr(vm, "LINNET", vm.BUILD / build / "linnet.elf")
    assert says in check_ran(boot(root, append=f"fail={fail}")).output
