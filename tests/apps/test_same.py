"""Debian's programs print the same on Linnet as on Debian's kernel.

The paragraphs of tests/apps/same/*.sh run on both, each kernel booted once (tests/apps/same/init runs them); what they
print and their status is compared line by line.  Nothing is masked here but process numbers: what else may differ, a
paragraph masks itself.  By hand: `-- procps` behind rdinit=/same/init runs one list.
"""
import concurrent.futures
import difflib
import pathlib
import re
import sys

import pytest

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import vm  # noqa: E402

LISTS = sorted((pathlib.Path(__file__).parent / "same").glob("*.sh"))


def paragraphs(path):
    return re.findall(r"(?:^.*\S.*\n)+", path.read_text(), re.M)


def name_processes(text):
    """Process numbers (init starts them at 30000) become P1, P2, ... as they appear."""
    seen = {}
    return re.sub(r"(?<![\d.])30\d{3}(?![\d.])", lambda m: seen.setdefault(m.group(), f"P{len(seen) + 1}"), text)


def answers(kernel, words="", **kw):
    """Boot KERNEL; the output of each paragraph by (list, number)."""
    result = vm.run(kernel, vm.BUILD / "same.cpio", f"panic=-1 rdinit=/same/init -- {words}", smp=2, mem="256M",
                    timeout=300, cpu="max,la57=off,pku=off", **kw)
    assert "=== end" in result.output, result.output[-3000:]
    lines = re.findall(r"^(?:\||===|---).*\n", result.output, re.M)  # not the kernel's own
    found = re.findall(r"^=== (\S+) (\d+)\n(.*?^--- .*?)$", "".join(lines), re.M | re.S)
    return {(name, int(number)): name_processes(text) for name, number, text in found}


def ask_both(words=""):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        linux = pool.submit(answers, vm.linux_kernel(), words)
        linnet = pool.submit(answers, vm.LINNET, words)
        return linux.result(), linnet.result()


@pytest.fixture(scope="module")
def both():
    """Lists that differ are run again, on both: what a shell says, and when, depends on who comes first on a busy host."""
    linux, linnet = ask_both()
    for _ in range(2):
        differ = {key for key in linux if linux[key] != linnet.get(key)}
        if not differ:
            break
        again = ask_both(" ".join(sorted({name for name, _ in differ})))
        for key in differ:
            linux[key], linnet[key] = again[0][key], again[1][key]
    return linux, linnet


CASES = [(path.stem, i + 1, text) for path in LISTS for i, text in enumerate(paragraphs(path))]


@pytest.mark.parametrize("name, number, text", CASES, ids=[f"{c[0]}-{c[2].splitlines()[0].lstrip('# ')}" for c in CASES])
def test_same(both, name, number, text):
    linux, linnet = (side[name, number] for side in both)
    for void in "command not found", "never came", "\n--- 124":
        assert void not in linux, linux
    if linux != linnet:
        lines = difflib.unified_diff(linux.splitlines(), linnet.splitlines(), "Linux", "Linnet", lineterm="")
        pytest.fail("\n".join([text, *lines]), pytrace=False)
