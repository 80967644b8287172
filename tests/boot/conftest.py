"""What most boot tests start from: an archive with tests/boot/init.c as /init."""
import sys

import pytest

sys.path[:0] = [__file__.rsplit("/tests/", 1)[0] + "/" + d for d in ("tests/harness", "tools")]
from booting import with_init  # noqa: E402


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    """An archive with /init alone."""
    path = tmp_path_factory.mktemp("boot") / "root.cpio"
    path.write_bytes(with_init().bytes())
    return path


@pytest.fixture
def packed(tmp_path):
    """A function: bytes to the path of a file that holds them."""
    def pack(data, name="initrd"):
        path = tmp_path / name
        path.write_bytes(data)
        return path
    return pack
