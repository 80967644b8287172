"""KERNEL=linux runs the same tests on Debian's kernel, to show that they ask for what Linux gives."""
import os
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import console  # noqa: E402

if os.environ.get("KERNEL") == "linux":
    console.vm.LINNET = console.vm.linux_kernel()
