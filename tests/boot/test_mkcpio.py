"""What tools/mkcpio writes: aligned where it can be, and nothing that Linux would skip."""
import subprocess
import sys

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import vm  # noqa: E402

PAGE = NAME_LIMIT = 4096


def entries(archive):
    """(name, size of the name field, offset of the data, size of the data) of each entry."""
    at = 0
    while True:
        assert archive[at:at + 6] == b"070701"
        size, name_size = (int(archive[at + field:at + field + 8], 16) for field in (54, 94))
        name = archive[at + 110:at + 110 + name_size].rstrip(b"\0").decode()
        data = at + 110 + name_size + 3 & ~3
        yield name, name_size, data, size
        if name == "TRAILER!!!":
            return
        at = data + size + 3 & ~3


def test_names_stay_within_the_limit(tmp_path):
    """Linux leaves out a file whose name field, NULs included, has more than 4096 bytes."""
    content = {f"{number:04d}-{'x' * (number % 120)}": bytes([number % 251 + 1]) * (2000 + 37 * number) for number in range(1000)}
    tree = tmp_path / "tree"
    tree.mkdir()
    for name, data in content.items():
        (tree / name).write_bytes(data)
    archive = vm.cpio(tree, tmp_path / "archive").read_bytes()
    found = {name: (name_size, data, size) for name, name_size, data, size in entries(archive)}
    assert max(name_size for name_size, _, _ in found.values()) <= NAME_LIMIT
    for name, data in content.items():
        _, at, size = found[name]
        assert archive[at:at + size] == data
    large = [at for name, (_, at, size) in found.items() if size >= PAGE]
    assert sum(at % PAGE == 0 for at in large) > 0.9 * len(large)
