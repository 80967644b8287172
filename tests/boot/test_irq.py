"""Interrupts of devices: which processor gets them, by /proc/irq; no byte is lost while they move.

KERNEL=linux: the same of Debian's kernel.
"""
import hashlib
import re
import subprocess

import pytest

from booting import LINUX, linnet_only, pattern
import vm

NODES = "mount -t proc p /proc; cd /proc/irq; "


def machine(script, append="", name="microvm", smp=4):
    kernel = vm.LINNET
    if LINUX:
        kernel, name, append = vm.linux_kernel(), "q35", append + " panic=-1"
    args = vm.qemu_args(kernel, vm.BUILD / "small.cpio", f"{append} rdinit=/bin/busybox -- sh -c \"{NODES}{script}; poweroff -f\"",
                        machine=name, smp=smp)
    return subprocess.Popen(["timeout", "200", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def output(script, stdin=None, **kw):
    return machine(script, **kw).communicate(stdin)[0].decode(errors="replace").replace("\r", "")


WRITES = [  # what is written to which file, accepted, what it shows then: as Debian's kernel with two processors
    ("smp_affinity", "2", True, "2"), ("smp_affinity", "00000001", True, "1"), ("smp_affinity", "3 ", True, "3"),
    ("smp_affinity", "0", False, "3"), ("smp_affinity", "4", False, "3"), ("smp_affinity", "zz", False, "3"),
    ("smp_affinity", "0x2", False, "3"), ("smp_affinity", "2,00000001", False, "3"), ("smp_affinity", "100000000", False, "3"),
    ("smp_affinity_list", "1", True, "1"), ("smp_affinity_list", "0,1", True, "0-1"), ("smp_affinity_list", "1-5", False, "0-1"),
    ("smp_affinity_list", "a", False, "0-1"), ("smp_affinity_list", "1-0", False, "0-1"),
]


def test_what_can_be_written():
    script = "; ".join(f"if printf '{text}' 2>/dev/null > 4/{file}; then echo {i} yes; else echo {i} no; fi; echo shows $(cat 4/{file})"
                       for i, (file, text, _, _) in enumerate(WRITES))
    found = re.findall(r"^(\d+) (yes|no)\nshows (\S+)$", output(script, smp=2), re.M)
    assert found == [(str(i), "yes" if ok else "no", shows) for i, (_, _, ok, shows) in enumerate(WRITES)]


@pytest.mark.parametrize("name", ["microvm", "microvm,acpi=off", "q35"])
def test_affinity_is_honoured(name):
    """A line typed is an interrupt on the one processor that is asked for, and on no other."""
    script = "echo ready; for c in 1 3 0 2; do echo $c > 4/smp_affinity_list; read x; echo moved; grep ' 4: ' ../interrupts; " \
             "read x; echo at $(cat 4/effective_affinity_list); grep ' 4: ' ../interrupts; done"
    child = machine(script, name=name)
    counts = []
    assert any(b"ready" in line for line in child.stdout)  # SeaBIOS on q35 eats what is typed to it

    def row():
        for line in child.stdout:
            if (found := re.match(rb" +4:((?: +\d+){4}) ", line)):
                return [int(n) for n in found[1].split()]
        raise AssertionError("no line of /proc/interrupts")

    for _ in range(4):
        child.stdin.write(b"first\n")  # Linux moves at the next interrupt
        child.stdin.flush()
        before = row()
        child.stdin.write(b"second\n")
        child.stdin.flush()
        counts.append([b - a for a, b in zip(before, row())])
    child.communicate()
    for cpu, grown in zip((1, 3, 0, 2), counts):
        assert grown[cpu] > 0 and sum(grown) == grown[cpu], counts


@linnet_only
def test_irqaffinity():
    """CPU 0 boots and is always among them, as on Linux; who is registered first takes the lowest."""
    out = output("cat default_smp_affinity 4/smp_affinity 4/effective_affinity; echo 8 > default_smp_affinity; cat default_smp_affinity;"
                 " echo f0 > default_smp_affinity || cat default_smp_affinity", append="irqaffinity=2-3")
    assert re.findall(r"^[0-9a-f]$", out, re.M) == ["d", "d", "1", "8", "8"], out


@linnet_only
def test_lines_spread():
    """A second line goes to a second processor."""
    args = vm.qemu_args(vm.LINNET, vm.BUILD / "small.cpio", f"rdinit=/bin/busybox -- sh -c \"{NODES} : < /dev/ttyS1; echo; "
                        "cat 4/effective_affinity_list 3/effective_affinity_list\"", machine="q35", smp=2, extra=["-serial", "null"])
    done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=100, text=True)
    assert re.findall(r"^\d$", done.stdout.replace("\r", ""), re.M) == ["0", "1"], done.stdout


@linnet_only
def test_an_8259_moves_nothing():
    out = output("echo 1 > 4/smp_affinity || cat 4/effective_affinity", append="noapic", smp=2)
    assert "Input/output error" in out and re.search(r"^1$", out, re.M), out


@pytest.mark.parametrize("smp", [1, 4])
def test_no_byte_is_lost_while_they_move(smp):
    """8 KiB typed at once, the other processors busy, the line moved all the time."""
    size = 8 << 10
    data = bytes(b & 0x7f or 1 for b in pattern(size))
    script = f"stty raw -echo; for i in $(seq 2 {smp}); do (while :; do :; done)& done; " \
             "(while :; do for m in 1 2 4 8; do echo $m > 4/smp_affinity; done; done) 2>/dev/null & echo go; " \
             f"head -c {size} | md5sum"
    child = machine(script, smp=smp)
    while b"go" not in child.stdout.readline():
        pass
    child.stdin.write(data)
    child.stdin.flush()
    out = child.communicate()[0].decode(errors="replace")
    assert hashlib.md5(data).hexdigest() in out, out[-500:]
