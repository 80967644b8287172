"""Archives that are damaged, empty or too large."""
import gzip
import os
import random
import re
import stat

import pytest

from archives import all_types
from booting import LINUX, boot, check_panic, check_ran, file_line, last_line, linnet_only, pattern, with_init
import newc


def malformed():
    """name: bytes that follow a whole archive with /init and /t/good."""
    e = newc.entry
    good = e("t/more", b"x" * 100)
    plain = newc.Archive().file("t/z", pattern(20000, 7)).bytes()
    packed = gzip.compress(plain, mtime=0)
    flipped = bytearray(packed)
    flipped[len(flipped) // 2] ^= 0x55
    cases = {f"truncated-at-{n}": good[:n] for n in (1, 5, 6, 50, 109, 110, 114, 117, 119, 150)}
    cases |= {
        "namesize-0": e("t/n", b"data", namesize=0),
        "namesize-1": e("", b"data"),
        "namesize-2g": e("t/n", b"data", namesize=0x7fffffff),
        "namesize-4g": e("t/n", b"data", namesize=0xffffffff),
        "namesize-wrap": e("t/n", b"data", namesize=0xffffff92),
        "namesize-5000": e("t/" + "n" * 5000, b"data"),
        "namesize-short": e("t/name", b"data", namesize=3),
        "component-256": e("t/" + "c" * 256, b"data"),
        "no-nul": e("t/name", b"data", namesize=6),
        "filesize-4g": e("t/f", b"data", filesize=0xffffffff),
        "filesize-wrap": e("t/f", b"data", filesize=0xfffffffc),
        "filesize-2g": e("t/f", b"data", filesize=0x80000000),
        "filesize-past-end": e("t/f", b"data" * 100, filesize=4096),
        "filesize-one-past": e("t/f", b"data", filesize=5),
        "no-hex": e("t/f", b"data").replace(b"00000001", b"0000zz01"),
        "signs": e("t/f", b"data").replace(b"00000001", b"+0x00001"),
        "bad-magic": b"070709" + good[6:],
        "old-magic": b"070707" + good[6:],
        "no-trailer": good,
        "garbage-small": b"garbage",
        "garbage-64k": pattern(65536, 8),
        "ones-4k": b"\xff" * 4096,
        "digits": b"0" * 5000,
        "gzip-magic-only": b"\x1f\x8b",
        "gzip-header-only": packed[:10],
        "gzip-truncated": packed[:len(packed) // 2],
        "gzip-no-crc": packed[:-8],
        "gzip-bad-crc": packed[:-8] + b"\0\0\0\0" + packed[-4:],
        "gzip-flipped": bytes(flipped),
        "gzip-of-garbage": gzip.compress(pattern(5000, 9)),
        "gzip-of-gzip": gzip.compress(packed),
        "gzip-of-nothing": gzip.compress(b""),
        "gzip-flags": packed[:3] + b"\xff" + packed[4:],
        "gzip-endless-name": packed[:3] + b"\x08" + packed[4:10] + b"n" * 3000,
        "xz-magic": b"\xfd7zXZ\0" + pattern(500, 10),
        "file-as-directory": e("t/good/below", b"data"),
        "no-parent": e("no/such/parent", b"data"),
        "dot": e(".", b"", mode=stat.S_IFDIR | 0o700),
        "dot-file": e(".", b"data"),
        "dotdot": e("../../escape", b"data"),
        "slash": e("/", b"", mode=stat.S_IFDIR | 0o755),
        "slashes": e("t//a", b"data") + e("t/b/", b"", mode=stat.S_IFDIR | 0o755),
        "type-0": e("t/f", b"data", mode=0o644),
        "type-15": e("t/f", b"data", mode=0o170644),
        "mode-ones": e("t/f", b"data", mode=0xffffffff),
        "directory-with-data": e("t/f", b"data", mode=stat.S_IFDIR | 0o755),
        "fifo-with-data": e("t/f", b"data", mode=stat.S_IFIFO | 0o644),
        "link-empty": e("t/l", b"", mode=stat.S_IFLNK | 0o777),
        "link-5000": e("t/l", b"l" * 5000, mode=stat.S_IFLNK | 0o777),
        "link-with-nul": e("t/l", b"a\0b", mode=stat.S_IFLNK | 0o777),
        "link-4g": e("t/l", b"l", mode=stat.S_IFLNK | 0o777, filesize=0xffffffff),
        "hard-link-alone": e("t/h", b"data", nlink=2, ino=99),
        "hard-link-to-directory": e("t/h", mode=stat.S_IFDIR | 0o755, nlink=2, ino=98) + e("t/i", b"data", nlink=2, ino=98),
        "hard-link-twice-data": e("t/h", b"data", nlink=2, ino=97) + e("t/i", b"other data", nlink=2, ino=97),
        "nlink-ones": e("t/h", b"data", nlink=0xffffffff),
        "device-ones": e("t/c", mode=stat.S_IFCHR | 0o600, rdevmajor=0xffffffff, rdevminor=0xffffffff),
        "trailer-with-data": e("TRAILER!!!", b"data", mode=0),
        "replaces-directory": e("t", b"data"),
        "replaces-root": e("", b"", mode=stat.S_IFDIR | 0),
        "deep": b"".join(e("/".join(["d"] * n), mode=stat.S_IFDIR | 0o755) for n in range(1, 300)),
    }
    return cases


MALFORMED = malformed()


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed(packed, case):
    """What came before the damage is there, and init runs."""
    if LINUX and case == "gzip-no-crc":
        pytest.skip("Linux 6.1 reads on behind the end of the archive")
    start = with_init(newc.Archive().dir("t").file("t/good", b"good"))
    data = start.bytes() + MALFORMED[case]
    result = check_ran(boot(packed(data), "@tree:/t/good @exit:3", timeout=20), 3)
    if case not in ("replaces-directory",):
        assert file_line("/t/good", b"good").split(" nlink")[0] in result.output


@linnet_only
@pytest.mark.parametrize("data", [b"\0", b"\0" * 5000, b"x", pattern(100000, 11), b"\x1f\x8b" + pattern(5000, 12),
                                  newc.Archive().bytes(), gzip.compress(b"")],
                         ids=["nul", "nuls", "byte", "garbage", "gzip-garbage", "empty-archive", "gzip-empty"])
def test_hopeless(packed, data):
    """Nothing to run: a panic that says so."""
    check_panic(boot(packed(data), timeout=20), "init")


@linnet_only
def test_fuzz(packed):
    """Bytes of a good archive changed at random: it ends, in one way or the other, and never in a fault."""
    tree, _ = all_types()
    tree = tree.bytes()
    start = with_init().bytes()
    rng = random.Random(int(os.environ.get("SEED", "1")))
    for round_ in range(int(os.environ.get("FUZZ", "12"))):
        bad = bytearray(tree)
        headers = [m.start() for m in re.finditer(b"07070[12]", tree)]
        for _ in range(rng.choice([1, 3, 10, 50])):
            at = rng.choice(headers) + rng.randrange(130)
            bad[min(at, len(bad) - 1)] = rng.choice(b"0123456789abcdefABCDEF\0/x.\xff")
        data = bytes(bad[:rng.choice([len(bad), rng.randrange(len(bad))])])
        if rng.random() < 0.3:
            data = gzip.compress(data)
        result = boot(packed(start + data), "@tree:/t @exit:3", timeout=30)
        assert result.exit_code == 0x13, f"SEED round {round_}: {result.output[-2000:]}"


@linnet_only
def test_archive_larger_than_memory(packed):
    """200 MiB of zeros in 200 KiB of gzip, in 64 MiB: it ends; what fits is there."""
    entry = newc.entry("bomb", b"", filesize=200 << 20)
    data = with_init().bytes() + gzip.compress(entry + b"\0" * (200 << 20), 1)
    result = boot(packed(data), "@exit:3", mem="64M")
    assert result.exit_code in (0x13, 0x0f), result.output[-3000:]
    if result.exit_code == 0x0f:
        assert "memory" in last_line(result)


@linnet_only
@pytest.mark.parametrize("entry", ["file", "directory", "link", "packed file"])
def test_more_entries_than_memory(packed, entry):
    """120,000 entries in a machine that has no room for their inodes: what fits is there, and it is said."""
    fields = {"directory": {"mode": stat.S_IFDIR | 0o755}, "link": {"mode": stat.S_IFLNK | 0o777}}.get(entry, {})
    data = b"" if entry == "directory" else b"x" * 20
    many = b"".join(newc.entry(f"n{i:06}", data, ino=i + 10, **fields) for i in range(120000))
    many = gzip.compress(many, 1) if entry == "packed file" else many
    result = boot(packed(with_init().bytes() + many), "@exit:3", mem="48M", timeout=100)
    assert result.exit_code in (0x13, 0x0f), result.output[-3000:]
    assert "initramfs ends early" in result.output or "memory" in last_line(result), result.output[-3000:]
