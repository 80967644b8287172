"""machine.py - QEMU runs, and a store of what they gave.

A run under -icount depends on nothing but its inputs, so its output is kept in build/bench/cache under a digest of QEMU's
version, the words of its command line and the bytes of each file they name: a bench that was interrupted goes on where it
stopped, and one after a change runs only what the change can have touched.  Measured times are kept the same way, a whole
comparison (all kernels, one after another) as one entry, so that both sides of a ratio come from the same minutes."""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import resource
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/harness"))
import vm  # noqa: E402

BENCH = vm.BUILD / "bench"
CACHE = BENCH / "cache"
ICOUNT = ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
BEST = "mitigations=off init_on_alloc=0"
KERNELS = ("linux", "linux_best", "linnet")
PATH_LENGTH = "max,erms=off"  # -cpu of the path length: Linux then copies with rep movsq, as Linnet does
LINE = re.compile(r"bench (\S+) (\d+)\r?$", re.M)  # the first stands behind what the firmware said
SPLIT = re.compile(r"split \d+ user=\d+ kernel=(\d+)\r?$", re.M)
COUNT = re.compile(r"^count (mark=\d+|idle|end) insns=(\d+) io=(\d+)", re.M)

fresh = False  # measure again what the store has


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


@functools.lru_cache(maxsize=None)
def digest_of_version(path, mtime, size):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def digest(path):
    version = os.stat(path)
    return digest_of_version(str(path), version.st_mtime_ns, version.st_size)


@functools.lru_cache(maxsize=None)
def qemu_version():
    return subprocess.check_output(["qemu-system-x86_64", "--version"], text=True).splitlines()[0]


def key_of(words):
    """A name for these inputs: files count by what is in them, wherever they lie."""
    known = [digest(str(w)) if str(w).startswith("/") and os.path.isfile(w) else str(w) for w in words]
    return hashlib.sha256(json.dumps([qemu_version(), *known]).encode()).hexdigest()[:32]


def stored(words, measure):
    """What measure() gave for these inputs, now or before; None is not kept."""
    path = CACHE / f"{key_of(words)}.json"
    if path.exists() and not fresh:
        return json.loads(path.read_text())
    value = measure()
    if value is not None:
        CACHE.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(value))
        part.replace(path)
    return value


def in_parallel(work, items):
    """[work(item)] of runs under -icount, one for each processor of the host at a time: no count depends on other work."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def kernel_path(kernel):
    return vm.LINNET if kernel == "linnet" else vm.linux_kernel()


def command(kernel, initrd, append="", extra=(), machine="q35", cpu=PATH_LENGTH, smp=1, mem="256M", console="stdio,signal=off"):
    words = ["console=ttyS0 quiet panic=-1"]
    if kernel != "linnet":
        # Where time is the host's, Linux's calibration of the clock fails on a busy host.
        words += [BEST] * (kernel == "linux_best") + ["tsc=reliable no_timer_check"] * ("-icount" not in extra)
    return ["qemu-system-x86_64", "-M", machine, "-accel", "tcg,thread=multi" if "-icount" not in extra else "tcg",
            "-cpu", cpu, "-smp", str(smp), "-m", mem, "-nodefaults", "-no-user-config", "-no-reboot", "-nographic",
            "-chardev", f"{console},id=con", "-serial", "chardev:con", "-kernel", str(kernel_path(kernel)),
            "-initrd", str(initrd), "-append", " ".join([*words, append]).strip(), *extra]


def run(args, timeout=900):
    """(console, CPU seconds of QEMU) of a run to its end or the time limit."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout)
        text = done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode(errors="replace") + "\n[timed out]"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return text, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def figures(text, who):
    """{case: value} of the lines that a program of tests/bench printed; "end" has to be the last."""
    found = {name: int(value) for name, value in LINE.findall(text)}
    if found.pop("end", None) is None:
        print(f"\n{who}: the run did not end:\n{text[-1500:]}", file=sys.stderr)
        return found, False
    return found, True


def counted_cases(kernel, initrd, cases, cpu=PATH_LENGTH, mem="256M", timeout=900):
    """{case: instructions}, under -icount."""
    args = command(kernel, initrd, "-- " + " ".join(cases) if cases else "", ICOUNT, cpu=cpu, mem=mem)

    def measure():
        found, ended = figures(run(args, timeout)[0], f"{kernel} {' '.join(cases)}")
        return found if ended else None
    return stored(args, measure) or {}


def split_cases(kernel, initrd, cases, mem="256M", timeout=1800):
    """({case: instructions}, {case: those of the kernel}), under -icount."""
    args = command(kernel, initrd, "-- " + " ".join(cases), ["-plugin", str(BENCH / "split.so"), *ICOUNT], mem=mem)

    def measure():
        text = run(args, timeout)[0]
        found, ended = figures(text, f"{kernel} {' '.join(cases)}")
        kernels = [int(part) for part in SPLIT.findall(text)]
        if not ended or len(kernels) != len(found):
            return None
        return found, dict(zip(found, kernels))
    return stored(args, measure) or ({}, {})


def counted_boot(kernel, initrd, machine, mem="256M", timeout=900, to_prompt=False):
    """{point: (instructions, accesses)} of a boot; stopped where Linux hangs at power-off, and at a shell's prompt."""
    words = "reboot=t" if kernel == "linnet" else "reboot=t tsc=reliable no_timer_check"  # else pc hangs calibrating
    args = command(kernel, initrd, words, ["-plugin", str(BENCH / "count.so"), *ICOUNT], machine=machine, mem=mem,
                   console="stdio,signal=off" if to_prompt else "null")
    last = "idle" if to_prompt else "mark=2"

    def measure():
        child = subprocess.Popen(["timeout", str(timeout), *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, errors="replace")
        points, stopped = {}, False
        for line in child.stderr:
            found = COUNT.match(line)
            if found:
                points[found[1]] = int(found[2]), int(found[3])
            if found and found[1] == last and (to_prompt or machine == "microvm" and kernel != "linnet"):
                child.terminate()
                stopped = True
        console = child.communicate()[0]
        if stopped or child.returncode == 124:
            points.pop("end", None)
        if to_prompt and "# " not in console:
            print(f"\n{kernel} on {machine} was idle before the prompt:\n{console[-500:]}", file=sys.stderr)
            return None
        return points if last in points else None
    return stored(args, measure) or {}
