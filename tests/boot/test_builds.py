"""Each way to build the kernel boots, and a debug build lives through allocations that fail on purpose."""
import re

import pytest

from booting import boot, check_ran, last_line, linnet_only
import vm

BUILDS = ["debug", "clang", "clang-debug"]


@pytest.fixture(params=BUILDS)
def built(request, monkeypatch):
    monkeypatch.setattr(vm, "LINNET", vm.BUILD / request.param / "linnet.elf")
    return request.param


@linnet_only
@pytest.mark.parametrize("entry", ["pvh", "shim"])
def test_build_boots(root, built, entry):
    check_ran(boot(root, "@cpus @touch:16 @sleep:20 @exit:3", entry=entry, smp=2), 3)


@linnet_only
@pytest.mark.parametrize("fail", ["slab:1/300", "slab:1/2000,seed:5", "page:1/500", "slab:1/1000,page:1/3000,seed:9", "slab:@20000"])
def test_allocations_fail(fail):
    """Programs get ENOMEM or die; the kernel goes on, and the test program says so at the end."""
    result = vm.run(vm.BUILD / "debug/linnet.elf", vm.BUILD / "abi.cpio", f"fail={fail} -- hostile file pipe memory", smp=2,
                    mem="512M", timeout=200)
    assert result.exit_code == 0x7f, result.output[-3000:]
    found = re.search(r"^(\d+) passed, (\d+) failed", result.output, re.M)
    assert found and int(found[1]) > 10, result.output[-3000:]
    if "@" not in fail:
        assert int(found[2]) > 0, "nothing failed: fail= has no effect"


@linnet_only
@pytest.mark.parametrize("build, fail, says", [("", "slab:1/10", "not a debug build"), ("debug", "slab:2", "not understood"),
                                               ("debug", "slab:1/5x", "not understood")])
def test_fail_is_refused(root, monkeypatch, build, fail, says):
    monkeypatch.setattr(vm, "LINNET", vm.BUILD / build / "linnet.elf")
    assert says in check_ran(boot(root, append=f"fail={fail}")).output
