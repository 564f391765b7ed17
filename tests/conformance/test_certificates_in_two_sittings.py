"""What ends in days or years is judged in a later sitting, from a file, wherever the target's clock stands by then."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from offerproof.cli.certify import command
from offerproof.conformance import Options, certify, sittings
from offerproof.conformance.runner import SittingFile
from offerproof.conformance.waiting import Planted
from offerproof.contract import Level, SuiteFolders
from offerproof.errors import Misuse
from offerproof.findings import Run
from offerproof.report.summary import summarize
from offerproof.selfcheck.in_process_simulator import InProcessSimulator, in_process_simulator
from offerproof.target import CustomerSource, OfferSource, Profile

Sit = Callable[..., Run]


@pytest.fixture(scope="module")
def simulator() -> Iterator[InProcessSimulator]:
    with in_process_simulator() as made:
        yield made


@pytest.fixture
def staging(simulator: InProcessSimulator) -> Profile:
    """The simulator as a staging system whose clock nobody can set."""
    simulator.renew(0)
    profile = simulator.profile
    return replace(
        profile,
        environment="staging",
        control=None,
        customers=CustomerSource("create"),
        offers=OfferSource("issue"),
        capabilities={**profile.capabilities, **dict.fromkeys(("clock", "reset", "ttl_code"), False)},
    )


@pytest.fixture
def sit(staging: Profile, simulator: InProcessSimulator, tmp_path: Path) -> Sit:
    """One sitting, after so many days, with what is chosen there."""

    def run(*only: str, days: float = 0, profile: Profile = staging, level: Level = Level.FULL) -> Run:
        clock, file = simulator.app.clock, tmp_path / "open.json"
        clock.set(clock.now() + round(timedelta(days=days) / timedelta(microseconds=1)))
        which = SittingFile(closes=file) if file.exists() else SittingFile(opens=file)
        return certify(Options(profile=profile, level=level, only=only, out=tmp_path / "runs", sitting=which)).run

    return run


def told(run: Run, *clauses: str) -> dict[str, str]:
    return {name: run.standings[name].verdict.value for name in clauses}


def test_roll_over_promotion_and_expiry_are_judged_from_the_file(sit: Sit, tmp_path: Path) -> None:
    seen = ("TIME-1", "TIME-2", "TIME-4", "TIME-5", "TIME-6", "TIME-7", "TIME-9", "TIME-10", "TIME-11", "TIME-13")
    opened = sit("TIME", "CUST-1")
    assert told(opened, *seen) == dict.fromkeys(seen[:-1], "skip") | {"TIME-13": "pass"}
    assert (opened.outcome.verdict, int(opened.outcome.exit_code)) == ("conforms so far", 4)
    assert opened.outcome.reasons[0].startswith("20 clauses open until 20")
    assert told(opened, "TIME-16") == {"TIME-16": "skip"}
    early = sit(days=3)
    assert told(early, "TIME-1", "TIME-9", "TIME-10", "TIME-11") == {"TIME-1": "skip"} | dict.fromkeys(
        ("TIME-9", "TIME-10", "TIME-11"), "pass"
    )
    later = sit(days=28)
    assert told(later, *seen) == dict.fromkeys(seen, "pass") | {"TIME-7": "skip"}
    assert int(later.outcome.exit_code) == 4
    last = sit(days=900)
    assert told(last, *seen, "CUST-1") == dict.fromkeys((*seen, "CUST-1"), "pass")
    assert (last.outcome.verdict, int(last.outcome.exit_code)) == ("conforms", 0)
    facts = summarize(last).facts
    assert facts["Opened"][:10] == opened.header.started[:10]
    assert next(name for name in facts if name.startswith("Came due 20")) is not None
    with pytest.raises(Misuse, match="nothing is open"):
        sit()


@pytest.mark.parametrize(
    ("defect", "clause", "days"),
    [
        ("spendable-never-matures", "TIME-1", 31),
        ("tier-waits-for-a-job", "TIME-4", 31),
        ("top-tier-lacks-points", "TIME-6", 31),
        ("expired-offer-locks", "TIME-10", 3),
        ("late-return-is-ignored", "DECL-16", 31),
    ],
)
def test_what_is_wrong_then_fails_the_certificate(
    sit: Sit, simulator: InProcessSimulator, defect: str, clause: str, days: int
) -> None:
    simulator.renew(0, defect)
    assert sit(clause).outcome.verdict == "conforms so far"
    run = sit(days=days)
    assert (told(run, clause), int(run.outcome.exit_code)) == ({clause: "fail"}, 1)


def test_the_file_says_what_is_open_and_nothing_else(sit: Sit, simulator: InProcessSimulator, tmp_path: Path) -> None:
    pool = tmp_path / "pool.jsonl"
    who = [{"user_id": f"5d1e9a00-0000-4000-8000-00000000000{n}", "email": f"p{n}@example.net"} for n in range(4)]
    things = [{"id": one["user_id"], "email": one["email"], "opted_in": True} for one in who]
    simulator.renew(0)
    body = json.dumps({"customers": things}).encode()
    simulator.app.world.perform("load", body)
    pool.write_text("".join(json.dumps(one) + "\n" for one in who))
    profile = replace(simulator.profile, customers=CustomerSource("pool", pool), environment="staging", control=None)
    profile = replace(profile, capabilities={**profile.capabilities, "clock": False, "ttl_code": False})
    assert sit("TIME-1", "TIME-2", "TIME-5", profile=profile).outcome.verdict == "conforms so far"
    text = (tmp_path / "open.json").read_text()
    assert "@" not in text
    for service in profile.services.values():
        assert service.secret is not None
        assert service.secret.reveal() not in text
    shown = CliRunner().invoke(command, ["--status", str(tmp_path / "open.json")], standalone_mode=False)
    assert "points roll over when the return period is over: TIME-1, TIME-2, TIME-5" in shown.output
    assert who[0]["user_id"] in shown.output
    assert "3 clauses open until 20" in shown.output
    assert told(sit(days=31, profile=profile), "TIME-1") == {"TIME-1": "pass"}


def test_what_only_informs_keeps_no_certificate_waiting(sit: Sit) -> None:
    run = sit("TIME-16")
    assert (told(run, "TIME-16"), run.outcome.verdict) == ({"TIME-16": "skip"}, "conforms")
    assert run.sittings is not None
    assert [one.clauses for one in run.sittings.open] == [("TIME-16",)]
    assert told(sit(days=8), "TIME-16") == {"TIME-16": "pass"}


def test_a_file_that_was_changed_or_is_of_another_target_is_refused(sit: Sit, staging: Profile, tmp_path: Path) -> None:
    sit("TIME-1")
    file = tmp_path / "open.json"
    kept = file.read_text()
    with pytest.raises(Misuse, match="is of another target: simulator"):
        sit(profile=replace(staging, name="another"))
    with pytest.raises(Misuse, match="exists already"):
        sittings.begin(file)
    file.write_text(kept.replace('"passed": 0', '"passed": 1'))
    with pytest.raises(Misuse, match="was changed: its hash does not fit"):
        sit()
    for broken, says in (("[]", "is no open certificate"), ("{", "not JSON"), ('{"schema": 9}', "is of format 9")):
        file.write_text(broken)
        with pytest.raises(Misuse, match=says):
            sittings.read(file)


def test_another_suite_is_refused_only_where_what_is_due_has_changed(
    sit: Sit, staging: Profile, simulator: InProcessSimulator, tmp_path: Path
) -> None:
    sit("TIME-1")
    file, suite = tmp_path / "open.json", SuiteFolders()
    made = sittings.read(file)

    def keep(**changes: Any) -> None:
        for name, value in changes.items():
            setattr(made, name, value)
        made.sha256 = sittings._hash(made)
        file.write_bytes(json.dumps(json.loads(msgspec.json.encode(made))).encode())

    keep(content_hash="0" * 64, suite_version="0.9.9")
    assert sittings.go_on(file, staging, suite).planted
    changed = [Planted(**{name: getattr(one, name) for name in one.__struct_fields__}) for one in made.open]
    changed[0].clauses = dict.fromkeys(changed[0].clauses, "0" * 16)
    keep(open=changed)
    assert sittings.go_on(file, staging, suite).planted, "it is not due yet"
    changed[0].due = "2020-01-01T00:00:00.000000Z"
    keep(open=changed)
    with pytest.raises(Misuse, match="TIME-1 has changed since offerproof") as refused:
        sittings.go_on(file, staging, suite)
    assert refused.value.hint == "close it with offerproof 0.9.9"


def test_what_was_opened_with_a_teams_own_clauses_is_closed_with_them(
    sit: Sit, staging: Profile, simulator: InProcessSimulator, tmp_path: Path
) -> None:
    sit("TIME-1")
    made = sittings.read(file := tmp_path / "open.json")
    made.open[0].clauses["SHOP-1"] = "0" * 16
    made.sha256 = sittings._hash(made)
    file.write_bytes(msgspec.json.encode(made))
    with pytest.raises(Misuse, match="SHOP-1 is a clause of a team's own") as refused:
        sittings.go_on(file, staging, SuiteFolders())
    assert "--clauses" in str(refused.value.hint)
