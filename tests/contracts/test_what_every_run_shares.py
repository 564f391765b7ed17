"""What certify and load say in the same way: by what they judged, where a run is kept, the words and the instants."""

from __future__ import annotations

import json
import re
import shutil
import stat
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from offerproof import content
from offerproof.contract import (
    OPERATIONS,
    Clause,
    Contract,
    Outcome,
    content_hash,
    is_success_word,
    keep_private,
    load_contract,
    load_hash,
    new_run_folder,
    now,
    says_pending,
    utc_text,
)
from offerproof.errors import ContentMissing, Misuse

HERE = content.folder("contracts")


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of schemas, contracts and load under another roof, which the package takes for its own."""
    for name in ("schemas", "contracts", "load"):
        shutil.copytree(content.folder(name), tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(content, "folder", lambda name: tmp_path / name)
    return tmp_path


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def _rename(path: Path) -> None:
    path.rename(path.with_stem(f"{path.stem}_too"))


def test_the_hash_does_not_depend_on_where_the_files_lie(moved: Path) -> None:
    shutil.copytree(moved / "contracts", moved / "elsewhere")
    assert content_hash() == content_hash(HERE) == content_hash(moved / "elsewhere")
    assert re.fullmatch("[0-9a-f]{64}", content_hash())


@pytest.mark.parametrize("change", [_append, _rename, Path.unlink])
@pytest.mark.parametrize("file", ["contracts/clauses.toml", "contracts/test_45_lock.py", "schemas/user.json"])
def test_what_judges_changes_the_hash(moved: Path, file: str, change: Callable[[Path], None]) -> None:
    before = content_hash(), load_hash(moved / "load" / "browse.py")
    change(moved / file)
    assert content_hash() != before[0]
    assert load_hash(moved / "load" / "browse.py") == before[1]


@pytest.mark.parametrize("file", ["load/checkout.py", "load/profiles/soak.toml"])
def test_what_loads_changes_the_other_hash_alone(moved: Path, file: str) -> None:
    before = content_hash(), load_hash(moved / "load" / "browse.py")
    _append(moved / file)
    assert content_hash() == before[0]
    assert load_hash(moved / "load" / "browse.py") != before[1]


def test_caches_notes_and_samples_do_not_change_a_hash(moved: Path) -> None:
    before = content_hash(), load_hash(moved / "load" / "day.py")
    for place in (
        "contracts/__pycache__/x.pyc",
        "load/__pycache__/x.pyc",
        "contracts/notes.md",
        "schemas/samples/x.json",
    ):
        (moved / place).parent.mkdir(exist_ok=True)
        (moved / place).write_text("{}")
    assert (content_hash(), load_hash(moved / "load" / "day.py")) == before


def test_a_scenario_of_somebody_else_has_its_part_in_the_hash(tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text("one = 1\n")
    ours, first = load_hash(content.folder("load") / "browse.py"), load_hash(mine)
    mine.write_text("one = 2\n")
    assert len({ours, first, load_hash(mine)}) == 3


def test_a_run_folder_is_private_and_no_two_are_one(tmp_path: Path) -> None:
    folders = [new_run_folder(tmp_path / "deep" / "runs") for _ in range(3)]
    assert len(set(folders)) == 3
    for folder in folders:
        assert re.fullmatch("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}", folder.name)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_place_that_holds_no_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(Misuse, match=r"cannot create .*runs/") as refused:
        new_run_folder(tmp_path / "runs")
    assert refused.value.hint == "choose another --out"


def test_personal_data_is_kept_for_its_owner_and_speaks_to_no_terminal(tmp_path: Path) -> None:
    keep_private(tmp_path, {"EMAIL_1": "o'hara@example.com", "NAME_1": "a\x1b[2Jb\\"})
    kept = tmp_path / "private.env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text("utf-8").splitlines()[1:] == [
        "export EMAIL_1='o'\"'\"'hara@example.com'",
        "export NAME_1=$'a\\U0000001b[2Jb\\\\'",
    ]


def test_an_instant_is_written_in_one_form() -> None:
    east = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert utc_text(east) == "2026-03-01T10:00:00.000000Z"
    assert re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", now())


@pytest.mark.parametrize(("word", "success"), [("ok", True), ("SuCCess", True), ("oks", False), ("", False)])
def test_success_is_said_in_any_case(word: str, success: bool) -> None:
    assert is_success_word(word) is success


@pytest.mark.parametrize("word", [None, True, 1, {}, ["ok"], {"ok": 1}])
def test_what_is_no_text_says_no_success(word: object) -> None:
    assert not is_success_word(word)


@pytest.mark.parametrize(
    ("answer", "pending"),
    [
        ({"status": "error", "errors": [{"code": "request_pending"}]}, True),
        ({"status": "Pending", "errors": None}, True),
        ({"status": "error", "errors": [{"code": "no_pending_offers"}]}, False),
        ({"status": "OK", "errors": [{"message": "one offer is pending"}]}, False),
        ({"status": "error", "errors": None}, False),
        ("pending", False),
    ],
)
def test_only_an_answer_that_claims_no_success_says_that_a_request_is_pending(answer, pending):
    assert says_pending(answer) is pending


def test_the_outcomes_of_run_files_are_those_of_the_vocabulary() -> None:
    schema = json.loads((content.folder("schemas") / "run.json").read_text("utf-8"))
    told = schema["$defs"]["coverage"]["properties"]["outcome"]["enum"]
    assert told == [*(outcome.word for outcome in Outcome), "exercised"]


def test_our_own_contract_is_read_once() -> None:
    assert load_contract() is load_contract()
    assert isinstance(load_contract(), Contract)


def test_a_chapter_has_its_clauses_in_the_order_of_the_file() -> None:
    found = load_contract().of_chapter("LOAD")
    assert [clause.id for clause in found] == [f"LOAD-{number}" for number in range(1, len(found) + 1)]
    assert all(isinstance(clause, Clause) for clause in found)


CLAUSE = """
[chapters.LOCK]
title = "Lock"

[[clauses]]
id = "LOCK-1"
sentence = "s"
source = "o"
section = "1"
strength = "must"
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CLAUSE.replace("[chapters.LOCK]", "[chapters.UNLOCK]"), "LOCK-1: there is no chapter 'LOCK'"),
        (CLAUSE + 'operations = ["look"]', "LOCK-1: there is no operation 'look'"),
        (CLAUSE + 'follows_from = ["LOCK-9"]', "LOCK-1 follows from LOCK-9, and there is no such clause"),
        (CLAUSE.replace('"must"', '"shall"'), "cannot be read: clauses.toml: Invalid enum value 'shall'"),
        (CLAUSE + 'levle = "gate"', "unknown field `levle`"),
        (CLAUSE + CLAUSE.partition("\n\n")[2], "LOCK-1: stands there twice"),
    ],
)
def test_a_contract_that_is_not_right_is_our_fault_and_says_where(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "clauses.toml").write_text(text)
    with pytest.raises(ContentMissing, match=re.escape(says)):
        load_contract(tmp_path)


def test_every_operation_has_a_schema_and_stands_under_its_own_id() -> None:
    schemas = {path.name.partition(".")[0] for path in (content.folder("schemas") / "operations").glob("*.json")}
    assert schemas == set(OPERATIONS) == {operation.id for operation in OPERATIONS.values()}
