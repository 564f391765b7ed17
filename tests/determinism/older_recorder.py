"""The recorder of a checkout whose rows do not say yet which check sent them, and which leaves no ``verdicts.jsonl``.

``python …/older_recorder.py FOLDER …`` with the folder of that checkout as the working directory and its own
interpreter: its own ``tests.determinism.recorded_run`` records, with its own code, and this adds what is missing. The
verdicts come from the run file, of format 1. Schemathesis is kept from reading the literals in that checkout's source:
it did then, so that no other build could have sent the same at level full. To be deleted when no build as old is
compared with any more.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec

CHECK = "PYTEST_CURRENT_TEST"


def verdicts_of_format_1(lines: list[str]) -> list[dict[str, str]]:
    """What a run file of format 1 says each check found, and the run's own verdict."""
    records = [json.loads(line) for line in lines]
    found = [{name: one[name] for name in ("clause", "check", "verdict")} for one in records if "identity" in one]
    return [*found, {"clause": "", "check": "", "verdict": records[-1]["verdict"]}]


def _without_literals_of_the_source() -> None:
    from schemathesis.config._analysis import ConstantsConfig

    made = ConstantsConfig.__init__

    def disabled(self: Any, *, enabled: bool | None = None) -> None:
        made(self, enabled=bool(enabled))

    mock.patch.object(ConstantsConfig, "__init__", disabled).start()


def main() -> int:
    """Record; the exit code is the run's."""
    sys.path.insert(0, os.getcwd())
    os.environ.pop(CHECK, None)
    _without_literals_of_the_source()
    recorder = importlib.import_module("tests.determinism.recorded_run")
    with_check = msgspec.defstruct("Sent", [("check", str)], bases=(recorder.Sent,), frozen=True, kw_only=True)

    def sent(**row: Any) -> Any:
        return with_check(check=os.environ.get(CHECK, ""), **row)

    vars(recorder)["Sent"] = sent
    code: int = recorder.main()
    folder = Path(sys.argv[1])
    (run_file,) = folder.glob("runs/*/run.jsonl")
    rows = verdicts_of_format_1(run_file.read_text("utf-8").splitlines())
    (folder / "verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
