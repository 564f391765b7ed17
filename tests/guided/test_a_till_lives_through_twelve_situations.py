"""The example till passes every situation; one that makes a mistake is told it in the situation that shows it."""

from __future__ import annotations

from typing import Any

import pytest

from offerproof.contract import Strength, load_contract
from offerproof.errors import ExitCode
from offerproof.findings import Verdict, Waiver, read_run
from offerproof.guided import SITUATIONS
from offerproof.guided.telling import HARM
from offerproof.report.formats import find_format, keep_reports
from offerproof.selfcheck.tills import MISTAKES
from tests.canaries import forms, leaks
from tests.guided.conftest import example, played_by
from tests.guided.wrong_tills import WRONG


@pytest.fixture(scope="session")
def finished(begin: Any) -> Any:
    """The example till's session, written."""
    session = begin()
    drive = played_by(example.Till)
    for one in SITUATIONS.values():
        session.play(one, drive)
    return session.close()


@pytest.mark.slow
def test_no_secret_and_nobody_is_in_a_kept_session(begin, tmp_path):
    session, cards = begin("sale", "two-payers"), []
    play = played_by(example.Till)

    def drive(card, look):
        cards.append(card)
        play(card, look)

    for name in ("sale", "two-payers"):
        session.play(SITUATIONS[name], drive)
    finished = session.close()
    keep_reports(finished.run, finished.folder)
    (tmp_path / "lived").write_text(repr(finished.run.situations))
    told = {name: value for name, value in session.simulator.told().items() if name.endswith(("KEY", "SECRET"))}
    guests = [one for card in cards for one in (card.customer, card.second) if one is not None]
    people = [value for one in guests for value in (one.email, one.external_id)]
    sought = forms(secrets=told.values(), people=people, phones=[one.phone.replace("-", "") for one in guests])
    assert len(told) == 7
    assert len(guests) == 3
    kept = [one for one in (*finished.folder.rglob("*"), tmp_path / "lived") if one.is_file()]
    assert {"run.jsonl", "certificate.html"} <= {one.name for one in kept}
    assert leaks(sought, kept) == []


@pytest.mark.slow
def test_the_example_till_passes_all_twelve(finished):
    assert len(SITUATIONS) == 12
    lived = finished.run.situations
    assert [(one.name, one.verdict, one.told) for one in lived if one.verdict is not Verdict.PASS] == []
    assert [one.name for one in lived] == list(SITUATIONS)
    assert finished.exit_code is ExitCode.OK, finished.run.outcome.reasons
    again = read_run(finished.folder)
    assert (again.situations, again.header.kind) == (lived, "client")


@pytest.mark.slow
def test_each_situation_shows_every_duty_that_it_is_about(finished):
    clauses = load_contract().clauses
    for one, lived in zip(SITUATIONS.values(), finished.run.situations, strict=True):
        assert list(lived.right) == [clauses[name].sentence for name in one.duties], one.name


@pytest.mark.slow
def test_what_happened_was_met(finished):
    did = {one.name: "\n".join(one.did) for one in finished.run.situations}
    assert "locked_by_another" in did["rival"]
    assert "expired" in did["expired"]
    assert did["slow-lock"].count("lock for 12.50") == 2
    assert did["lost-answer"].count("send_transaction") == 2
    assert "no decisive answer (HTTP 503), Retry-After 1" in did["busy"]
    assert "pending (HTTP 409, request_pending)" in did["pending"]
    told = {one.name: one.told for one in finished.run.situations}
    assert told["sale"] == "11.25 paid, 1.25 off; the offer is redeemed"
    assert told["cancelled"] == "nothing was sold; the offer is free"
    assert told["rival"] == "12.50 paid, 0 off; the offer is locked"
    assert told["returned"] == "12.50, then 10.00, then 0 paid, 0 off"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["html", "text", "json", "markdown", "junit", "ctrf"])
def test_every_report_for_people_and_programs_has_the_situations(finished, name):
    text = find_format(name).run(finished.run)
    assert [one for one in SITUATIONS if one not in text] == []


def test_every_situation_has_a_mistake_that_it_shows():
    assert list(WRONG) == list(SITUATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told_in_its_situation(name, begin):
    planted, wrong = WRONG[name]
    session = begin(name)
    lived = session.play(SITUATIONS[name], played_by(wrong))
    told = {fault.clause: fault for fault in lived.wrong if fault.verdict is Verdict.FAIL}
    assert lived.verdict is Verdict.FAIL, lived
    assert MISTAKES[planted].clause in told, lived
    assert told[MISTAKES[planted].clause].harm == HARM[MISTAKES[planted].clause]
    run = session.close().run
    assert run.outcome.exit_code is ExitCode.FAILED
    assert run.standings[MISTAKES[planted].clause].verdict is Verdict.FAIL


@pytest.mark.slow
def test_a_mistake_that_somebody_answers_for_is_waived_in_its_situation(begin):
    name = "cancelled"
    planted, wrong = WRONG[name]
    clause = MISTAKES[planted].clause
    session = begin(name, waivers=(Waiver(clause=clause, reason="r", owner="o", expires="2999-01-01"),))
    lived = session.play(SITUATIONS[name], played_by(wrong))
    assert (lived.verdict, {fault.verdict for fault in lived.wrong}) == (Verdict.WAIVED, {Verdict.WAIVED})
    run = session.close().run
    assert run.standings[clause].verdict is Verdict.WAIVED
    assert run.outcome.exit_code is not ExitCode.FAILED
    assert "<failure" not in find_format("junit").run(run)


def test_a_till_that_does_nothing_has_lived_through_nothing(begin):
    session = begin("sale", "cancelled")
    told = [session.play(SITUATIONS[name], lambda card, look: None) for name in ("sale", "cancelled")]
    assert [(one.verdict, one.told) for one in told] == [(Verdict.UNKNOWN, "nothing was sent")] * 2
    run = session.close().run
    assert run.outcome.exit_code is ExitCode.NOT_JUDGED
    assert "not lived through: sale, cancelled: nothing was sent" in run.outcome.reasons


def test_a_till_that_breaks_down_afterwards_has_not_passed(begin):
    def drive(card, look):
        played_by(example.Till)(card, look)
        return "the till ended with exit code 1"

    session = begin("cancelled", "sale")
    lived = session.play(SITUATIONS["cancelled"], drive)
    assert (lived.verdict, lived.told) == (Verdict.UNKNOWN, "the till ended with exit code 1")
    reasons = session.close().run.outcome.reasons
    assert "the run was interrupted: the session was stopped after 1 of 2 situations" in reasons


def test_what_a_mistake_costs_is_said_of_every_duty_that_judges():
    assert list(HARM) == [one.id for one in load_contract().of_chapter("TILL") if one.strength is not Strength.INFO]
