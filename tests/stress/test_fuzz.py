"""Random system calls, random programs, archives and command lines: the machine must survive them.

FUZZ_SECONDS and FUZZ_SEED make a longer run, and another one."""
import os
import random
import re
import sys

import pytest

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import vm  # noqa: E402

SECONDS = int(os.environ.get("FUZZ_SECONDS", "12"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
REPORT = re.compile(r"^fuzz: (\d+) workers, (\d+) calls, lost (-?\d+) kB, (-?\d+) processes left$", re.M)


KASAN = vm.BUILD / "kasan/linnet.elf"


@pytest.mark.parametrize("kernel, smp", [(vm.LINNET, 1), (vm.LINNET, 2), (vm.LINNET, 4), (KASAN, 2)],
                         ids=["1", "2", "4", "kasan-2"])
def test_random_calls(kernel, smp):
    """All processes can be ended afterwards, and their memory comes back; the KASan build sees what was used after it was freed."""
    result = vm.run(kernel, vm.BUILD / "fuzz.cpio", f"-- {SECONDS} {SEED + smp} 6", machine="microvm", smp=smp,
                    timeout=3 * SECONDS + 60)
    report = REPORT.search(result.output)
    assert report, result.output[-3000:]
    workers, calls, lost, left = map(int, report.groups())
    assert calls > 1000
    assert left == 0
    assert lost < 4096, f"{workers} workers"


def mutations(data, rng, where, count):
    """DATA with COUNT changes in its first WHERE bytes."""
    data = bytearray(data)
    for _ in range(count):
        at = rng.randrange(where)
        value = rng.choice([0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)])
        data[at:at + rng.choice([1, 1, 4, 8])] = bytes([value]) * rng.choice([1, 1, 4, 8])
    return bytes(data)


ORDERLY = re.compile(r"^linnet: |Kernel panic - not syncing: (no working init found|requested init)", re.M)


@pytest.mark.parametrize("case", range(12))
def test_random_archives(case, tmp_path):
    """Boot ends: init runs and ends, or a plain message says why there is none."""
    rng = random.Random(SEED * 1000 + case)
    archive = (vm.BUILD / "fuzz.cpio").read_bytes()
    path = tmp_path / "broken.cpio"
    if case % 3 == 2:
        archive = archive[:rng.randrange(len(archive))]
    path.write_bytes(mutations(archive, rng, 800, case % 3))
    result = vm.run(vm.LINNET, path, "panic=-1 -- 1 1 1", machine="microvm", timeout=60, mem="64M")
    assert not result.timed_out and ORDERLY.search(result.output), result.output[-2000:]


WORDS = ["quiet", "loglevel=", "mem=", "maxcpus=", "init=", "rdinit=", "root=", "console=", "panic=-1", "log=", "trace=",
         "tsc_early_khz=", "clocksource=", "report=", '"', "=", ",", ":", "--", "nokaslr", "memmap=", "earlycon=", "lpj="]


@pytest.mark.parametrize("case", range(8))
def test_random_command_lines(case):
    """As with archives: an orderly end, whatever stands there.  console= may hide the output."""
    rng = random.Random(SEED * 1000 + case)
    line = " ".join(rng.choice(WORDS) + "".join(rng.choice('0123456789abkMG,:=@"$-. ') for _ in range(rng.randrange(12)))
                    for _ in range(rng.randrange(1, 20)))
    result = vm.run(vm.LINNET, vm.BUILD / "fuzz.cpio", f"{line} panic=-1", machine="microvm", timeout=60, mem="64M")
    assert not result.timed_out, result.output[-2000:]
