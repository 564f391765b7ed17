"""Certify and load read one profile and one pool file in one way, and say the same of what is wrong or missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.findings import read_run

EARN = 'from = "earn"\ntype = "fixed_amount_check_discount"\nspend = "{}"'
POOL = 'from = "pool"\nfile = "pool.jsonl"'
NOBODY_ISSUES = {"issue": False, "clock": False, "reset": False, "ttl_code": False}
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def certify(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run ``offerproof certify`` for one clause that needs a user offer; exit code, and all that was said."""

    def run(profile: Path, *options: str) -> tuple[int, str]:
        out = tmp_path / "certify"
        code = main(["certify", "--target", str(profile), "--only", "LOCK-1", "--out", str(out), *options])
        reasons = [one.reason for file in out.glob("*/run.jsonl") for one in read_run(file).standings.values()]
        return code, "\n".join([*capfd.readouterr(), *map(str, reasons)])

    return run


@pytest.fixture
def load(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run ``offerproof load`` for two seconds; exit code, and all that was said, in one line as it fits."""

    def run(profile: Path, *options: str) -> tuple[int, str]:
        short = ["--rate", "2", "--duration", "2s", "--slots", "4"]
        code = main(["load", "--target", str(profile), "--out", str(tmp_path / "load"), *short, *options])
        return code, re.sub(r"\s+", " ", "\n".join(capfd.readouterr()))

    return run


@pytest.mark.slow
def test_user_offers_are_earned_where_issuing_is_not_declared(
    counted: Callable[[], Any], certify: Run, load: Run
) -> None:
    tables = {"offers": EARN.format("200.00"), "control": None}
    for command in (certify, load):
        target = counted()
        code, told = command(target.profile(NOBODY_ISSUES, tables))
        assert code == 0, told
        assert target.asked["issue_offer"] == 0
        assert target.asked["/api/2.0/send_transaction"] > 0


@pytest.mark.slow
def test_an_issue_rule_that_does_not_fire_is_told_in_the_same_words(
    counted: Callable[[], Any], certify: Run, load: Run
) -> None:
    tables = {"offers": EARN.format("0.01"), "control": None}
    for command in (certify, load):
        target = counted()
        code, told = command(target.profile(NOBODY_ISSUES, tables))
        assert code == 3, told
        assert "spending 0.01 brought no offer within the settle time" in told
        assert target.asked["issue_offer"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("issue", "an offer of our own is needed in a wallet, and offers cannot be issued here"),
        ("create_customer", "a customer is needed and customers cannot be created here; give a pool"),
        (
            "create_offer",
            "an offer of type fixed_amount_check_discount is needed and offers cannot be created here",
        ),
    ],
)
def test_what_the_sources_need_and_nobody_declares_is_told_in_the_same_words(
    counted: Callable[[], Any], certify: Run, load: Run, missing: str, says: str
) -> None:
    target = counted()
    profile = target.profile({**NOBODY_ISSUES, "issue": True, missing: False}, {"control": None})
    code, told = certify(profile, "--plan")
    assert (code, f"missing       {says}: what needs them will be unknown" in told) == (0, True), told
    code, told = load(profile)
    assert (code, f"offerproof: {says} hint: see [capabilities]" in told) == (2, True), told
    assert not target.asked
    code, told = certify(profile)
    assert (code, says in told) == (3, True), told


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('{"user_id": "u-1", "e-mail": "a@example.com"}', "line 1: unknown member 'e-mail'; did you mean 'email'?"),
        ('{"user_id": "u-1"}\n{"user_id": "U-1"}', "line 2: this user_id stands there twice"),
        ('{"user_id": 1}', "line 1: user_id is missing or not a text"),
        ('{"user_id": "u-1"', "line 1: not JSON: "),
        ('{"user_id": ' + "[" * 5_000 + "]" * 5_000 + "}", "line 1: not JSON: nested too deeply"),
    ],
)
def test_a_wrong_pool_of_customers_is_refused_in_the_same_words(
    counted: Callable[[], Any], certify: Run, load: Run, lines: str, says: str
) -> None:
    target = counted()
    profile = target.profile({}, {"customers": POOL})
    pool = profile.with_name("pool.jsonl")
    pool.write_text(lines, "utf-8")
    for command in (certify, load):
        code, told = command(profile)
        assert (code, f"offerproof: {pool}, {says}" in told) == (2, True), told
    assert not target.asked


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('{"user_id": "u", "user_offer_id": "a", "kind": "x"}', "unknown member 'kind'; known are user_id, user_offer"),
        ('{"user_id": "u", "user_offer_id": "a"}\n{"user_id": "v", "user_offer_id": "A"}', "stands there twice"),
    ],
)
def test_a_wrong_pool_of_user_offers_is_refused_in_the_same_words(
    counted: Callable[[], Any], certify: Run, load: Run, lines: str, says: str
) -> None:
    profile = counted().profile({}, {"offers": POOL})
    profile.with_name("pool.jsonl").write_text(lines, "utf-8")
    told = [command(profile) for command in (certify, load)]
    assert [(code, says in text) for code, text in told] == [(2, True), (2, True)], told
