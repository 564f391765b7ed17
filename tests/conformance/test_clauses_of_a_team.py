"""``certify --clauses DIR``: a team's clauses beside ours, in a chapter of their own; that of the examples runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offerproof.cli import clauses, explain, replay
from offerproof.conformance import Finished, Options, certify
from offerproof.conformance.runner import Waivers
from offerproof.contract import RUN_FILE, Level, SuiteFolders, added_hash
from offerproof.defects import defects_of, registry
from offerproof.errors import Misuse
from offerproof.findings import Finding, Verdict, Waiver, read_run
from offerproof.report.attestation import disagreements, opened, sign
from offerproof.report.formats.text import render
from offerproof.report.summary import summarize
from offerproof.selfcheck import Plan, TrialOutcome, catalogue, check
from offerproof.selfcheck.in_process_simulator import InProcessSimulator, in_process_simulator

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop-clauses"
FIRST = """[chapters.SHOP]\ntitle = "Shop"\n[[clauses]]\nid = "SHOP-1"\nsentence = "S."
source = "Handbook"\nsection = "1"\nstrength = "must"\n"""
CHECK = """from offerproof.conformance import clause

@clause("SHOP-1")
def test_it(expect):
    expect.that(True)
"""
WIRE = "from offerproof.defects import wire\n"


@pytest.fixture(scope="module")
def simulator() -> Iterator[InProcessSimulator]:
    with in_process_simulator(partial(catalogue, SHOP)) as made:
        yield made


@pytest.fixture(scope="module")
def red(simulator: InProcessSimulator, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run of ours and theirs on a simulator whose names are too long for their tills."""
    simulator.renew(0, "shop-long-names")
    options = Options(
        profile=simulator.profile,
        only=("SMOKE", "SHOP"),
        out=tmp_path_factory.mktemp("runs"),
        suite=SuiteFolders(added=SHOP),
    )
    return certify(options)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """A folder with these files, and those of a small right one."""

    def make(**files: str) -> Path:
        for name, text in {"clauses_toml": FIRST, "test_shop_py": CHECK, **files}.items():
            stem, _, suffix = name.rpartition("_")
            (tmp_path / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
        return tmp_path

    return make


def test_what_they_find_counts_in_the_verdict_and_stands_in_a_chapter_of_its_own(red: Finished) -> None:
    run = read_run(red.folder)
    verdicts = {name: str(run.standings[name].verdict) for name in ("SMOKE-1", "SHOP-1", "SHOP-2")}
    assert verdicts == {"SMOKE-1": "pass", "SHOP-1": "fail", "SHOP-2": "pass"}
    assert (int(run.outcome.exit_code), [one.partition(" failed")[0] for one in run.outcome.reasons]) == (1, ["SHOP-1"])
    summary = summarize(run)
    assert summary.chapters[-1].title == "SHOP, not of offerproof: What our tills need"
    assert summary.facts["Clauses of their own"] == f"{SHOP}, SHA-256 {added_hash(SHOP)}: SHOP 1 pass, 1 fail"
    assert "SHOP, not of offerproof" in render(run)


def test_a_signed_certificate_says_whose_clauses_were_added(red: Finished, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    envelope = sign(red.run, red.folder / RUN_FILE, key, build=None, days=1)
    statement = opened(envelope, key.public_key())
    assert statement is not None
    assert statement["predicate"]["suite"]["addedHash"] == added_hash(SHOP)
    assert list(disagreements(statement, red.run, red.folder / RUN_FILE)) == []


def test_a_waiver_covers_one_of_theirs(simulator: InProcessSimulator, tmp_path: Path) -> None:
    simulator.renew(0, "shop-long-names")
    waiver = Waiver(clause="SHOP-1", reason="the new display comes in spring", owner="tills", expires="2999-01-01")
    theirs, waivers = SuiteFolders(added=SHOP), Waivers((waiver,))
    options = Options(profile=simulator.profile, only=("SHOP",), out=tmp_path, suite=theirs, waivers=waivers)
    run = certify(options).run
    assert (run.standings["SHOP-1"].verdict, int(run.outcome.exit_code)) == (Verdict.WAIVED, 0)


def test_a_finding_of_theirs_is_replayed_with_the_folder_of_the_run(
    red: Finished, simulator: InProcessSimulator, tmp_path: Path
) -> None:
    simulator.renew(0, "shop-long-names")
    target = str(simulator.profile.source)
    told = CliRunner().invoke(
        replay.command, [str(red.folder), "SHOP-1", "--target", target, "--out", str(tmp_path)], standalone_mode=False
    )
    assert told.return_value == 1, told.output
    assert "fails again" in told.output


def test_a_run_whose_folder_is_gone_says_how_to_name_it(red: Finished) -> None:
    run = read_run(red.folder)
    assert run.plan.added is not None
    assert replay._suite(run, None).added == SHOP
    gone = msgspec.structs.replace(run.plan.added, folder="/nowhere/clauses")
    run.plan = msgspec.structs.replace(run.plan, added=gone)
    with pytest.raises(Misuse, match="no such folder") as refused:
        replay._suite(run, None)
    assert "--clauses" in str(refused.value.hint)


def test_selfcheck_plants_their_defects_and_leaves_ours_alone() -> None:
    before = set(registry())
    report = check(Plan(defects=tuple(defects_of(SHOP / "defects.py")), seeds=(), clauses=SHOP), lambda one: None)
    assert {(one.name, one.outcome) for one in report.trials} == {
        ("shop-long-names", TrialOutcome.KILLED),
        ("shop-no-second-lock", TrialOutcome.KILLED),
    }
    assert set(registry()) == before


def test_explain_and_clauses_know_them_when_the_folder_is_named() -> None:
    told = CliRunner().invoke(explain.command, ["SHOP-2", "--clauses", str(SHOP)]).output
    assert "test_shop.py::test_the_next_till_can_lock_at_once" in told
    assert f"offerproof certify --only SHOP-2 --clauses {SHOP}" in told
    assert "SHOP-1" in CliRunner().invoke(clauses.command, ["SHOP", "--clauses", str(SHOP)]).output


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"clauses_toml": FIRST.replace("SHOP", "LOCK")}, "the chapter LOCK is one of offerproof's"),
        ({"clauses_toml": FIRST.replace("chapters.SHOP", "chapters.shop")}, "capital letters"),
        ({"clauses_toml": FIRST.replace('"SHOP-1"', '"LOCK-1"')}, "LOCK-1: stands there twice"),
        ({"clauses_toml": FIRST.replace('"SHOP-1"', '"LOCK-999"')}, "LOCK-999: there is no chapter 'LOCK' in this"),
        ({"clauses_toml": FIRST.replace('"must"', '"will"')}, "Invalid enum value 'will'"),
        ({"clauses_toml": "title ="}, "the clauses cannot be read"),
        ({"clauses_toml": FIRST + 'follows_from = ["SHOP-9"]\n'}, "follows from SHOP-9"),
        ({"test_45_lock_py": CHECK}, "called like a file of offerproof's checks"),
    ],
)
def test_a_folder_that_is_not_right_is_refused_before_anything_is_sent(
    folder: Callable[..., Path], files: dict[str, str], told: str
) -> None:
    with pytest.raises(Misuse) as refused:
        SuiteFolders(added=folder(**files)).contract.select(())
    assert told in refused.value.message


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (CHECK.replace("SHOP-1", "LOCK-1"), "judges LOCK-1, which is not a clause of"),
        (CHECK.replace('"SHOP-1"', ""), "test_shop.py::test_it names no clause"),
        ("def test_it(:\n", "the checks cannot be loaded: test_shop.py"),
    ],
)
def test_a_check_that_is_not_right_is_the_callers_fault(
    simulator: InProcessSimulator, folder: Callable[..., Path], tmp_path: Path, code: str, told: str
) -> None:
    options = Options(
        profile=simulator.profile,
        level=Level.SMOKE,
        out=tmp_path / "runs",
        suite=SuiteFolders(added=folder(test_shop_py=code)),
    )
    with pytest.raises(Misuse) as refused:
        certify(options)
    assert told in refused.value.message


def test_a_check_of_theirs_that_breaks_is_no_error_of_ours(
    simulator: InProcessSimulator, folder: Callable[..., Path], tmp_path: Path
) -> None:
    simulator.renew(0)
    suite = SuiteFolders(added=folder(test_shop_py=CHECK.replace("expect.that(True)", "1 / 0")))
    run = certify(Options(profile=simulator.profile, only=("SHOP",), out=tmp_path / "runs", suite=suite)).run
    (finding,) = run.findings
    assert isinstance(finding, Finding)
    assert (finding.verdict, int(run.outcome.exit_code)) == (Verdict.ERROR, 3)
    assert "SHOP-1 could not be judged, an error of its check: ZeroDivisionError" in run.outcome.reasons[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (WIRE + 'wire("a", "nothing", "SHOP-1", "s")(print)\n', "there is no family"),
        (
            WIRE + 'wire("lock-answers-info", "lock", "SHOP-1", "s")(print)\n',
            "two defects",
        ),
        ("1 / 0\n", "cannot be run: ZeroDivisionError"),
        (None, "there is no "),
    ],
)
def test_defects_that_cannot_be_planted_are_refused(tmp_path: Path, text: str | None, told: str) -> None:
    before = set(registry())
    if text is not None:
        (tmp_path / "defects.py").write_text(text, encoding="utf-8")
    with pytest.raises(Misuse, match=told):
        defects_of(tmp_path / "defects.py")
    assert set(registry()) == before
