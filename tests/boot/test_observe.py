"""What Linnet tells of itself: the boot's timeline, samples of a profile, counts of system calls."""
import re
import sys

sys.path[:0] = [__file__.rsplit("/tests/", 1)[0] + "/" + d for d in ("tests/harness", "tools")]
import flamegraph  # noqa: E402
import vm  # noqa: E402


def shell(script, append=""):
    return vm.run(vm.LINNET, vm.BUILD / "small.cpio", f'{append} rdinit=/bin/busybox -- sh -c "mount -t proc p /proc; {script}"',
                  machine="microvm").output


def test_timeline_covers_the_boot_without_a_gap():
    steps = re.findall(r"^timeline: (\d+) (\d+) (.+)$", shell("echo done", "boot.timeline=1"), re.M)
    assert len(steps) > 10 and steps[-1][2] == "its program loaded"
    ends = [0] + [int(end) for _, end, _ in steps]
    assert [int(begin) for begin, _, _ in steps] == ends[:-1] and ends == sorted(ends)


def test_timeline_is_silent_unless_asked():
    assert "timeline" not in shell("echo done")


def test_system_calls_are_counted_with_their_latencies():
    out = shell("cd /proc/linnet; echo on > syscalls; sleep 0.1; sleep 0.1; cat syscalls; echo off > syscalls;"
                " cat syscalls | wc -l; echo bad > syscalls || echo refused")
    line = re.search(r"^(?:clock_)?nanosleep (\d+) (\d+) (\d+) (\d+)((?: 2\^\d+:\d+)+)$", out, re.M)
    assert line and line[1] == "2" and line[2] == "0", out
    assert int(line[3]) >= 200_000_000 and int(line[4]) >= 100_000_000
    buckets = re.findall(r"2\^(\d+):(\d+)", line[5])
    assert sum(int(n) for _, n in buckets) == 2 and all(int(power) >= 27 for power, _ in buckets)
    assert re.search(r"^(fork|vfork|clone) \d+ 0 ", out, re.M) and "refused" in out


def test_profile_samples_a_busy_program_and_the_kernel():
    out = shell("echo start 2000 > /proc/linnet/profile; echo start > /proc/linnet/profile || echo busy;"
                " dd if=/dev/zero of=/dev/null bs=1M count=300 2>/dev/null;"
                " echo stop > /proc/linnet/profile; cat /proc/linnet/profile")
    stacks = re.findall(r"^(\w+);(\S+) 1$", out, re.M)
    assert "busy" in out and len(stacks) > 10, out[-2000:]
    assert any(name == "busybox" or name == "dd" for name, _ in stacks), stacks[:5]
    assert any("_[k]" in stack for _, stack in stacks) and any(stack.startswith("0x") for _, stack in stacks)


def test_profile_of_a_whole_run_is_printed_at_its_end():
    out = shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done", "linnet.profile=1000")
    head = re.search(r"^profile: (\d+) samples, 0 lost$", out, re.M)
    assert head and len(re.findall(r"^profile: .* 1$", out, re.M)) == int(head[1]) > 5


def test_flame_graph_counts_each_frame_once():
    root = flamegraph.tree(["a;b;c_[k] 3", "a;b 2", "a;d 5"])
    assert root["count"] == 10 and root["children"]["a"]["count"] == 10
    assert root["children"]["a"]["children"]["b"]["count"] == 5
    text = flamegraph.svg(root, "x<y")
    assert "x&lt;y: 10 samples" in text and text.count("<rect") == 1 + 5
