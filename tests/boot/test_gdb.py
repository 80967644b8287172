"""tools/linnet-gdb.py, as docs/debugging.md tells: gdb attaches before the first instruction, with KASLR, and sees the kernel."""
import re
import subprocess

import pytest

from booting import linnet_only
import vm

SCRIPT = vm.ROOT / "tools/linnet-gdb.py"


@pytest.fixture
def stopped(root, tmp_path):
    """A function: QEMU as `make run GDB=1` starts it, but on a socket of its own; the socket's path."""
    running = []

    def start(append="-- @sleep:60000", **kw):
        path = tmp_path / "gdb"
        extra = ["-chardev", f"socket,path={path},server=on,wait=off,id=gdb", "-gdb", "chardev:gdb", "-S"]
        args = ["timeout", "600", *vm.qemu_args(vm.LINNET, root, append, machine="microvm", extra=extra, **kw)]
        running.append(subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        while not path.exists() and running[-1].poll() is None:
            pass
        return path
    yield start
    for qemu in running:
        qemu.terminate()
        qemu.wait()


def gdb(*commands):
    words = [word for command in commands for word in ("-ex", command)]
    done = subprocess.run(["gdb", "-nx", "-batch", vm.BUILD / "linnet.debug", "-x", SCRIPT, *words], timeout=250, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout


@linnet_only
def test_a_break_a_symbol_and_all_threads(stopped):
    path = stopped(smp=2)
    out = gdb(f"linnet-connect {path}", "tbreak boot_start_init", "continue", "print process_init_exited", "tbreak sys_nanosleep",
              "continue", "backtrace 1", "linnet-threads", "linnet-threads init", "print $pc == (long)sys_nanosleep", "kill")
    slide = int(re.search(r"moved by (0x[0-9a-f]+)", out)[1], 16)
    assert slide and slide % 0x10000 == 0, out  # one slot in many thousands does not move
    assert "boot_start_init ()" in out and "= (void (*)(int)) 0x0" in out, out
    threads = re.findall(r"^ +(\d+|-) (\S+) +\w+ o[nf] cpu \d", out, re.M)
    assert [name for _, name in threads if name == "idle"] == ["idle"] * 2, out
    assert threads[0] == ("1", "init") and ("-", "worker") in threads, out
    worker = out[out.index(" worker "):]
    assert re.search(r"schedule .*/sched\.c:\d+\n(    .*\n)*    worker .*/work\.c:\d+", worker), out
    assert threads[-1] == ("1", "init") and "sys_nanosleep" in out[out.rindex(" init "):], out
    assert re.search(r"\$\d+ = 1$", out, re.M), out  # the registers that were lent came back


@linnet_only
def test_a_kernel_that_runs_already(stopped):
    path = stopped("nokaslr -- @sleep:60000")
    gdb(f"linnet-connect {path}", "tbreak sys_nanosleep", "continue", "disconnect")
    out = gdb(f"linnet-connect {path}", "linnet-threads idle", "kill")
    assert "moved by 0x0" in out and re.search(r"- idle +\w+ o[nf] cpu 0", out), out
