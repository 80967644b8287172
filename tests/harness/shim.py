"""The container that tools/shim takes: a kernel and an initrd in one module."""
import pathlib
import struct

MAGIC = b"LINNETSHIM".ljust(16, b"\0")
PAGE = 4096


def pack(kernel, initrd, out):
    """Write KERNEL (an ELF64) and INITRD (or None) to OUT, each page-aligned; returns OUT."""
    kernel = pathlib.Path(kernel).read_bytes()
    initrd = pathlib.Path(initrd).read_bytes() if initrd else b""
    offset = PAGE + -(-len(kernel) // PAGE) * PAGE
    head = MAGIC + struct.pack("<4I", PAGE, len(kernel), offset, len(initrd))
    with open(out, "wb") as f:
        f.write(head.ljust(PAGE, b"\0"))
        f.write(kernel.ljust(offset - PAGE, b"\0"))
        f.write(initrd)
    return out
