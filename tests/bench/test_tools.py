"""What the bench computes from its figures: shares, tables, records, speed-ups, and the store of runs.  No QEMU."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import instructions  # noqa: E402
import machine  # noqa: E402
import record  # noqa: E402
import table  # noqa: E402
import times  # noqa: E402


def row(name, linux, linnet, kind="insn", **more):
    values = {k: v for k, v in (("linux", linux), ("linnet", linnet)) if v is not None}
    return {"name": name, "kind": kind, "unit": "instructions", **values, **more}


def test_a_share_needs_both_kernels():
    assert table.ratio(row("stat", 200, 50)) == 0.25
    assert table.ratio(row("stat", 200, 0)) == 0
    assert table.ratio(row("stat", None, 50)) is None
    assert table.ratio(row("stat", 200, None)) is None


@pytest.mark.parametrize("linux, linnet, kind, expected", [
    (100, 50, "insn", ""), (100, 51, "insn", "over half"), (100, 101, "insn", "Linux wins"), (100, None, "insn", ""),
    (100, 51, "boot", ""), (100, 101, "boot", "Linux wins"),
    (1.9, 1.2, "scale", "Linux wins"), (1.2, 1.9, "scale", ""), (1.9, 1.88, "scale", "")])
def test_the_note_says_who_wins(linux, linnet, kind, expected):
    assert table.note(row("x", linux, linnet, kind)) == expected


def test_the_control_loop_is_nobodys_win():
    assert table.note(row("control", 100, 101)) == ""


def test_the_table_has_a_section_a_kind_and_shows_what_is_missing():
    text = table.table({"a": row("boot_pc", 1000000, 10, "boot"), "b": row("stat", 3604, 927), "c": row("new", None, 5)})
    lines = text.splitlines()
    assert "| stat | instructions | 3,604 | - | 927 | 0.26 | |" in lines
    assert "| new | instructions | - | - | 5 | - | |" in lines
    assert "| boot_pc | instructions | 1,000,000 | - | 10 | 1e-05 | |" in lines
    assert text.index("**insn**") < text.index("**boot**")
    widths = {line.count("|") for line in lines if line.startswith("|")}
    assert widths == {8}


def test_growth_is_compared_between_the_first_and_the_last_n():
    rows = [row(f"open_{n}", linux, linnet, "grow") for n, linux, linnet in
            ((10, 100, 10), (1000, 100, 40), (100000, 110, 20))]
    rows += [row(f"mmap_{n}", linux, linnet, "grow") for n, linux, linnet in ((1000, 200, 15), (10, 100, 10))]
    assert table.grows_faster(dict(enumerate(rows))) == [("open", 1.1, 2.0)]


def test_a_document_keeps_all_but_the_table(tmp_path):
    document = tmp_path / "performance.md"
    document.write_text("before\n<!-- table -->\nold\n<!-- /table -->\nafter\n")
    table.into_document(document, "| new |\n")
    assert document.read_text() == "before\n<!-- table -->\n| new |\n<!-- /table -->\nafter\n"
    document.write_text("no markers\n")
    table.into_document(document, "| new |\n")
    assert document.read_text().endswith("<!-- table -->\n| new |\n<!-- /table -->\n")


def test_five_percent_are_allowed():
    assert record.grown({"a": 100, "b": 100, "c": 100}, {"a": 105, "b": 106}) == {"b": (100, 106), "c": (100, None)}


def test_every_quick_case_is_recorded():
    import json
    assert set(record.QUICK) <= set(json.loads(record.RECORD.read_text()))


def test_gains_are_of_neighbouring_rounds_without_the_first():
    took = {"linnet par_open:1:0": 900, "linnet par_open:2:0": 900, "linnet par_open:1:1": 20, "linnet par_open:2:1": 20,
            "linnet par_open:1:2": 30, "linnet par_open:2:2": 24, "linnet par_open:1:3": 30,
            "wall linnet par_open:1:1": 40, "wall linnet par_open:2:1": 25, "wall linnet end": 0}
    assert times.gains(took, 2) == {("linnet", "open", 2, "cpu"): [(20, 20), (30, 24)], ("linnet", "open", 2, "wall"): [(40, 25)]}
    assert times.gains(took, 4) == {}


def test_speed_up_is_of_the_least_walls_as_far_as_the_host_has_processors():
    rows = times.speedups({("linnet", "open", 2, "cpu"): [(20, 20), (20, 40), (30, 40)],
                           ("linnet", "open", 2, "wall"): [(18, 10), (20, 16), (15, 15)],
                           ("linux", "open", 4, "cpu"): [(39, 40)], ("linux", "open", 4, "wall"): [(17, 10)]}, 2)
    assert rows["open_2_cpus"] == {"kind": "scale", "unit": "times 1 CPU", "linnet": 1.5,
                                   "wall": {"linnet": 1.25}, "cpu": {"linnet": 1.5}}
    assert rows["open_4_cpus"]["linux"] == 3.9 and rows["open_4_cpus"]["wall"] == {"linux": 1.7}


def test_plugin_and_program_are_matched_case_by_case():
    text = "Booting..clock 0 3000\noperations getpid 10\r\nbench getpid 3\r\nclock 1 500\noperations stat 2\nbench stat 9\n"
    assert times.per_operation(text) == {"getpid": 300.0, "stat": 250.0}
    assert times.per_operation(text + "clock 2 7\n") == {}


def test_the_least_of_many_runs_forgives_one_that_failed():
    assert times.least([{"a": 3, "b": 5}, None, {"a": 4, "b": 2}]) == {"a": 3, "b": 2}


def test_figures_are_read_past_the_firmware_and_need_an_end():
    text = "\x1b[2J\x1b[01;1Hbench getpid 75\r\nbench stat 900\r\nnoise\r\nbench end 0\r\n"
    assert machine.figures(text, "x") == ({"getpid": 75, "stat": 900}, True)
    assert machine.figures("bench getpid 75\n", "x") == ({"getpid": 75}, False)


def test_the_kernels_part_is_read_behind_what_the_firmware_said():
    text = "Booting..split 0 user=100014 kernel=7\r\nbench control 100\nsplit 1 user=5 kernel=6\n"
    assert machine.SPLIT.findall(text) == ["7", "6"]


def test_cases_are_found_in_the_sources():
    assert {"control", "sort", "make_tcc", "hackbench_pipes"} <= set(instructions.program_names())
    assert {"grow_open_close_files_10", "grow_timer_create_timers_100000"} <= set(instructions.grow_names())


@pytest.mark.parametrize("value, right", [(100, True), (98, True), (97, False), (103, False), (None, False)])
def test_a_wrong_clock_stops_the_bench(value, right):
    assert instructions.control_is_right(value) is right
    if not right:
        with pytest.raises(SystemExit):
            instructions.require_control({"linnet": value}, ["linnet"])


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(machine, "fresh", False)
    monkeypatch.setattr(machine, "qemu_version", lambda: "QEMU")
    machine.digest_of_version.cache_clear()
    return tmp_path


def test_the_store_knows_files_by_what_is_in_them(store):
    a, b = store / "a", store / "b"
    a.write_text("same"), b.write_text("same")
    assert machine.key_of(["-kernel", a]) == machine.key_of(["-kernel", b]) != machine.key_of(["-initrd", a])
    b.write_text("other words")
    assert machine.key_of(["-kernel", a]) != machine.key_of(["-kernel", b])


def test_the_store_measures_once_unless_told_and_keeps_no_failure(store, monkeypatch):
    answers = iter([None, {"x": 1}, {"x": 2}])
    measure = lambda: next(answers)  # noqa: E731
    assert machine.stored(["word"], measure) is None
    assert machine.stored(["word"], measure) == {"x": 1}
    assert machine.stored(["word"], measure) == {"x": 1}
    monkeypatch.setattr(machine, "fresh", True)
    assert machine.stored(["word"], measure) == {"x": 2}
