"""The tracer: what it prints is what Debian's strace prints of the same program; its filter; report=1."""
import difflib
import re
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import newc  # noqa: E402
import vm  # noqa: E402

TRACED = vm.BUILD / "boot/traced"
# What tells of the kernel or the moment, not of the tracer: the value is not compared, of some not the arguments either.
VALUE = {"getpid", "getppid", "brk", "membarrier", "getpriority", "personality", "rt_sigpending", "clone"}
ADDRESS = re.compile(r"0x[0-9a-f]{5,}")


def comparable(lines):
    """The calls between the first and the last getpid, without addresses and moments."""
    lines = [re.sub(r"^\[\d+\] ", "", line) for line in lines]
    lines = lines[[i for i, line in enumerate(lines) if line.startswith('open("f"')][0]:]
    marks = [i for i, line in enumerate(lines) if line.startswith("getpid()")]
    out = []
    for line in lines[:marks[-1]]:
        if line.startswith("---"):
            continue
        line = ADDRESS.sub("ADDRESS", line)
        line = re.sub(r"left \{.*?\}", "left {}", line)
        line = re.sub(r'^(getcwd)\(".*?", (\d+)\) = \d+', r'\1("", \2) = N', line)
        line = re.sub(r"si_pid=\d+", "si_pid=N", line)
        line = re.sub(r" /\* \d{4}-.*? \*/| \((SUID_DUMP|IOPRIO).*\)$", "", line)  # strace explains more
        line = re.sub(r"^((?:wait4|clone3|getppid)\(.*) = \d+$", r"\1 = N", line)
        line = re.sub(r"SNDCTL_\w+ or | /\* [\d.]+ s \*/", "", line)
        line = re.sub(r"(si_[us]time)=\d+", r"\1=N", line)
        if line.split("(")[0] in VALUE:
            line = line.rsplit(" = ", 1)[0]
        out.append(line)
    return out


def strace(directory, *options):
    out = directory / "strace.out"
    subprocess.run(["strace", "-a0", "-o", out, *options, str(TRACED)], cwd=directory, check=True, timeout=60,
                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # as init has it
    return out.read_text().splitlines()


def linnet(tmp_path, words, program=TRACED, archive=None):
    root = archive or newc.Archive()
    image = tmp_path / "traced.cpio"
    image.write_bytes(root.dir("tmp").file("init", program.read_bytes(), mode=0o755).bytes())
    return vm.run(vm.LINNET, image, words, machine="microvm").output


def trace(tmp_path, words):
    return re.findall(r"^\[1\] .*", linnet(tmp_path, f"trace={words}"), re.M)


def differences(theirs, ours):
    return "\n".join(difflib.unified_diff(theirs, ours, "strace", "linnet", lineterm="", n=0))


def test_lines_are_those_of_strace(tmp_path):
    theirs, ours = comparable(strace(tmp_path)), comparable(trace(tmp_path, "all"))
    assert len(theirs) > 220
    assert not differences(theirs, ours)


@pytest.mark.parametrize("words", ["%file", "%desc", "%process", "%signal", "%memory", "!%file,read,write", "open,futex,getpid"])
def test_sets_are_those_of_strace(tmp_path, words):
    def names(lines):
        return [name for name in (re.sub(r"^\[\d+\] ", "", line).split("(")[0] for line in lines) if name.isidentifier() and not name.startswith("syscall_")]

    theirs = names(strace(tmp_path, "-e", f"trace={words}"))
    ours = names(trace(tmp_path, words))
    # In front of main() the C library finds other things here and there.
    assert set(ours) - {"rseq"} == set(theirs) - {"rseq"} and len(ours) > 0


def test_filters_by_failure_and_process(tmp_path):
    failed = trace(tmp_path, "fail,%file,!openat")
    assert len(failed) > 20 and all(" = -1 E" in line for line in failed)
    assert not any("openat(" in line or "close(" in line for line in failed)
    assert not trace(tmp_path, "pid=77")
    assert trace(tmp_path, "pid=77,pid=1,uname,getcwd")


def test_report_names_flags_and_commands(tmp_path):
    out = linnet(tmp_path, "report=1")
    for line in (r"system call 500", r"madvise 0x3039 /\* MADV_\?\?\? \*/: EINVAL", r"ioctl TIOCGWINSZ: ENOTTY",
                 r"fcntl 0x270f /\* F_\?\?\? \*/: EINVAL", r"clock_gettime 0x4d"):
        assert re.search(rf"^report: {line}.* \(\d+ times\)$", out, re.M), (line, out)
