"""Machines, processors, memory: what Linnet comes up on."""
import pytest

from booting import MACHINES, boot, check_ran, last_line, lines, linnet_only
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
@pytest.mark.parametrize("smp", [3, 5, 6, 7, 8, 16, 64])
def test_many_processors(root, smp):
    result = check_ran(boot(root, "@cpus", smp=smp))
    assert lines(result, "cpus") == [f"{smp} ran {smp}"]


@linnet_only
def test_more_processors_than_there_can_be(root):
    """The first 64."""
    assert lines(check_ran(boot(root, "@cpus", smp=70, machine="q35", timeout=120)), "cpus") == ["64 ran 64"]


@linnet_only
@pytest.mark.parametrize("machine", ["microvm", "q35"])
@pytest.mark.parametrize("mem", [5, 6, 7, 8, 12, 33, 127])
def test_very_little_memory(root, mem, machine):
    total = int(lines(check_ran(boot(root, "@mem", mem=f"{mem}M", machine=machine)), "mem")[0])
    assert mem - 4 < total <= mem


@linnet_only
@pytest.mark.parametrize("machine", ["microvm", "q35", "pc"])
@pytest.mark.parametrize("mem", [3071, 3072, 3584, 4096, 5120, 8192])
def test_memory_beside_the_hole(root, mem, machine):
    """Where RAM ends below 4 GiB, and what comes behind, differ among the machines."""
    result = check_ran(boot(root, "@mem @touch:64", mem=f"{mem}M", machine=machine))
    assert mem * 0.98 < int(lines(result, "mem")[0]) <= mem


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
@pytest.mark.parametrize("cpu", [
    "qemu64", "kvm64", "core2duo", "Opteron_G1", "Nehalem", "Haswell", "EPYC", "Icelake-Server", "max",
    *("max,-" + flag for flag in ("smap", "smep", "umip", "fsgsbase", "xsave", "xsaveopt", "avx", "rdrand", "pdpe1gb", "la57", "x2apic",
                                  "rdtscp", "erms", "invtsc", "pge", "sse4.2", "popcnt", "hypervisor", "tsc-deadline")),
    "max,-pdpe1gb,-smap,-smep,-umip,-fsgsbase,-rdrand"])
def test_processor(root, cpu):
    """Processors that lack what the fast paths like."""
    result = check_ran(boot(root, "@cpus @touch:16", cpu=cpu, smp=2))
    assert lines(result, "cpus") == ["2 ran 2"]


@linnet_only
@pytest.mark.parametrize("cpu, says", [("max,-nx", "no NX bit"), ("max,-apic", "no local APIC"), ("max,-fxsr", "invalid opcode in the kernel")])
def test_processor_that_will_not_do(root, cpu, says):
    """It is said, however early it shows."""
    result = boot(root, cpu=cpu, smp=1, timeout=20)
    assert result.exit_code == 0x0f and says in last_line(result), result.output


@linnet_only
@pytest.mark.parametrize("without", ["pit=off", "pic=off", "pit=off,pic=off,rtc=off", "isa-serial=on,ioapic2=off"])
def test_without_legacy_devices(root, without):
    result = check_ran(boot(root, "@sleep:50 @cpus", machine="microvm," + without, smp=2))
    assert "slept" in result.output


@linnet_only
def test_nokaslr(root):
    check_ran(boot(root, append="nokaslr"))
