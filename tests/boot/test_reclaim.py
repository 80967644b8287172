"""Reading far more file data than there is memory: pages go and come back, and what was written stays."""
import hashlib
import random

import pytest

from booting import linnet_only
import newc
import vm

FILES, SIZE = 16, 1 << 20

SCRIPT = """
mount -t proc proc /proc
echo changed >> /data/0; cp /data/1 /tmp/copy
for round in 1 2; do md5sum -c /sums >/tmp/a || echo wrong & md5sum -c /sums >/tmp/b || echo wrong; wait
/bin/busybox cmp /data/1 /tmp/copy && grep -c OK /tmp/a /tmp/b; done
tail -c 8 /data/0
awk '/^(MemTotal|Cached|Shmem)/ { print $1 $2 }' /proc/meminfo
"""


@linnet_only
@pytest.mark.parametrize("smp", [1, 2])
def test_files_larger_than_memory(tmp_path, smp):
    """The archive keeps the data where no page can show it in place, so each page read is a copy."""
    rng, archive, sums = random.Random(1), newc.Archive(), ""
    archive.dir("data").dir("tmp").dir("proc")
    for n in range(FILES):
        data = rng.randbytes(SIZE)
        archive.file(f"data/{n}", data)
        sums += f"{hashlib.md5(data + b'changed' + bytes([10]) if n == 0 else data).hexdigest()}  /data/{n}\n"
    archive.file("sums", sums.encode()).file("script", SCRIPT.encode())
    path = tmp_path / "data.cpio"
    path.write_bytes((vm.BUILD / "small.cpio").read_bytes() + archive.bytes())
    result = vm.run(vm.LINNET, path, "rdinit=/bin/busybox -- sh /script", machine="microvm", smp=smp, mem="26M", timeout=120)
    lines = result.output.splitlines()
    assert "wrong" not in lines and "changed" in lines, result.output
    assert lines.count(f"/tmp/a:{FILES}") == lines.count(f"/tmp/b:{FILES}") == 2, result.output
    info = {line.split(":")[0]: int(line.split(":")[1]) for line in lines if line.startswith(("MemTotal", "Cached", "Shmem"))}
    assert info["Cached"] < FILES * SIZE // 1024 // 2, "memory was never short"
