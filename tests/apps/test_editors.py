"""Programs that take the whole terminal, and a terminal inside the terminal."""
import re
import sys
import time

import pytest
from console import PROMPT, Console

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/tests/harness")
import vm  # noqa: E402


@pytest.fixture(scope="module")
def console():
    console = Console(shell="bash --norc", smp=2, timeout=15, initrd=vm.BUILD / "editors.cpio")
    console.child.send("stty echo rows 24 cols 80; export TERM=linux\n")
    console.child.expect_exact(PROMPT)
    yield console
    console.close()


def keys(console, *texts):
    """As a person types: what begins with an escape alone needs its time."""
    for text in texts:
        console.child.send(text)
        time.sleep(0.4)


def check_content(console, name, text):
    console.child.send(f"tr '\\n' '/' < {name}; echo\n")
    console.child.expect(r"[\r\n]" + re.escape(text) + r"\r")
    console.child.expect_exact(PROMPT)


def test_vim_edits_and_suspends(console):
    child = console.child
    child.send("vim.tiny -u NONE /tmp/vim.txt\n")
    child.expect_exact("~")
    keys(console, "ione\rtwo\rthree", "\x1b", "ggdd", ":w\r", "\x1a")
    child.expect("(?i)stopped")
    child.expect_exact(PROMPT)
    check_content(console, "/tmp/vim.txt", "two/three/")
    child.send("fg\n")
    child.expect_exact("three")
    keys(console, "GA four\x1b", ":wq\r")
    child.expect_exact(PROMPT)
    check_content(console, "/tmp/vim.txt", "two/three four/")


def test_nano_writes_a_file(console):
    child = console.child
    child.send("nano /tmp/nano.txt\n")
    child.expect_exact("nano.txt")
    keys(console, "from nano", "\x0f", "\r", "\x18")    # ^O, the name, ^X
    child.expect_exact(PROMPT)
    check_content(console, "/tmp/nano.txt", "from nano/")


def test_script_records_a_session(console):
    """A shell on a pseudo-terminal: job control, ^C and the end go through it."""
    child = console.child
    child.send("script -q /tmp/typescript -c 'sh'\n")
    time.sleep(1)
    keys(console, "tty\n")
    child.expect(r"/dev/pts/\d+")
    keys(console, "sleep 1000\n", "\x03", "echo in''side $?\n")
    child.expect_exact("inside 130")
    keys(console, "stty size\n")
    child.expect_exact("24 80")
    keys(console, "exit\n")
    child.expect_exact(PROMPT)
    assert "inside 130" in console.run("cat /tmp/typescript")


def test_less_pages_and_searches(console):
    child = console.child
    child.send("seq 1 500 | less\n")
    child.expect(r"22\r")
    keys(console, "/^444\r")
    child.expect_exact("444")
    keys(console, "G")
    child.expect_exact("500")
    keys(console, "q")
    child.expect_exact(PROMPT)


def test_top_refreshes_until_q(console):
    child = console.child
    child.send("top -d 1\n")
    child.expect("(?i)load average")
    child.expect("PID")
    child.expect("(?i)load average")
    keys(console, "q")
    child.expect_exact(PROMPT)


def test_watch_is_interrupted(console):
    child = console.child
    child.send("watch -n 1 'echo seen'\n")
    child.expect(r"Every 1\.0s(?s:.*)seen")
    child.expect_exact("seen")      # the second round: it certainly is in the foreground
    keys(console, "\x03")
    child.expect_exact(PROMPT)


def test_read_with_a_time_and_without_echo(console):
    child = console.child
    child.send("read -s -p 'word: ' word; echo; echo got:$word:\n")
    child.expect_exact("word: ")
    time.sleep(0.3)
    child.send("secret\n")
    child.expect(r"got:secret:")
    assert "secret" not in child.before
    child.expect_exact(PROMPT)
    child.send("read -t 1 word; echo status=$?\n")
    child.expect(r"status=(\d+)", timeout=20)
    assert int(child.match.group(1)) != 0
    child.expect_exact(PROMPT)


def test_background_reader_is_stopped(console):
    child = console.child
    child.send("cat &\n")
    child.expect_exact(PROMPT)
    time.sleep(0.5)
    child.send("jobs\n")
    child.expect(r"(?i)stopped")
    child.expect_exact(PROMPT)
    child.send("kill -9 %1; wait; echo\n")
    child.expect_exact(PROMPT)
