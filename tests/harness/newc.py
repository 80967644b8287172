"""Writes newc cpio archives in memory, well-formed or not, without privileges."""
import stat

FIELDS = ("ino", "mode", "uid", "gid", "nlink", "mtime", "filesize", "devmajor", "devminor", "rdevmajor",
          "rdevminor", "namesize", "check")


def entry(name, data=b"", magic=b"070701", pad_name=0, **fields):
    """One entry; FIELDS override what follows from NAME and DATA.  PAD_NAME adds NULs to the name."""
    raw = name.encode() + b"\0" * (1 + pad_name)
    values = dict.fromkeys(FIELDS, 0)
    values.update(mode=stat.S_IFREG | 0o644, nlink=1, filesize=len(data), namesize=len(raw))
    values.update(fields)
    head = magic + b"".join(b"%08X" % values[f] for f in FIELDS)
    out = head + raw
    out += b"\0" * (-len(out) % 4)
    return out + data + b"\0" * (-len(data) % 4)


class Archive:
    """Collects entries; bytes() closes with the trailer and pads to 512."""

    def __init__(self):
        self.out = b""
        self.next_ino = 1

    def add(self, name, data=b"", **fields):
        if "ino" not in fields:
            fields["ino"] = self.next_ino
            self.next_ino += 1
        self.out += entry(name, data, **fields)
        return self

    def dir(self, name, mode=0o755, **fields):
        return self.add(name, mode=stat.S_IFDIR | mode, nlink=fields.pop("nlink", 2), **fields)

    def file(self, name, data=b"", mode=0o644, **fields):
        return self.add(name, data, mode=stat.S_IFREG | mode, **fields)

    def link(self, name, target, **fields):
        return self.add(name, target.encode(), mode=stat.S_IFLNK | 0o777, **fields)

    def node(self, name, kind, major=0, minor=0, mode=0o600, **fields):
        return self.add(name, mode=kind | mode, rdevmajor=major, rdevminor=minor, **fields)

    def names(self, names, data, mode=0o644, data_first=False, **fields):
        """Hard links: one inode, the data with the last name (cpio) or the first."""
        ino = self.next_ino = self.next_ino + 1
        self.next_ino += 1
        for i, name in enumerate(names):
            has = i == (0 if data_first else len(names) - 1)
            self.file(name, data if has else b"", mode, ino=ino, nlink=len(names), **fields)
        return self

    def aligned(self, name, data, mode=0o644, **fields):
        """A file whose data begins on a page, by NULs behind the name."""
        at = len(self.out) + 110 + len(name.encode()) + 1
        return self.file(name, data, mode, pad_name=-at % 4096, **fields)

    def bytes(self, trailer=True):
        out = self.out + (entry("TRAILER!!!", mode=0) if trailer else b"")
        return out + b"\0" * (-len(out) % 512)
