"""The boot matrix: machines, processors, memory, entries, archives, the command line, and how a run ends.

init is tests/boot/init.c.  KERNEL=linux runs what Linux can run too on Debian's kernel.
"""
import gzip
import json
import os
import pathlib
import random
import re
import stat
import subprocess
import sys

import pytest

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import newc  # noqa: E402
import shim  # noqa: E402
import vm  # noqa: E402

LINUX = os.environ.get("KERNEL") == "linux"
INIT = vm.BUILD / "boot/init"
SHIM = vm.BUILD / "shim.elf"
linnet_only = pytest.mark.skipif(LINUX, reason="a promise of Linnet's own")

FIRECRACKER = dict(machine="microvm,acpi=off,rtc=off,pit=on,pic=on",
                   extra=["-global", "virtio-mmio.force-legacy=false", "-device", "i8042"])
MACHINES = {
    "microvm": dict(machine="microvm"),
    "microvm-noacpi": dict(machine="microvm,acpi=off"),
    "firecracker": FIRECRACKER,
    "q35": dict(machine="q35"),
    "pc": dict(machine="pc"),
}


def boot(initrd, words="", append="", entry="pvh", timeout=60, **kw):
    """Boot INITRD with the init commands WORDS; a Result whose output has no BIOS chatter."""
    kernel = vm.LINNET
    kw.setdefault("machine", "microvm")
    if LINUX:
        kernel, kw["machine"] = vm.linux_kernel(), "q35"
        append = "panic=-1 " + append
        timeout = 120
    if entry == "shim":
        initrd = shim.pack(kernel, initrd, pathlib.Path(initrd).with_suffix(".shim"))
        kernel = SHIM
    result = vm.run(kernel, initrd, f"{append} -- {words}" if words else append, timeout=timeout, **kw)
    result.output = strip_bios(result.output)
    return result


def strip_bios(text):
    """SeaBIOS talks on the serial line of pc and q35."""
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1bc", "", text)
    return re.sub(r"\A(?s:.*)Booting from ROM\.*", "", text).lstrip("\n")


def lines(result, word):
    """What follows WORD on the lines that begin with it."""
    return [line[len(word) + 1:] for line in result.output.splitlines() if line.startswith(word + " ")]


def args_of(result):
    return [re.fullmatch(r"\d+ \[(.*)\]", line).group(1) for line in lines(result, "arg")]


def env_of(result):
    return [line[1:-1] for line in lines(result, "env")]


def last_line(result):
    return [line for line in result.output.splitlines() if line.strip()][-1]


def check_ran(result, status=0):
    """init ran to its end, and nothing panicked."""
    assert not result.timed_out, result.output[-3000:]
    assert re.search(r"^ready$", result.output, re.M), result.output[-3000:]
    if LINUX:
        assert f"exitcode=0x{status << 8:08x}" in result.output
        return result
    assert result.exit_code == 0x10 + status, (result.exit_code, result.output[-3000:])
    assert "panic" not in result.output, result.output[-3000:]
    return result


def check_panic(result, *words):
    """An orderly panic whose last line says why."""
    assert not result.timed_out, result.output[-3000:]
    if LINUX:
        assert "Kernel panic" in result.output, result.output[-3000:]
        return
    assert result.exit_code == 0x0f, (result.exit_code, result.output[-3000:])
    for word in words:
        assert word in last_line(result), result.output[-3000:]


def with_init(archive=None):
    return (archive or newc.Archive()).aligned("init", INIT.read_bytes(), 0o755)


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


# --- Machines, processors, memory ---------------------------------------------------

@linnet_only
@pytest.mark.parametrize("smp", [1, 2, 4])
@pytest.mark.parametrize("machine", MACHINES)
def test_machine(root, machine, smp):
    result = check_ran(boot(root, "@cpus @exit:5", smp=smp, **MACHINES[machine]), 5)
    assert lines(result, "cpus") == [f"{smp} ran {smp}"]


@linnet_only
@pytest.mark.parametrize("smp", [1, 2, 4])
@pytest.mark.parametrize("acpi", ["off", "on"])
def test_shim(root, acpi, smp):
    """Firecracker's 64-bit entry; with an RSDP in boot_params and without."""
    result = check_ran(boot(root, "@cpus @exit:6", entry="shim", smp=smp, machine=f"microvm,acpi={acpi}"), 6)
    assert lines(result, "cpus") == [f"{smp} ran {smp}"]


@linnet_only
@pytest.mark.parametrize("entry", ["pvh", "shim"])
@pytest.mark.parametrize("mem", [64, 512, 2048, 8192])
def test_memory(root, mem, entry):
    """Little and much RAM; from 2 GiB on the shim's initrd lies where its tables map nothing."""
    result = check_ran(boot(root, f"@mem @touch:{min(mem * 3 // 4, 128)}", entry=entry, mem=f"{mem}M"))
    (total,) = lines(result, "mem")
    assert mem * 0.9 - 8 < int(total) <= mem
    assert lines(result, "touch") == [f"{min(mem * 3 // 4, 128)} ok"]


@linnet_only
@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_memory_with_holes(root, machine):
    result = check_ran(boot(root, "@mem @touch:64", mem="5G", machine=machine))
    assert 5120 * 0.9 < int(lines(result, "mem")[0]) <= 5120


@linnet_only
def test_memory_limit(root):
    """mem= leaves the rest of the RAM alone."""
    result = check_ran(boot(root, "@mem @touch:16", append="mem=96M", mem="512M"))
    assert 64 < int(lines(result, "mem")[0]) <= 96


@linnet_only
@pytest.mark.parametrize("entry, machine", [("pvh", "microvm"), ("pvh", "microvm,acpi=off"), ("shim", "microvm,acpi=off")])
def test_small_machine(entry, machine, packed):
    """busybox in 12 MiB."""
    initrd = packed((vm.BUILD / "small.cpio").read_bytes())
    result = boot(initrd, "/bin/busybox sh -c \"echo says $((6*7)); exit 9\"", entry=entry, machine=machine, mem="12M")
    assert "says 42" in result.output, result.output[-3000:]
    assert result.exit_code == 0x19


@linnet_only
def test_maxcpus(root):
    result = check_ran(boot(root, "@cpus", append="maxcpus=2", smp=4))
    assert lines(result, "cpus") == ["2 ran 2"]


@linnet_only
@pytest.mark.parametrize("cpu", ["qemu64", "Nehalem", "EPYC", "max,-xsave", "max,-pdpe1gb,-smap,-smep,-umip,-fsgsbase,-rdrand"])
def test_processor(root, cpu):
    """Processors that lack what the fast paths like."""
    result = check_ran(boot(root, "@cpus @touch:16", cpu=cpu, smp=2))
    assert lines(result, "cpus") == ["2 ran 2"]


@linnet_only
@pytest.mark.parametrize("without", ["pit=off", "pic=off", "pit=off,pic=off,rtc=off", "isa-serial=on,ioapic2=off"])
def test_without_legacy_devices(root, without):
    result = check_ran(boot(root, "@sleep:50 @cpus", machine="microvm," + without, smp=2))
    assert "slept" in result.output


@linnet_only
def test_nokaslr(root):
    check_ran(boot(root, append="nokaslr"))


# --- What init is given -----------------------------------------------------------------

@linnet_only
def test_quiet(root):
    """With `quiet` the first line is init's, the last says how it ended, and there is one between no more."""
    result = check_ran(boot(root, "@uname @exit:3"), 3)
    assert result.output.startswith("init pid=1\n"), result.output
    said = result.output.splitlines()
    assert said[-2].startswith("uname Linux 6.1.0-linnet"), result.output
    assert "init" in said[-1] and "3" in said[-1]


@linnet_only
def test_loud(root):
    result = check_ran(boot(root, append="loglevel=7"))
    assert "init pid=1" in result.output


def test_console(root):
    """0, 1 and 2 are /dev/console, open both ways; nothing else is open."""
    result = check_ran(boot(root, "@fds"))
    assert lines(result, "fd") == [f"{i} dev=5:1 tty=1 flags=2" for i in range(3)] + ["3 errno=9"]


# append, init's arguments, its environment behind HOME and TERM
RULES = {
    "ip": ("ip=off ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off", [], []),
    "words": ("foo bar", ["foo", "bar"], []),
    "pairs": ("b=2 a=1", [], ["b=2", "a=1"]),
    "mixed": ("one a=1 two", ["one", "two"], ["a=1"]),
    "dashes": ("w -- x y=1 -z --long", ["w", "x", "y=1", "-z", "--long"], []),
    "dashes-known": ("-- quiet ro init=/x console=tty0", ["quiet", "ro", "init=/x", "console=tty0"], []),
    "quoted-value": ('q="a b"', [], ["q=a b"]),
    "quoted-pair": ('"r=c d" x', ["x"], ["r=c d"]),
    "quoted-word": ('"one two"', ["one two"], []),
    "quoted-behind-dashes": ('-- "one two" k="v w"', ["one two", "k=v w"], []),
    "spaces": ("  one \t two  ", ["one", "two"], []),
    "dotted": ("mod.opt=1 mod.flag a.b.c=d", [], []),
    "dotted-value": ("k=a.b", [], ["k=a.b"]),
    "dotted-behind-dashes": ("-- mod.opt=1 a.b", ["mod.opt=1", "a.b"], []),
    "last-wins": ("k=1 j=0 k=2", [], ["k=2", "j=0"]),
    "empty-value": ("k=", [], ["k="]),
    "equals": ("k=a=b", [], ["k=a=b"]),
    "dash-underscore": ("a-b c_d e-f=1", ["a-b", "c_d"], ["e-f=1"]),
    "known": ("ro rw root=/dev/vda rootfstype=ext4 rootwait loglevel=4 panic=1 reboot=k maxcpus=4 mem=200M "
              "pci=off nomodule 8250.nr_uarts=1 i8042.noaux i8042.nomux swiotlb=noforce", [], []),
}


@pytest.mark.parametrize("rule", RULES)
def test_command_line(root, rule):
    append, args, env = RULES[rule]
    if LINUX and rule == "ip":
        pytest.skip("Debian's cloud kernel is built without ip=")
    result = check_ran(boot(root, append=append))
    assert args_of(result) == ["/init"] + args
    assert env_of(result) == ["HOME=/", "TERM=linux"] + env


def test_term(root):
    result = check_ran(boot(root, append="HOME=/root TERM=vt100"))
    assert env_of(result) == ["HOME=/root", "TERM=vt100"]


def test_proc_cmdline(root):
    result = check_ran(boot(root, "@cmdline  x", append='a="b c"  d'))
    raw = "console=ttyS0 quiet " + ("panic=-1 " if LINUX else "") + 'a="b c"  d -- @cmdline  x'
    assert f"cmdline [{raw}\n]" in result.output, result.output


@linnet_only
@pytest.mark.parametrize("entry, length", [("pvh", 2047), ("shim", 2047), ("pvh", 4000)])
def test_long_command_line(root, entry, length):
    head = "console=ttyS0 quiet  -- @cmdline "
    words = "@cmdline " + "x" * (length - len(head))
    result = check_ran(boot(root, words, entry=entry))
    assert args_of(result)[2:] == ["x" * (length - len(head))]


# --- Which init ------------------------------------------------------------------------------

def test_rdinit(packed):
    initrd = packed(with_init(with_init().dir("other")).aligned("other/init", INIT.read_bytes(), 0o755).bytes())
    result = check_ran(boot(initrd, "x", append="rdinit=/other/init"))
    assert args_of(result)[:2] == ["/other/init", "x"]


def test_init_word_is_not_for_an_initramfs_with_init(packed):
    initrd = packed(with_init().aligned("other", INIT.read_bytes(), 0o755).bytes())
    assert args_of(check_ran(boot(initrd, append="init=/other")))[0] == "/init"
    assert args_of(check_ran(boot(initrd, append="init=/missing")))[0] == "/init"


def test_init_script(packed):
    """A script whose interpreter is a program; what `#!` adds comes first."""
    archive = newc.Archive().aligned("prog", INIT.read_bytes(), 0o755).file("init", b"#!/prog one two\n", 0o755)
    result = check_ran(boot(packed(archive.bytes()), "x"))
    assert args_of(result)[:4] == ["/prog", "one two", "/init", "x"]


def test_init_link(packed):
    archive = newc.Archive().dir("bin").aligned("bin/prog", INIT.read_bytes(), 0o755).link("init", "bin/prog")
    assert args_of(check_ran(boot(packed(archive.bytes()))))[0] == "/init"


@linnet_only
@pytest.mark.parametrize("path", ["sbin/init", "etc/init", "bin/init", "bin/sh"])
def test_fallbacks(packed, path):
    archive = newc.Archive().dir(path.split("/")[0]).aligned(path, INIT.read_bytes(), 0o755)
    assert args_of(check_ran(boot(packed(archive.bytes()))))[0] == "/" + path


@linnet_only
def test_init_word(packed):
    archive = newc.Archive().dir("sbin").aligned("sbin/init", b"not me", 0o755).aligned("my", INIT.read_bytes(), 0o755)
    assert args_of(check_ran(boot(packed(archive.bytes()), "x", append="init=/my")))[:2] == ["/my", "x"]


@pytest.mark.parametrize("append", ["", "init=/missing", "rdinit=/missing"])
def test_missing_init(packed, append):
    result = boot(packed(newc.Archive().dir("etc").bytes()), append=append)
    check_panic(result, "init")
    if not LINUX and append.startswith("init="):
        assert "/missing" in last_line(result)


@pytest.mark.parametrize("content, mode", [(b"\x7fELF garbage", 0o755), (b"", 0o755), (b"#!/nowhere\n", 0o755),
                                           (b"#!/init\n", 0o755), ("program", 0o644)],
                         ids=["bad-elf", "empty", "no-interpreter", "own-interpreter", "not-executable"])
def test_unusable_init(packed, content, mode):
    data = INIT.read_bytes() if content == "program" else content
    check_panic(boot(packed(newc.Archive().file("init", data, mode).bytes())), "init")


@linnet_only
def test_no_initrd():
    check_panic(boot(None), "init")


# --- How it ends -----------------------------------------------------------------------------

@linnet_only
@pytest.mark.parametrize("status", [0, 1, 42, 110, 111, 255])
def test_exit_status(root, status):
    result = boot(root, f"@exit:{status}")
    assert result.exit_code == (0x10 + status if status <= 110 else 0x7f), result.output
    assert re.search(rf"init.*\b{status}\b", last_line(result)), result.output


@linnet_only
@pytest.mark.parametrize("signal, name", [(11, "SIGSEGV"), (4, "SIGILL")])
def test_death_by_signal(root, signal, name):
    result = boot(root, f"@kill:{signal}")
    assert result.exit_code == 0x7f, result.output
    assert "init" in last_line(result) and re.search(rf"\b{signal}\b|{name}", last_line(result)), result.output


def test_init_survives_signals(root):
    """init has no handler: what others would die of does not reach it."""
    result = check_ran(boot(root, "@kill:15 @kill:9 @exit:2"), 2)
    assert lines(result, "survived") == ["signal 15", "signal 9"]


@linnet_only
@pytest.mark.parametrize("how", ["off", "restart", "halt"])
def test_orderly_end(root, how):
    result = boot(root, f"@reboot:{how}")
    assert result.exit_code == 0x7f, result.output
    assert last_line(result) != "ready", "nothing said how it ended"


def end_of_run(initrd, words, tmp_path, append="", machine="microvm", extra=(), timeout=60):
    """Boot without isa-debug-exit; QEMU's reason for the end, and the console's text."""
    console = tmp_path / "console"
    args = ["qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-cpu", "max", "-m", "256M", "-nodefaults",
            "-no-user-config", "-no-reboot", "-display", "none", "-chardev", f"file,id=con,path={console}",
            "-serial", "chardev:con", "-qmp", "stdio", "-kernel", str(vm.LINNET), "-initrd", str(initrd),
            "-append", f"console=ttyS0 quiet {append} -- {words}", *extra]
    child = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        child.stdin.write('{"execute":"qmp_capabilities"}\n')
        child.stdin.flush()
        child.wait(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
    events = [json.loads(line) for line in child.stdout.read().splitlines()]
    reasons = [e["data"]["reason"] for e in events if e.get("event") == "SHUTDOWN"]
    return reasons[-1] if reasons else None, console.read_text(errors="replace")


ENDS = [(m, w) for m in MACHINES for w in ("off", "restart")]


@linnet_only
@pytest.mark.parametrize("machine, how", ENDS, ids=[f"{m}-{w}" for m, w in ENDS])
def test_machine_end(root, tmp_path, machine, how):
    """Power-off and reboot by the means of the machine; without any, a reset is the end."""
    reason, text = end_of_run(root, f"@reboot:{how}", tmp_path, **MACHINES[machine])
    off = how == "off" and machine in ("microvm", "q35", "pc")
    assert reason == ("guest-shutdown" if off else "guest-reset"), text


@linnet_only
@pytest.mark.parametrize("machine", ["microvm", "firecracker", "q35"])
def test_machine_end_after_exit(root, tmp_path, machine):
    reason, text = end_of_run(root, "@exit:4", tmp_path, **MACHINES[machine])
    assert reason, text
    assert re.search(r"init.*\b4\b", [line for line in text.splitlines() if line.strip()][-1])


@linnet_only
def test_panic_reboots(tmp_path, packed):
    """panic=-1: at once."""
    reason, text = end_of_run(packed(newc.Archive().dir("etc").bytes()), "", tmp_path, append="panic=-1")
    assert reason == "guest-reset", text


# --- Archives --------------------------------------------------------------------------------

def fnv(data):
    h = 2166136261
    for byte in data:
        h = (h ^ byte) * 16777619 & 0xffffffff
    return h


def file_line(path, data, mode=0o644, owner="0:0", nlink=1, mtime=0, same=None):
    return (f"{path} -{mode:04o} {owner} nlink={nlink} mtime={mtime} size={len(data)} read={len(data)} "
            f"hash={fnv(data):08x}" + (f" same={same}" if same else ""))


def padded(data):
    """Linux takes a plain archive only at a multiple of 4."""
    return data + b"\0" * (-len(data) % 4)


def pattern(n, seed=1):
    return random.Random(seed).randbytes(n)


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


# --- Malformed archives ----------------------------------------------------------------------

def malformed():
    """name: bytes that follow a whole archive with /init and /t/good."""
    e = newc.entry
    good = e("t/more", b"x" * 100)
    plain = newc.Archive().file("t/z", pattern(20000, 7)).bytes()
    packed = gzip.compress(plain, mtime=0)
    flipped = bytearray(packed)
    flipped[len(flipped) // 2] ^= 0x55
    cases = {f"truncated-at-{n}": good[:n] for n in (1, 5, 6, 50, 109, 110, 114, 117, 119, 150)}
    cases |= {
        "namesize-0": e("t/n", b"data", namesize=0),
        "namesize-1": e("", b"data"),
        "namesize-2g": e("t/n", b"data", namesize=0x7fffffff),
        "namesize-4g": e("t/n", b"data", namesize=0xffffffff),
        "namesize-wrap": e("t/n", b"data", namesize=0xffffff92),
        "namesize-5000": e("t/" + "n" * 5000, b"data"),
        "namesize-short": e("t/name", b"data", namesize=3),
        "component-256": e("t/" + "c" * 256, b"data"),
        "no-nul": e("t/name", b"data", namesize=6),
        "filesize-4g": e("t/f", b"data", filesize=0xffffffff),
        "filesize-wrap": e("t/f", b"data", filesize=0xfffffffc),
        "filesize-2g": e("t/f", b"data", filesize=0x80000000),
        "filesize-past-end": e("t/f", b"data" * 100, filesize=4096),
        "filesize-one-past": e("t/f", b"data", filesize=5),
        "no-hex": e("t/f", b"data").replace(b"00000001", b"0000zz01"),
        "signs": e("t/f", b"data").replace(b"00000001", b"+0x00001"),
        "bad-magic": b"070709" + good[6:],
        "old-magic": b"070707" + good[6:],
        "no-trailer": good,
        "garbage-small": b"garbage",
        "garbage-64k": pattern(65536, 8),
        "ones-4k": b"\xff" * 4096,
        "digits": b"0" * 5000,
        "gzip-magic-only": b"\x1f\x8b",
        "gzip-header-only": packed[:10],
        "gzip-truncated": packed[:len(packed) // 2],
        "gzip-no-crc": packed[:-8],
        "gzip-bad-crc": packed[:-8] + b"\0\0\0\0" + packed[-4:],
        "gzip-flipped": bytes(flipped),
        "gzip-of-garbage": gzip.compress(pattern(5000, 9)),
        "gzip-of-gzip": gzip.compress(packed),
        "gzip-of-nothing": gzip.compress(b""),
        "gzip-flags": packed[:3] + b"\xff" + packed[4:],
        "gzip-endless-name": packed[:3] + b"\x08" + packed[4:10] + b"n" * 3000,
        "xz-magic": b"\xfd7zXZ\0" + pattern(500, 10),
        "file-as-directory": e("t/good/below", b"data"),
        "no-parent": e("no/such/parent", b"data"),
        "dot": e(".", b"", mode=stat.S_IFDIR | 0o700),
        "dot-file": e(".", b"data"),
        "dotdot": e("../../escape", b"data"),
        "slash": e("/", b"", mode=stat.S_IFDIR | 0o755),
        "slashes": e("t//a", b"data") + e("t/b/", b"", mode=stat.S_IFDIR | 0o755),
        "type-0": e("t/f", b"data", mode=0o644),
        "type-15": e("t/f", b"data", mode=0o170644),
        "mode-ones": e("t/f", b"data", mode=0xffffffff),
        "directory-with-data": e("t/f", b"data", mode=stat.S_IFDIR | 0o755),
        "fifo-with-data": e("t/f", b"data", mode=stat.S_IFIFO | 0o644),
        "link-empty": e("t/l", b"", mode=stat.S_IFLNK | 0o777),
        "link-5000": e("t/l", b"l" * 5000, mode=stat.S_IFLNK | 0o777),
        "link-with-nul": e("t/l", b"a\0b", mode=stat.S_IFLNK | 0o777),
        "link-4g": e("t/l", b"l", mode=stat.S_IFLNK | 0o777, filesize=0xffffffff),
        "hard-link-alone": e("t/h", b"data", nlink=2, ino=99),
        "hard-link-to-directory": e("t/h", mode=stat.S_IFDIR | 0o755, nlink=2, ino=98) + e("t/i", b"data", nlink=2, ino=98),
        "hard-link-twice-data": e("t/h", b"data", nlink=2, ino=97) + e("t/i", b"other data", nlink=2, ino=97),
        "nlink-ones": e("t/h", b"data", nlink=0xffffffff),
        "device-ones": e("t/c", mode=stat.S_IFCHR | 0o600, rdevmajor=0xffffffff, rdevminor=0xffffffff),
        "trailer-with-data": e("TRAILER!!!", b"data", mode=0),
        "replaces-directory": e("t", b"data"),
        "replaces-root": e("", b"", mode=stat.S_IFDIR | 0),
        "deep": b"".join(e("/".join(["d"] * n), mode=stat.S_IFDIR | 0o755) for n in range(1, 300)),
    }
    return cases


MALFORMED = malformed()


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed(packed, case):
    """What came before the damage is there, and init runs."""
    if LINUX and case == "gzip-no-crc":
        pytest.skip("Linux 6.1 reads on behind the end of the archive")
    start = with_init(newc.Archive().dir("t").file("t/good", b"good"))
    data = start.bytes() + MALFORMED[case]
    result = check_ran(boot(packed(data), "@tree:/t/good @exit:3", timeout=20), 3)
    if case not in ("replaces-directory",):
        assert file_line("/t/good", b"good").split(" nlink")[0] in result.output


@linnet_only
@pytest.mark.parametrize("data", [b"\0", b"\0" * 5000, b"x", pattern(100000, 11), b"\x1f\x8b" + pattern(5000, 12),
                                  newc.Archive().bytes(), gzip.compress(b"")],
                         ids=["nul", "nuls", "byte", "garbage", "gzip-garbage", "empty-archive", "gzip-empty"])
def test_hopeless(packed, data):
    """Nothing to run: a panic that says so."""
    check_panic(boot(packed(data), timeout=20), "init")


@linnet_only
def test_fuzz(packed):
    """Bytes of a good archive changed at random: it ends, in one way or the other, and never in a fault."""
    tree, _ = all_types()
    tree = tree.bytes()
    start = with_init().bytes()
    rng = random.Random(int(os.environ.get("SEED", "1")))
    for round_ in range(int(os.environ.get("FUZZ", "12"))):
        bad = bytearray(tree)
        headers = [m.start() for m in re.finditer(b"07070[12]", tree)]
        for _ in range(rng.choice([1, 3, 10, 50])):
            at = rng.choice(headers) + rng.randrange(130)
            bad[min(at, len(bad) - 1)] = rng.choice(b"0123456789abcdefABCDEF\0/x.\xff")
        data = bytes(bad[:rng.choice([len(bad), rng.randrange(len(bad))])])
        if rng.random() < 0.3:
            data = gzip.compress(data)
        result = boot(packed(start + data), "@tree:/t @exit:3", timeout=30)
        assert result.exit_code == 0x13, f"SEED round {round_}: {result.output[-2000:]}"


@linnet_only
def test_archive_larger_than_memory(packed):
    """200 MiB of zeros in 200 KiB of gzip, in 64 MiB: it ends; what fits is there."""
    entry = newc.entry("bomb", b"", filesize=200 << 20)
    data = with_init().bytes() + gzip.compress(entry + b"\0" * (200 << 20), 1)
    result = boot(packed(data), "@exit:3", mem="64M")
    assert result.exit_code in (0x13, 0x0f), result.output[-3000:]
    if result.exit_code == 0x0f:
        assert "memory" in last_line(result)
