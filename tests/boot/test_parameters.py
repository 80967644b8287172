"""Parameters of the kernel: each is honoured, and seen to be.

Those that Linux has too run on both kernels where the cloud kernel can show the effect (KERNEL=linux).
"""
import re

import pytest

from booting import LINUX, boot, check_ran, lines, linnet_only
import vm


@pytest.mark.parametrize("append, cpus", [("nr_cpus=2", 2), ("nr_cpus=3 maxcpus=2", 2), ("nr_cpus=1", 1), ("maxcpus=3", 3),
                                          ("nosmp", 1), ("maxcpus=0", 1), ("nr_cpus=0", 4), ("nr_cpus=64", 4)])
def test_number_of_cpus(root, append, cpus):
    result = check_ran(boot(root, "@affinity", append=append, smp=4))
    assert lines(result, "affinity") == [" ".join(map(str, range(cpus)))]


@pytest.mark.parametrize("value, left", [("1", "0 2 3"), ("1-3", "0"), ("0,2", "1 3"), ("domain,managed_irq,3", "0 1 2"),
                                         ("0-3", "0"), ("9", "0 1 2 3")])
def test_isolcpus(root, value, left):
    """init and its children keep off; who asks may run there."""
    result = check_ran(boot(root, "@affinity @cpus", append=f"isolcpus={value}", smp=4))
    assert lines(result, "affinity") == [left]


@linnet_only
@pytest.mark.parametrize("word, flag", [("nosmap", "smap"), ("nosmep", "smep"), ("nofsgsbase", "fsgsbase"),
                                        ("clearcpuid=umip", "umip"), ("clearcpuid=smap,rdrand", "rdrand")])
def test_feature_is_off(root, word, flag):
    on = check_ran(boot(root, "@file:/proc/cpuinfo @touch:8"))
    off = check_ran(boot(root, "@file:/proc/cpuinfo @touch:8", append=word))
    assert re.search(rf"\b{flag}\b", on.output)
    assert not re.search(rf"\b{flag}\b", off.output.split("file ", 1)[1])


@pytest.mark.parametrize("word, there", [("", 1), ("noxsave", 0)])
def test_noxsave(root, word, there):
    result = check_ran(boot(root, "@avx", append=word))
    assert lines(result, "osxsave") == [str(there)]


@pytest.mark.parametrize("word, there", [("", "there"), ("vdso=0", "none"), ("vdso=1", "there")])
def test_vdso(root, word, there):
    result = check_ran(boot(root, "@auxv", append=word))
    assert lines(result, "vdso") == [there]


def total_mib(root, append, **kw):
    return int(lines(check_ran(boot(root, "@mem @touch:16", append=append, **kw)), "mem")[0])


@linnet_only
@pytest.mark.parametrize("entry", ["pvh", "shim"])
@pytest.mark.parametrize("append, less", [("memmap=64M$64M", 64), ("memmap=0x1000000$0x4000000,16M#96M", 32),
                                          ("memmap=1M$16G", 0), ("memmap=128M", 128), ("mem=0x8000000", 128),
                                          ('"mem=128M"', 128), ("memmap=32M!128M memmap=32M$64M", 64)])
def test_memmap(root, append, less, entry):
    """Excluded memory is neither counted nor used."""
    whole = total_mib(root, "", entry=entry)
    assert abs(whole - less - total_mib(root, append, entry=entry)) <= 2


@linnet_only
def test_boot_timer(root, tmp_path):
    """One byte to 0xc0000000, where QEMU has nothing and says so; without the word none."""
    log = tmp_path / "log"
    for append, count in (("boot_timer=1", 1), ("", 0)):
        log.write_text("")
        check_ran(boot(root, append=append, extra=["-d", "guest_errors", "-D", str(log)]))
        assert len(re.findall(r"Invalid write at addr 0xC0000000, size 1", log.read_text())) == count, log.read_text()


@linnet_only
def test_boot_timer_is_memory(root):
    """Where memory goes on beyond 3 GiB nothing is written into it."""
    check_ran(boot(root, append="boot_timer=1", machine="pc,max-ram-below-4g=3584M", mem="3584M"))


@linnet_only
@pytest.mark.parametrize("machine, append", [("microvm", "noapic"), ("microvm", "acpi=off"), ("q35", "noapic"), ("pc", "acpi=off noapic")])
def test_without_tables(root, machine, append):
    """The console's interrupt over the 8259s; processors from the MP table."""
    check_ran(boot(root, "@sleep:20 @exit:3", append=append, machine=machine), 3)


@linnet_only
@pytest.mark.parametrize("append, clock", [("", "tsc"), ("clocksource=hpet", "hpet"), ("notsc", "hpet"), ("tsc=unstable", "hpet"),
                                           ("clocksource=acpi_pm", "tsc"), ("clocksource=tsc", "tsc")])
def test_clock(root, append, clock):
    """The HPET as the clock: programs get the time by system call, and time goes on at the same rate."""
    result = check_ran(boot(root, "@sleep:20 @rate @rate", append=append + " log=time:info", machine="q35"))
    assert f"clock is {clock}" in result.output, result.output
    a, b = (float(line.split()[0]) for line in lines(result, "rate"))
    assert abs(a / b - 1) < 0.15


@linnet_only
def test_random_without_trust(root):
    check_ran(boot(root, append="random.trust_cpu=off"))
