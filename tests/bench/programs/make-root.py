#!/usr/bin/env python3
"""make-root.py BUILD DIR - the root of the program cases: the full root's programs, make, tcc, sqlite3 and hackbench from
Debian, and data that is the same on every machine."""
import pathlib
import random
import shutil
import subprocess
import sys

TOOLS = pathlib.Path(__file__).resolve().parents[3] / "tools"
PACKAGES = ["make", "tcc", "libc6-dev", "linux-libc-dev", "sqlite3", "libsqlite3-0", "rt-tests", "libnuma1"]
FILES, LINES, MODULES, ROWS = 400, 8000, 12, 1500


def words(rng, n):
    return " ".join("".join(rng.choices("abcdefghij", k=rng.randint(2, 5))) for _ in range(n))


def tree(top, rng):
    for i in range(FILES):
        path = top / f"d{i % 20}/e{i % 4}/file{i}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(words(rng, 8) for _ in range(rng.randint(1, 120))) + ("\nneedle\n" if i % 7 == 0 else "\n"))


def project(top):
    """MODULES C files, a program that calls them all, a Makefile."""
    top.mkdir(parents=True)
    names = [f"m{i}" for i in range(MODULES)]
    for i, name in enumerate(names):
        body = "\n".join(f"static int f{k}(int x)\n{{\n\tint s = {k};\n\n\tfor (int i = 0; i < x; i++)\n"
                         f"\t\ts = s * {k + 3} + i % {k + 2};\n\treturn s;\n}}" for k in range(30))
        calls = " + ".join(f"f{k}(x)" for k in range(30))
        (top / f"{name}.c").write_text(f"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n\n{body}\n\n"
                                       f"int {name}(int x)\n{{\n\treturn {calls};\n}}\n")
    protos = "\n".join(f"int {name}(int x);" for name in names)
    total = " + ".join(f"{name}(3)" for name in names)
    (top / "main.c").write_text(f"#include <stdio.h>\n\n{protos}\n\nint main(void)\n{{\n\tprintf(\"%d\\n\", {total});\n"
                                "\treturn 0;\n}\n")
    objects = " ".join(f"{name}.o" for name in [*names, "main"])
    (top / "Makefile").write_text(f"prog: {objects}\n\ttcc -o $@ $^\n\t./prog\n\n%.o: %.c\n\ttcc -c -o $@ $<\n")


def sql(path, rng):
    lines = ["create table t (id integer primary key, name text, n integer);", "begin;"]
    lines += [f"insert into t values ({i}, '{words(rng, 3)}', {rng.randint(0, 999)});" for i in range(ROWS)]
    lines += ["commit;", "create index by_n on t (n);"]
    lines += [f"update t set name = 'x{i}' where n = {i};" for i in range(30)]  # each a transaction with its journal
    lines += ["select n, count(*) from t group by n order by 2 desc limit 10;", "select sum(length(name)) from t;"]
    path.write_text("\n".join(lines) + "\n")


def not_needed(directory, names):
    """Documents, and static libraries but the two that linking with shared ones takes."""
    return [n for n in names if n in ("share", "i386-win32", "x86_64-win32") or n.startswith("python3") or
            (n.endswith(".a") and n not in ("libc_nonshared.a", "libtcc1.a"))]


def main():
    build, root = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    subprocess.run([TOOLS / "fetch-deb.sh", build / "bench.debian", *PACKAGES], check=True)
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(build / "root", root, symlinks=True)
    shutil.copytree(build / "bench.debian/usr", root / "usr", symlinks=True, dirs_exist_ok=True,
                    ignore=not_needed)
    rng = random.Random(1)
    data = root / "data"
    tree(data / "tree", rng)
    (data / "lines").write_text("\n".join(words(rng, 5) for _ in range(LINES)) + "\n")
    project(data / "project")
    sql(data / "sql", rng)


if __name__ == "__main__":
    main()
