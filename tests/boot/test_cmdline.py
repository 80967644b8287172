"""Command lines that are cut in surprising ways: what Debian's kernel was seen to make of each.

KERNEL=linux asks it again.
"""
import pytest

from booting import args_of, boot, check_ran, env_of

# line, init's arguments, its environment
LINES = [
    ('a="b', [], ['HOME=/', 'TERM=linux', 'a=b']),
    ('"a=b', [], ['HOME=/', 'TERM=linux', 'a=b']),
    ('x="a"b"c"', [], ['HOME=/', 'TERM=linux', 'x=a"b"c']),
    ('a"b c"d', ['a"b c"d'], ['HOME=/', 'TERM=linux']),
    ('"a"="b c"', [], ['HOME=/', 'TERM=linux', 'a"=b c']),
    ('""', [''], ['HOME=/', 'TERM=linux']),
    ('a=""', [], ['HOME=/', 'TERM=linux', 'a=']),
    ('"a b"=c', [], ['HOME=/', 'TERM=linux', 'a b"=c']),
    ('=x y', ['=x', 'y'], ['HOME=/', 'TERM=linux']),
    ('=', ['='], ['HOME=/', 'TERM=linux']),
    ('-', ['-'], ['HOME=/', 'TERM=linux']),
    ('---', ['---'], ['HOME=/', 'TERM=linux']),
    ('--x', ['--x'], ['HOME=/', 'TERM=linux']),
    ('-- --', [], ['HOME=/', 'TERM=linux']),
    ('x -- -- y', ['x'], ['HOME=/', 'TERM=linux']),
    ("a='b c'", ["c'"], ['HOME=/', 'TERM=linux', "a='b"]),
    ('a=b"c d"e', [], ['HOME=/', 'TERM=linux', 'a=b"c d"e']),
    ('a==', [], ['HOME=/', 'TERM=linux', 'a==']),
    ('"--" x', ['x'], ['HOME=/', 'TERM=linux']),
    ('.x y', ['y'], ['HOME=/', 'TERM=linux']),
    ('x.=1', [], ['HOME=/', 'TERM=linux']),
    ('A=1 a=2', [], ['HOME=/', 'TERM=linux', 'A=1', 'a=2']),
    ('a\tb\nc', ['a', 'b', 'c'], ['HOME=/', 'TERM=linux']),
    ('-- "" x', ['', 'x'], ['HOME=/', 'TERM=linux']),
    ('-- a=""', ['a='], ['HOME=/', 'TERM=linux']),
    ('k="v" k="w x" l', ['l'], ['HOME=/', 'TERM=linux', 'k=w x']),
    ('"k=v"w', [], ['HOME=/', 'TERM=linux', 'k=v"w']),
    ('k=v"w', [], ['HOME=/', 'TERM=linux', 'k=v"w']),
    ('init', ['init'], ['HOME=/', 'TERM=linux']),
    ('rdinit', ['rdinit'], ['HOME=/', 'TERM=linux']),
    ('ro=1 rw=0', [], ['HOME=/', 'TERM=linux', 'ro=1', 'rw=0']),
    ('console', ['console'], ['HOME=/', 'TERM=linux']),
    ('-- "x y', ['x y'], ['HOME=/', 'TERM=linux']),
    ('foo=-- bar', ['bar'], ['HOME=/', 'TERM=linux', 'foo=--']),
    ('a=1 a b a=3', ['a', 'b'], ['HOME=/', 'TERM=linux', 'a=3']),
    ('quiet quiet=2', [], ['HOME=/', 'TERM=linux']),
    ('"quiet"', [], ['HOME=/', 'TERM=linux']),
    ('HOME TERM', ['HOME', 'TERM'], ['HOME=/', 'TERM=linux']),
    ('PATH=/x HOME=', [], ['HOME=', 'TERM=linux', 'PATH=/x']),
]


@pytest.mark.parametrize("line, args, env", LINES, ids=range(len(LINES)))
def test_command_line_as_linux(root, line, args, env):
    result = check_ran(boot(root, append=line))
    assert args_of(result) == ["/init"] + args
    assert env_of(result) == env
