"""Which program is process 1, and what it is given."""
import pytest

from booting import (INIT, LINUX, args_of, boot, check_panic, check_ran, env_of, last_line, lines, linnet_only,
                     with_init)
import newc


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
