"""A shell on the guest's serial console, driven through a real pty."""
import re
import sys

import pexpect

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import vm  # noqa: E402

PROMPT = "@@> "


class Console:
    """A guest whose init is an interactive shell with a known prompt."""

    def __init__(self, kernel=None, shell="/bin/busybox sh", append="", smp=1, mem="256M", timeout=60, initrd=None,
                 machine=None):
        kernel = kernel or vm.LINNET
        machine = machine or ("microvm" if str(kernel).endswith(".elf") else "q35")
        args = vm.qemu_args(kernel, initrd or vm.BUILD / "initramfs.cpio", append, machine=machine, smp=smp, mem=mem)
        self.child = pexpect.spawn(args[0], args[1:], timeout=timeout, encoding="utf-8", codec_errors="replace",
                                   dimensions=(24, 80), echo=False)
        self.child.delaybeforesend = 0
        self.child.expect(r"[#$] ")
        self.child.send(f"stty -echo; PS1='{PROMPT}'; exec {shell}\n" if shell else f"stty -echo; PS1='{PROMPT}'\n")
        self.child.expect([PROMPT, r"[#$] $"])
        self.child.send(f"PS1='{PROMPT}'; PS2=''; stty -echo\n")
        self.sync()

    def sync(self):
        """Wait until the shell has said all it had to say."""
        mark = f"mark{id(self) % 9973}x"
        self.child.send(f"echo {mark[:3]}''{mark[3:]}\n")
        self.child.expect_exact(mark)
        self.child.expect_exact(PROMPT)

    def run(self, command, timeout=60):
        """The output of COMMAND; asserts nothing."""
        self.child.send("{ " + command + "\n}; echo \"st\"'at='$?=\n")
        self.child.expect(r"stat=(\d+)=", timeout=timeout)
        output = self.child.before.replace("\r", "")
        self.status = int(self.child.match.group(1))
        self.child.expect_exact(PROMPT, timeout=timeout)
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", output)

    def ok(self, command, timeout=60):
        """The output of COMMAND, which must succeed."""
        output = self.run(command, timeout)
        assert self.status == 0, f"{command}: status {self.status}: {output}"
        return output.strip()

    def close(self):
        self.child.terminate(force=True)
