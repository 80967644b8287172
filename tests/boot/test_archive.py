"""Archives as the root: every kind of node, every packing, contents that may be changed."""
import gzip
import os
import re
import subprocess

import pytest

from archives import all_types
from booting import FIRECRACKER, INIT, LINUX, boot, check_ran, file_line, lines, linnet_only, pattern, with_init
import newc


def padded(data):
    """Linux takes a plain archive only at a multiple of 4."""
    return data + b"\0" * (-len(data) % 4)


@pytest.mark.parametrize("packing", ["plain", "gzip", "gzip-fast", "two", "two-reversed", "padded"])
def test_all_node_types(packed, packing):
    tree, expected = all_types()
    first = with_init().bytes()
    data = {
        "plain": lambda: with_init(tree).bytes(),
        "gzip": lambda: gzip.compress(with_init(tree).bytes(), 9),
        "gzip-fast": lambda: gzip.compress(with_init(tree).bytes(), 1),
        "two": lambda: first + gzip.compress(tree.bytes()),
        "two-reversed": lambda: padded(gzip.compress(tree.bytes())) + b"\0" * 300 + first,
        "padded": lambda: first + b"\0" * 8192 + gzip.compress(tree.bytes()) + b"\0" * 1000,
    }[packing]()
    result = check_ran(boot(packed(data), "@tree:/t"))
    assert lines(result, "entry") == expected


@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_shim_initrd(packed, packing):
    if LINUX:
        pytest.skip("Linnet's own entry")
    tree, expected = all_types()
    data = with_init(tree).bytes()
    data = gzip.compress(data) if packing == "gzip" else data
    result = check_ran(boot(packed(data), "@tree:/t", entry="shim", machine=FIRECRACKER["machine"], extra=FIRECRACKER["extra"],
                            append="reboot=k panic=1 pci=off"))
    assert lines(result, "entry") == expected


def test_later_archive_wins(packed):
    first = with_init().dir("t").file("t/a", b"one").file("t/b", b"b").link("t/c", "a").dir("t/d").file("t/x", b"1234567890") \
        .dir("t/y").file("t/z", b"z")
    second = newc.Archive().file("t/a", b"two two", 0o600).link("t/b", "a").file("t/c", b"now a file").dir("t/d", 0o700) \
        .file("t/y", b"was a directory").dir("t/z", 0o711)
    third = newc.Archive().file("t/e", b"new").file("t/x", b"short")
    result = check_ran(boot(packed(first.bytes() + padded(gzip.compress(second.bytes())) + third.bytes()), "@tree:/t"))
    assert lines(result, "entry") == [
        "/t d0755 0:0 mtime=0",
        file_line("/t/a", b"two two", 0o600),
        "/t/b l0777 0:0 nlink=1 mtime=0 size=1 -> a",
        file_line("/t/c", b"now a file"),
        "/t/d d0700 0:0 mtime=0",
        file_line("/t/e", b"new"),
        file_line("/t/x", b"short"),
        file_line("/t/y", b"was a directory"),
        "/t/z d0711 0:0 mtime=0",
    ]


def test_cpio_of_debian(tmp_path):
    """What find | cpio -o -H newc writes: data at multiples of 4, hard links with the data last."""
    tree = tmp_path / "tree"
    (tree / "t/sub").mkdir(parents=True)
    (tree / "init").write_bytes(INIT.read_bytes())
    (tree / "init").chmod(0o755)
    big = pattern(300000, 3)
    (tree / "t/big").write_bytes(big)
    (tree / "t/sub/page").write_bytes(big[:4096])
    (tree / "t/hard").hardlink_to(tree / "t/big")
    (tree / "t/link").symlink_to("sub/page")
    os.mkfifo(tree / "t/fifo")
    for path in [*tree.rglob("*"), tree]:
        os.utime(path, (0, 77), follow_symlinks=False)
    names = sorted(str(p.relative_to(tree)) for p in tree.rglob("*"))
    initrd = tmp_path / "initrd"
    with open(initrd, "wb") as out:
        subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=tree, stdout=out, check=True,
                       input="\n".join([".", *names]).encode())
    result = check_ran(boot(initrd, "@tree:/t @mutate:/t/big @tree:/t/hard"))
    got = [re.sub(r" [-dlp][0-7]{4} ", " ", line) for line in lines(result, "entry")]
    assert got[:7] == [
        "/t 0:0 mtime=77",
        re.sub(r" -\d{4}", "", file_line("/t/big", big, nlink=2, mtime=77)),
        "/t/fifo 0:0 nlink=1 mtime=77",
        re.sub(r" -\d{4}", "", file_line("/t/hard", big, nlink=2, mtime=77, same="/t/big")),
        "/t/link 0:0 nlink=1 mtime=77 size=8 -> sub/page",
        "/t/sub 0:0 mtime=77",
        re.sub(r" -\d{4}", "", file_line("/t/sub/page", big[:4096], mtime=77)),
    ]
    assert lines(result, "mutate") == ["/t/big done"]
    assert "size=5000 read=5000" in got[7], "a hard link has the changes of the other name"


def test_files_are_writable(packed):
    """Archive pages are copied before they change, whether they lie on a page or not."""
    data = pattern(3 * 4096 + 100, 4)
    archive = with_init().aligned("aligned", data).file("unaligned", data).file("small", b"123456789012345")
    for initrd in (packed(archive.bytes()), packed(gzip.compress(archive.bytes()), "z")):
        result = check_ran(boot(initrd, "@mutate:/aligned @mutate:/unaligned @mutate:/small"))
        assert re.findall(r"^mutate.*", result.output, re.M) == ["mutate /aligned done", "mutate /unaligned done",
                                                                  "mutate /small done"]


def test_end_of_a_page_is_zero(packed):
    """What follows a file in its last page is not the next entry of the archive."""
    data = pattern(4096 + 5, 5)
    archive = with_init().aligned("f", data).file("next", b"\xff" * 8192)
    check_ran(boot(packed(archive.bytes()), "@mutate:/f"))


def test_big_archive(packed):
    data = pattern(48 << 20, 6)
    if LINUX:
        data = data[:1 << 20]
    archive = with_init().file("zero", b"\0" * (8 << 20)).file("big", data[:1 << 20]).file("rest", data[1 << 20:])
    result = check_ran(boot(packed(archive.bytes()), "@tree:/big @zero:/zero", mem="256M"))
    assert lines(result, "entry") == [file_line("/big", data[:1 << 20])]
    assert lines(result, "zero") == [f"/zero len={8 << 20} bad=0"]


def test_many_entries(packed):
    archive = with_init().dir("t").dir("t/d")
    parts = [newc.entry(f"t/d/{i:05}", b"%05d" % i, ino=1000 + i) for i in range(20000)]
    archive.out += b"".join(parts)
    archive.file("t/last", b"end")
    result = check_ran(boot(packed(archive.bytes()), "@tree:/t/last @tree:/t/d/13579"))
    assert lines(result, "entry") == [file_line("/t/last", b"end"), file_line("/t/d/13579", b"13579")]


def test_hard_links_end_with_their_archive(packed):
    """The same inode number in the next archive is another file; its names are links of each other."""
    one, other = pattern(5000, 13), pattern(6000, 14)
    first = with_init().dir("t").file("t/a", b"", ino=500, nlink=2).file("t/b", one, ino=500, nlink=2)
    second = newc.Archive().file("t/c", b"", ino=500, nlink=2).file("t/d", other, ino=500, nlink=2)
    third = newc.Archive().file("t/e", b"", ino=500, nlink=2)
    result = check_ran(boot(packed(first.bytes() + second.bytes() + padded(gzip.compress(third.bytes()))), "@tree:/t"))
    assert lines(result, "entry")[1:] == [
        file_line("/t/a", one, nlink=2), file_line("/t/b", one, nlink=2, same="/t/a"),
        file_line("/t/c", other, nlink=2), file_line("/t/d", other, nlink=2, same="/t/c"), file_line("/t/e", b"")]


def test_empty_archives_between(packed):
    """A trailer alone, plain and packed, before, between and behind."""
    empty = newc.Archive().bytes()
    parts = [empty, padded(gzip.compress(empty)), with_init().bytes(), empty, padded(gzip.compress(b"")),
             newc.Archive().dir("t").file("t/a", b"a").bytes(), gzip.compress(empty)]
    result = check_ran(boot(packed(b"".join(parts)), "@tree:/t"))
    assert lines(result, "entry") == ["/t d0755 0:0 mtime=0", file_line("/t/a", b"a")]


@linnet_only
@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_huge_archive(tmp_path, packing):
    """200 MiB in 400 files, read and mapped to the last byte."""
    part = pattern(1 << 19, 15)
    archive = with_init().dir("t").bytes(trailer=False)
    initrd = tmp_path / "initrd"
    with open(initrd, "wb") if packing == "plain" else gzip.open(initrd, "wb", 1) as out:
        out.write(archive)
        for i in range(400):
            out.write(newc.entry(f"t/{i:03}", part, ino=1000 + i))
        out.write(newc.Archive().bytes())
    result = check_ran(boot(initrd, "@mem @tree:/t/000 @tree:/t/399", mem="512M" if packing == "plain" else "640M", timeout=120))
    assert lines(result, "entry") == [file_line("/t/000", part), file_line("/t/399", part)]


@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_memory_of_deleted_files_returns(packed, packing):
    """Of a compressed archive small files too, and the archive itself once it is unpacked."""
    archive = with_init().dir("big").dir("small")
    for i in range(8):
        archive.file(f"big/{i}", pattern(1 << 20, i))
    data = pattern(2000, 8)
    archive.out += b"".join(newc.entry(f"small/{i:04}", data, ino=1000 + i) for i in range(1000))
    pack = gzip.compress if packing == "gzip" else lambda data: data
    run = check_ran(boot(packed(pack(archive.bytes())), "@tree:/big/3 @free @remove:/big @free @remove:/small @free", mem="256M"))
    empty = check_ran(boot(packed(pack(with_init().bytes())), "@free", mem="256M"))
    before, without_big, without_small = map(int, lines(run, "free"))
    assert lines(run, "removed") == ["8", "1000"]
    assert without_big - before > 8000, "of 8192 KiB"
    if packing == "gzip":
        assert without_small - without_big > 1900, "of 1953 KiB"
        assert int(lines(empty, "free")[0]) - without_small < 1500
