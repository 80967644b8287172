"""memory.py - the kind memory: the least -m that brings up a shell, and what the image occupies."""
import os
import pathlib
import re
import subprocess
import time

from machine import BEST, KERNELS, kernel_path, progress, stored, vm

SHELL = vm.BUILD / "small.cpio"
CPU_LIMIT = {"linux": 60, "linux_best": 60, "linnet": 10}  # several times what a boot takes
BOUNDS = {"linux": (32, 256), "linux_best": (32, 256), "linnet": (2, 64)}  # too little, enough


def cpu_seconds(pid):
    """What the process has used: on a busy host wall time says nothing about it."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shell_answers(kernel, mem):
    words = f"panic=-1 {BEST}" if kernel == "linux_best" else "panic=-1"
    args = vm.qemu_args(kernel_path(kernel), SHELL, words, machine="q35", mem=f"{mem}M")
    child = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    os.set_blocking(child.stdout.fileno(), False)
    out, asked, end = b"", False, time.monotonic() + 300
    try:
        while time.monotonic() < end and cpu_seconds(child.pid) < CPU_LIMIT[kernel] and child.poll() is None:
            out += child.stdout.read() or b""
            if b"# " in out and not asked:
                child.stdin.write(b"echo ans''wer\n")
                child.stdin.flush()
                asked = True
            if b"answer" in out:
                return True
            time.sleep(0.05)
        return False
    except BrokenPipeError:
        return False
    finally:
        child.kill()
        child.wait()


def least_memory(kernel):
    """Binary search for the least -m, in MiB, at which a shell answers."""
    def search(low, high):
        while high - low > 1:
            middle = (low + high) // 2
            progress(f"memory: {kernel} {middle}M")
            low, high = (low, middle) if shell_answers(kernel, middle) else (middle, high)
        return high
    return stored(["least memory", kernel, kernel_path(kernel), SHELL], lambda: search(*BOUNDS[kernel]))


def image_size(path):
    """Bytes of memory that the image occupies."""
    if path != vm.LINNET:  # init_size of the Linux boot protocol: what the kernel needs to run at its address
        return int.from_bytes(path.read_bytes()[0x260:0x264], "little")
    text = subprocess.check_output(["readelf", "-lW", str(path)], text=True)
    return sum(int(m.group(1), 16) for m in re.finditer(r"LOAD\s+\S+\s+\S+\s+\S+\s+\S+\s+(\S+)", text))


def memory_rows(args):
    return {"least_memory": {"kind": "memory", "unit": "MiB", **{k: least_memory(k) for k in KERNELS}},
            "image": {"kind": "memory", "unit": "bytes", **{k: image_size(kernel_path(k)) for k in KERNELS}}}
