"""``pytest --offerproof-target PROFILE``: checks as pytest's own tests, in anybody's files, alone and under xdist."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

import pytest_offerproof
from offerproof import content
from offerproof.client import BudgetExhausted
from offerproof.conformance.native import CommonBudget, CommonPace
from offerproof.conformance.plugin import FIXTURES
from offerproof.defects import registry
from offerproof.selfcheck.in_process_simulator import InProcessSimulator, in_process_simulator

pytest_plugins = ["pytester"]
Checks = Callable[..., pytest.RunResult]

OWN = """
import pytest
from offerproof.conformance import clause

def test_named(offerproof_api, offerproof_given, offerproof_expect):
    held = offerproof_given.user_offer()
    locked = offerproof_expect.success(offerproof_api.lock(held.user_offer_id, offerproof_api.transaction()))
    offerproof_expect.equal(locked["status"], "LOCKED", what="status of the discount")

@pytest.fixture
def held(given):
    return given.user_offer()

@pytest.mark.clause("LOCK-1")
def test_must(api, held, expect):
    expect.equal(expect.success(api.lock(held.user_offer_id, api.transaction()))["status"], "LOCKED", what="status")

@clause("LOCK-1", "IDEM-2")
def test_unknown(expect):
    expect.unknown("nobody can see it")

@clause("AUTH-10")
def test_should(expect):
    expect.that(False, what="something good", expected="so", observed="otherwise")

def test_nothing_of_ours():
    pass
"""


@pytest.fixture(scope="module")
def simulator() -> Iterator[InProcessSimulator]:
    registry()  # pytester forgets every module that a run imports, and what is declared once would be declared again
    with in_process_simulator() as made:
        yield made


@pytest.fixture
def checks(pytester: pytest.Pytester, simulator: InProcessSimulator, monkeypatch: pytest.MonkeyPatch) -> Checks:
    """Run pytest in this process, with our plugin and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(
        *arguments: str, defect: str | None = None, target: bool = True, warnings: Sequence[str] = ("-W", "default")
    ) -> pytest.RunResult:
        simulator.renew(0, defect)
        named = ["--offerproof-target", str(simulator.profile.source)] if target else []
        apart = ["-c", os.devnull, "--rootdir", str(pytester.path), *warnings]  # and a cache of its own
        return pytester.runpytest_inprocess(*apart, *named, *arguments, plugins=[pytest_offerproof])

    return run


def test_our_own_checks_are_tests_of_pytest(checks: Checks, pytester: pytest.Pytester) -> None:
    lock = str(content.folder("contracts") / "test_45_lock.py")
    told = checks(lock, "-rs", "--strict-markers")
    outcomes = told.parseoutcomes()
    assert (outcomes.get("failed", 0), outcomes.get("errors", 0)) == (0, 0)
    assert outcomes["passed"] >= 15
    told.stdout.fnmatch_lines(["offerproof: simulator (simulator) at http://127.0.0.1:*, level gate"])
    told.stdout.fnmatch_lines(["SKIPPED*offerproof: level full"])


def test_a_broken_must_fails_and_pytests_options_do_what_they_do(checks: Checks, pytester: pytest.Pytester) -> None:
    lock = str(content.folder("contracts") / "test_45_lock.py")
    told = checks(lock, "-x", "-k", "LOCK-1", "--junitxml", "all.xml", defect="lock-answers-info")
    assert told.parseoutcomes()["failed"] == 1
    told.stdout.fnmatch_lines(["LOCK-1 (must): *", "  expected  LOCKED", "  observed  INFO", "  curl -i *"])
    case = next(one for one in ET.parse(pytester.path / "all.xml").iter("testcase") if one.find("failure") is not None)
    assert "LOCK-1" in [one.get("value") for one in case.iter("property") if one.get("name") == "clause"]
    again = checks(lock, "--lf", "-v", defect="lock-answers-info")
    assert again.parseoutcomes()["failed"] == 1
    assert checks(lock, "--lf", "-v").parseoutcomes()["passed"] == 1, "it is mended"


def test_a_file_of_ones_own_has_the_fixtures_and_each_verdict_its_outcome(
    checks: Checks, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(test_own=OWN)
    told = checks("--junitxml", "own.xml", defect="lock-answers-info")
    told.assert_outcomes(passed=2, failed=2, errors=1, warnings=1)
    told.stdout.fnmatch_lines(["*ShouldIsNotKept: AUTH-10 (should): *"])
    cases = {
        one.get("name"): [part.tag for part in one] for one in ET.parse(pytester.path / "own.xml").iter("testcase")
    }
    assert ("failure" in cases["test_must"], "error" in cases["test_unknown"]) == (True, True)
    told.stdout.fnmatch_lines(["LOCK-1 unknown: nobody can see it"])
    checks("-W", "error", "-k", "should").assert_outcomes(failed=1, deselected=4)
    checks("--offerproof-unknown", "skip", "-k", "unknown").assert_outcomes(skipped=1, deselected=4)


def test_a_broken_should_warns_also_where_warnings_are_errors(checks: Checks, pytester: pytest.Pytester) -> None:
    ini = pytester.makeini("[pytest]\nfilterwarnings = error")
    own = pytester.makepyfile(test_own=OWN)
    named = ("-c", ini, own, "-k", "test_should", "-p", "no:cacheprovider")
    checks(*named, warnings=()).assert_outcomes(passed=1, warnings=1, deselected=4)
    wanted = ("-W", "error::offerproof.conformance.native.ShouldIsNotKept")
    checks(*named, warnings=wanted).assert_outcomes(failed=1, deselected=4)


def test_without_a_target_they_are_skipped_with_one_sentence(checks: Checks, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_own=OWN)
    told = checks("-rs", target=False)
    told.assert_outcomes(skipped=4, passed=1)
    told.stdout.fnmatch_lines([f"SKIPPED*{pytest_offerproof.NO_TARGET}"])


def test_the_tests_of_the_page_hold_on_a_right_target(checks: Checks, pytester: pytest.Pytester) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "pytest.md").read_text("utf-8")
    pytester.makepyfile(test_page=page.partition("```python\n")[2].partition("```")[0])
    checks().assert_outcomes(passed=2)


def test_clauses_of_a_team_stand_beside_their_checks(checks: Checks) -> None:
    shop = Path(__file__).resolve().parents[2] / "examples" / "shop-clauses"
    checks(str(shop)).assert_outcomes(passed=2)
    checks(str(shop), "-k", "SHOP-2").assert_outcomes(passed=1, deselected=1)


def test_fixtures_of_other_peoples_tests_stay_theirs(checks: Checks, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_own="""
        import pytest
        from offerproof.conformance import clause

        @pytest.fixture
        def given():
            return "theirs"

        @clause("LOCK-1")
        def test_it(given, expect):
            expect.equal(given, "theirs", what="a fixture")
        """,
        test_other="def test_it(given): pass",
    )
    told = checks()
    told.assert_outcomes(passed=1, errors=1)
    told.stdout.fnmatch_lines(["*fixture 'given' not found"])


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        (
            'import pytest\n@pytest.mark.clause("LOCK-999")\ndef test_it(): pass',
            [],
            "no clause 'LOCK-999'",
        ),
        ("def test_it(): pass", ["--offerproof-target", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_what_is_wrong_with_the_call_is_said_before_anything_is_sent(
    checks: Checks, pytester: pytest.Pytester, text: str, arguments: list[str], says: str
) -> None:
    pytester.makepyfile(test_own=text)
    told = checks(*arguments)
    assert told.ret == pytest.ExitCode.USAGE_ERROR
    told.stderr.fnmatch_lines([f"ERROR: offerproof: *{says}*"])


def test_a_target_that_is_not_there_is_an_error_and_no_failure(
    pytester: pytest.Pytester, simulator: InProcessSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    profile = Path(str(simulator.profile.source))
    gone = profile.read_text("utf-8").replace(simulator.profile.services["core"].base_url, "http://127.0.0.1:9")
    (profile.parent / "gone.toml").write_text(gone, encoding="utf-8")
    pytester.makepyfile(test_own=OWN)
    target = str(profile.parent / "gone.toml")
    told = pytester.runpytest_inprocess("--offerproof-target", target, plugins=[pytest_offerproof])
    told.assert_outcomes(errors=4, passed=1)
    told.stdout.fnmatch_lines(["offerproof: core at 127.0.0.1 cannot be reached*"])


@pytest.mark.slow
def test_workers_of_xdist_keep_the_profiles_limits_together(
    pytester: pytest.Pytester, simulator: InProcessSimulator
) -> None:
    simulator.renew(0)
    profile = Path(str(simulator.profile.source))
    limited = profile.parent / "limited.toml"
    text = profile.read_text("utf-8").replace("[limits]", "[limits]\nrequests = 14\nconnections = 2")
    limited.write_text(text, encoding="utf-8")
    pytester.makepyfile(
        test_many="""
        import pytest

        @pytest.mark.parametrize("number", range(12))
        def test_one(offerproof_api, offerproof_expect, number):
            offerproof_expect.refusal(offerproof_api.fetch_offer("1"))
        """
    )
    common = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:locust", "-p", "no:schemathesis"]
    common += ["--offerproof-target", str(limited)]
    ran = subprocess.run([*common, "-n", "2", "-q"], capture_output=True, text=True, timeout=120, cwd=pytester.path)
    # each worker looks first whether its three services are there: 6 of the 14 requests; 8 tests have one
    assert "8 passed, 4 errors" in ran.stdout, ran.stdout + ran.stderr
    assert "the budget of 14 requests is used up" in ran.stdout
    many = subprocess.run([*common, "-n", "3"], capture_output=True, text=True, timeout=120, cwd=pytester.path)
    assert (many.returncode, "limits.connections is 2" in many.stderr) == (4, True)


def test_a_rate_and_a_number_of_requests_hold_over_processes(tmp_path: Path) -> None:
    one, other = CommonPace(200, tmp_path), CommonPace(200, tmp_path)
    started = time.monotonic()
    for pace in (one, other) * 10:
        pace.wait()
    assert time.monotonic() - started >= 19 / 200
    budgets = [CommonBudget(3, tmp_path), CommonBudget(3, tmp_path)]
    for budget in (budgets[0], budgets[1], budgets[0]):
        budget.take()
    with pytest.raises(BudgetExhausted):
        budgets[1].take()


def test_the_plugin_has_every_fixture_of_a_check_and_loads_nothing_of_ours() -> None:
    assert pytest_offerproof.NAMES == FIXTURES
    assert {f"offerproof_{name}" for name in FIXTURES} <= set(vars(pytest_offerproof))
    script = textwrap.dedent(
        """
        import sys, pytest
        pytest.main(["--version", "-p", "pytest_offerproof"])
        import json
        ours = ("offerproof", "msgspec", "requests")
        print(json.dumps([name for name in sys.modules if name.partition(".")[0] in ours]))
        """
    )
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, env=environment, timeout=60, check=True)
    assert msgspec.json.decode(ran.stdout.splitlines()[-1]) == []
