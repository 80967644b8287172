"""Archives that several boot tests use."""
import stat

from booting import file_line, pattern
import newc


def all_types():
    """An archive of every kind of node under /t, and what @tree must say of it."""
    a = newc.Archive()
    big = pattern(70000)
    links = pattern(5000, 2)
    a.dir("t", 0o1777, mtime=1000)
    a.file("t/00-empty", mtime=1)
    a.file("t/01-small", b"hello\n", 0o4755, uid=1, gid=2, mtime=0x7fffffff)
    a.file("t/02-unaligned", big, 0o600, mtime=3)
    a.aligned("t/03-aligned", big, 0o400, uid=65534, gid=65534, mtime=4)
    a.names(["t/04-one", "t/04-two", "t/04-three"], links, mtime=5)
    a.names(["t/05-first", "t/05-second"], links[:100], data_first=True, mtime=6)
    a.link("t/06-link", "01-small", mtime=7)
    a.link("t/07-dangling", "/no/where/at/all", mtime=8)
    a.link("t/08-long", "x" * 1000, mtime=9)
    a.node("t/09-fifo", stat.S_IFIFO, mode=0o622, mtime=10)
    a.node("t/10-socket", stat.S_IFSOCK, mode=0o755, mtime=11)
    a.node("t/11-null", stat.S_IFCHR, 1, 3, 0o666, mtime=12)
    a.node("t/12-block", stat.S_IFBLK, 254, 70000, 0o660, uid=0, gid=6, mtime=13)
    a.dir("t/13-dir", 0o2750, uid=7, gid=8, mtime=14)
    a.dir("t/13-dir/sub", mtime=15)
    a.file("t/13-dir/sub/" + "n" * 255, b"deep", mtime=16)
    a.file("t/14 spaces \N{SNOWMAN}", b"utf-8", mtime=17)
    a.file("/t/15-absolute", b"abs", mtime=18)
    a.file("./t/16-dot", b"dot", mtime=19)
    a.file("t/17-crc", b"abc", magic=b"070702", check=0x61 + 0x62 + 0x63, mtime=20)
    expected = [
        "/t d1777 0:0 mtime=1000",
        file_line("/t/00-empty", b"", mtime=1),
        file_line("/t/01-small", b"hello\n", 0o4755, "1:2", mtime=0x7fffffff),
        file_line("/t/02-unaligned", big, 0o600, mtime=3),
        file_line("/t/03-aligned", big, 0o400, "65534:65534", mtime=4),
        file_line("/t/04-one", links, nlink=3, mtime=5),
        file_line("/t/04-three", links, nlink=3, mtime=5, same="/t/04-one"),
        file_line("/t/04-two", links, nlink=3, mtime=5, same="/t/04-one"),
        file_line("/t/05-first", links[:100], nlink=2, mtime=6),
        file_line("/t/05-second", links[:100], nlink=2, mtime=6, same="/t/05-first"),
        "/t/06-link l0777 0:0 nlink=1 mtime=7 size=8 -> 01-small",
        "/t/07-dangling l0777 0:0 nlink=1 mtime=8 size=16 -> /no/where/at/all",
        "/t/08-long l0777 0:0 nlink=1 mtime=9 size=1000 -> " + "x" * 1000,
        "/t/09-fifo p0622 0:0 nlink=1 mtime=10",
        "/t/10-socket s0755 0:0 nlink=1 mtime=11",
        "/t/11-null c0666 0:0 nlink=1 mtime=12 dev=1:3",
        "/t/12-block b0660 0:6 nlink=1 mtime=13 dev=254:70000",
        "/t/13-dir d2750 7:8 mtime=14",
        "/t/13-dir/sub d0755 0:0 mtime=15",
        file_line("/t/13-dir/sub/" + "n" * 255, b"deep", mtime=16),
        file_line("/t/14 spaces \N{SNOWMAN}", b"utf-8", mtime=17),
        file_line("/t/15-absolute", b"abs", mtime=18),
        file_line("/t/16-dot", b"dot", mtime=19),
        file_line("/t/17-crc", b"abc", mtime=20),
    ]
    return a, expected
