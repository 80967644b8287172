"""Machines, processors, memory: what Linnet comes up on."""
import pytest

from booting import MACHINES, boot, check_ran, lines, linnet_only
import vm


@linnet_only
@pytest.mark.parametrize("smp", [1, 2, 4])
@pytest.mark.parametrize("machine", MACHINES)
def test_machine(root, machine, smp):
    result = check_ran(boot(root, "@cpus @exit:5", smp=smp, **MACHINES[machine]), 5)
    assert lines(result, "cpus") == [f"{smp} ran {smp}"]


@linnet_only
@pytest.mark.parametrize("smp", [1, 2, 4])
@pytest.mark.parametrize("acpi", ["off", "on"])
def test_shim(root, acpi, smp):
    """Firecracker's 64-bit entry; with an RSDP in boot_params and without."""
    result = check_ran(boot(root, "@cpus @exit:6", entry="shim", smp=smp, machine=f"microvm,acpi={acpi}"), 6)
    assert lines(result, "cpus") == [f"{smp} ran {smp}"]


@linnet_only
@pytest.mark.parametrize("entry", ["pvh", "shim"])
@pytest.mark.parametrize("mem", [64, 512, 2048, 8192])
def test_memory(root, mem, entry):
    """Little and much RAM; from 2 GiB on the shim's initrd lies where its tables map nothing."""
    result = check_ran(boot(root, f"@mem @touch:{min(mem * 3 // 4, 128)}", entry=entry, mem=f"{mem}M"))
    (total,) = lines(result, "mem")
    assert mem * 0.9 - 8 < int(total) <= mem
    assert lines(result, "touch") == [f"{min(mem * 3 // 4, 128)} ok"]


@linnet_only
@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_memory_with_holes(root, machine):
    result = check_ran(boot(root, "@mem @touch:64", mem="5G", machine=machine))
    assert 5120 * 0.9 < int(lines(result, "mem")[0]) <= 5120


@linnet_only
def test_memory_limit(root):
    """mem= leaves the rest of the RAM alone."""
    result = check_ran(boot(root, "@mem @touch:16", append="mem=96M", mem="512M"))
    assert 64 < int(lines(result, "mem")[0]) <= 96


@linnet_only
@pytest.mark.parametrize("entry, machine", [("pvh", "microvm"), ("pvh", "microvm,acpi=off"), ("shim", "microvm,acpi=off")])
def test_small_machine(entry, machine, packed):
    """busybox in 12 MiB."""
    initrd = packed((vm.BUILD / "small.cpio").read_bytes())
    result = boot(initrd, "/bin/busybox sh -c \"echo says $((6*7)); exit 9\"", entry=entry, machine=machine, mem="12M")
    assert "says 42" in result.output, result.output[-3000:]
    assert result.exit_code == 0x19


@linnet_only
def test_maxcpus(root):
    result = check_ran(boot(root, "@cpus", append="maxcpus=2", smp=4))
    assert lines(result, "cpus") == ["2 ran 2"]


@linnet_only
@pytest.mark.parametrize("cpu", ["qemu64", "Nehalem", "EPYC", "max,-xsave", "max,-pdpe1gb,-smap,-smep,-umip,-fsgsbase,-rdrand"])
def test_processor(root, cpu):
    """Processors that lack what the fast paths like."""
    result = check_ran(boot(root, "@cpus @touch:16", cpu=cpu, smp=2))
    assert lines(result, "cpus") == ["2 ran 2"]


@linnet_only
@pytest.mark.parametrize("without", ["pit=off", "pic=off", "pit=off,pic=off,rtc=off", "isa-serial=on,ioapic2=off"])
def test_without_legacy_devices(root, without):
    result = check_ran(boot(root, "@sleep:50 @cpus", machine="microvm," + without, smp=2))
    assert "slept" in result.output


@linnet_only
def test_nokaslr(root):
    check_ran(boot(root, append="nokaslr"))
