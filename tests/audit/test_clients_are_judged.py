"""``audit --client``: the same recording judged as requests, with a certificate of the client's own."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.recorded_walk import short_walk
from offerproof.audit import ClientOptions
from offerproof.cli import main
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import Verdict, Waiver, read_run

POS = ClientOptions("POS 7.2", complete=True)


@pytest.fixture(scope="module")
def ten_sales(walked):
    """Entries of ten sales with a discount each."""

    def play(simulator):
        for _ in range(10):
            short_walk(simulator)

    return walked(play)


def unlocked(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same entries without the first two locks, as a client that applies what the wallet shows."""
    locks = [entry for entry in entries if entry["request"]["url"].endswith("/Lock")][:2]
    return [entry for entry in entries if entry not in locks]


def test_a_client_that_keeps_its_duties_gets_a_certificate(desk, ten_sales):
    finished = desk.audit(ten_sales, client=POS)
    assert finished.exit_code is ExitCode.OK
    run = finished.client
    assert (run.header.kind, run.header.target.name) == ("client", "POS 7.2")
    assert {name for name in run.standings if not name.startswith("TILL-")} == set()
    assert [name for name in finished.run.standings if name.startswith("TILL-")] == []
    kept = {name for name, standing in run.standings.items() if standing.verdict is Verdict.PASS}
    assert {"TILL-2", "TILL-4", "TILL-5", "TILL-6", "TILL-12", "TILL-18", "TILL-22", "TILL-26", "TILL-27"} <= kept
    assert run.standings["TILL-13"].verdict is Verdict.SKIP
    assert any("10 sales closed" in note for note in run.plan.notes)


def test_a_breach_fails_the_client_and_not_the_target(desk, ten_sales):
    finished = desk.audit(unlocked(ten_sales), client=POS, complete=True)
    failed = [one for one in finished.client.findings if one.verdict is Verdict.FAIL]
    assert [(one.clause, one.count) for one in failed] == [("TILL-4", 2)]
    assert failed[0].observed == "never locked for it"
    assert finished.client.outcome.exit_code is ExitCode.FAILED
    assert finished.exit_code is ExitCode.FAILED


def test_a_waiver_covers_a_breach(desk, ten_sales):
    waiver = Waiver(clause="TILL-4", reason="known", owner="us", expires="2999-01-01")
    finished = desk.audit(unlocked(ten_sales), client=POS, waivers=(waiver,))
    assert finished.client.standings["TILL-4"].verdict is Verdict.WAIVED
    assert finished.client.outcome.exit_code is ExitCode.OK
    assert finished.run.plan.waivers == ()


def test_too_few_sales_are_no_certificate(desk, ten_sales):
    half = ten_sales[: len(ten_sales) // 2]
    finished = desk.audit(half, client=POS)
    assert finished.client.outcome.reasons == ("coverage floor missed: sales exercised 5 of 10",)
    assert finished.exit_code is ExitCode.NOT_JUDGED
    assert desk.audit(half, client=ClientOptions("POS", least_sales=5)).exit_code is ExitCode.OK


def test_a_duty_that_must_be_judged_and_was_not_exercised_is_unknown(desk, ten_sales):
    finished = desk.audit(ten_sales, client=POS, require=("TILL-13", "FETCH-1"))
    assert finished.client.standings["TILL-13"].verdict is Verdict.UNKNOWN
    assert finished.exit_code is ExitCode.NOT_JUDGED
    with pytest.raises(Misuse, match="TILL-13 is not judged here"):
        desk.audit(ten_sales, require=("TILL-13",))


def test_certify_is_no_client_and_load_users_are(desk, ten_sales):
    def sent_by(agent: str) -> Any:
        header = {"name": "User-Agent", "value": agent}
        told = [
            {**entry, "request": {**entry["request"], "headers": [*entry["request"]["headers"], header]}}
            for entry in ten_sales
        ]
        return desk.audit(told, client=POS)

    with pytest.raises(Misuse, match="certify is no client"):
        sent_by("offerproof/1.0")
    assert sent_by("offerproof/1.0 (load)").exit_code is ExitCode.OK


def test_tills_are_told_apart_by_what_is_asked_for(desk, ten_sales):
    by_employee = desk.audit(ten_sales, client=ClientOptions("POS", till_by="pos_employee_id"))
    assert "tills told apart by pos_employee_id: 1" in by_employee.client.plan.notes
    by_header = desk.audit(ten_sales, client=ClientOptions("POS", till_by="header:X-Till"))
    assert "tills told apart by header:X-Till: 0" in by_header.client.plan.notes


def test_a_recorder_that_lets_calls_out_proves_no_absence(desk, ten_sales):
    finished = desk.audit(unlocked(ten_sales), "chrome-har", client=POS)
    assert [one.clause for one in finished.client.failures] == []


def test_the_command_keeps_both_certificates(desk, ten_sales, tmp_path, capsys):
    file = desk.write(ten_sales)
    code = main(["audit", file, "--client", "POS 7.2", "--session", "complete", "--out", str(tmp_path / "kept")])
    told = capsys.readouterr().out
    assert code == 0
    assert "KEEPS THE CONTRACT IN WHAT WAS SHOWN" in told
    (folder,) = (tmp_path / "kept").iterdir()
    assert read_run(folder / "client" / "run.jsonl").header.kind == "client"
    page = (folder / "client" / "certificate.html").read_text("utf-8")
    assert "certificate of a client" in page
    assert "the client keeps it" in page
