"""record.py - instruction counts that the repository remembers, and what has grown since."""
import json

from instructions import MICRO, control_is_right
from machine import ROOT, counted_cases

RECORD = ROOT / "tests/bench/record.json"
QUICK = ["control", "getpid", "read_zero_1", "stat", "open_close", "pipe_round_trip", "fork_exit_wait",
         "vfork_exec_wait_least", "fault_anon", "signal_deliver"]
ALLOWED = 1.05


def grown(old, new):
    """{case: (recorded, now)} of those that rose by more than the allowance, or are not measured any more."""
    return {name: (value, new.get(name)) for name, value in old.items()
            if new.get(name) is None or new[name] > value * ALLOWED}


def quick():
    """Prints a few cases against the record; fails nothing."""
    record = json.loads(RECORD.read_text())
    found = counted_cases("linnet", MICRO, QUICK)
    worse = grown({name: record[name] for name in QUICK if name in record}, found)
    for name in QUICK:
        print(f"{name:24} recorded {record.get(name)}  now {found.get(name)}"
              + ("   GREW by more than 5 %" if name in worse else ""))


def renew(cases):
    """Writes the record: the named cases, or all."""
    found = counted_cases("linnet", MICRO, ["control", *cases] if cases else [])
    if not control_is_right(found.get("control")):
        raise SystemExit(f"the control loop took {found.get('control')} instructions: nothing recorded")
    if cases:
        found = {**json.loads(RECORD.read_text()), **found}
    RECORD.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{len(found)} rows recorded")
