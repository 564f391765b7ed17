"""The ledger of requirements is whole, and claims no more than is judged."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offerproof import content
from offerproof.conformance import Options, plan
from offerproof.conformance.runner import SittingFile
from offerproof.contract import Level, load_contract, load_requirements, unjudged
from offerproof.contract.requirements import CONDITIONS, NEVER, Condition, Extent, Requirements, extent, judges
from offerproof.errors import ContentMissing
from offerproof.target import CustomerSource, Profile, Timing, load_profile

SAMPLES = content.folder("schemas") / "samples"
DOCUMENTS = ("Core Loyalty Data", "Offer Management", "vendor documentation")


@pytest.fixture(scope="module")
def ledger() -> Requirements:
    return load_requirements()


def condition(name: str) -> Condition:
    return next(one for one in CONDITIONS if one.name == name)


def members(value: Any, above: str = "") -> Iterator[str]:
    """Every member's path, lists passed over; a key that is an id names an entry, and is no member."""
    for one in value if isinstance(value, list) else [value]:
        for name, inner in one.items() if isinstance(one, dict) else ():
            if not re.match(r"[0-9a-f]{8}-", name):
                path = f"{above}.{name}" if above else name
                yield path
                yield from members(inner, path)


def test_ids_count_from_one_without_gaps_in_the_order_of_the_sections(ledger: Requirements) -> None:
    """An id that is given up stays, with the reason in ``unjudged``; so none is ever given again."""
    counts = Counter(one.section for one in ledger.by_id.values())
    in_order = [f"{section}-{number}" for section in ledger.sections for number in range(1, counts[section] + 1)]
    assert list(ledger.by_id) == in_order
    assert all(counts[section] for section in ledger.sections)


def test_every_clause_of_the_documents_is_named_by_a_requirement(ledger: Requirements) -> None:
    named = {name for one in ledger.by_id.values() for name in one.clauses}
    of_targets = load_contract().side(client=False)
    of_documents = {name for name, clause in of_targets.clauses.items() if clause.source in DOCUMENTS}
    assert of_documents - named == set()


def test_every_sample_and_every_member_that_the_documents_print_has_a_requirement(ledger: Requirements) -> None:
    names = [entry["name"] for entry in tomllib.loads((SAMPLES / "ledger.toml").read_text("utf-8"))["sample"]]
    printed: set[tuple[str, str | None]] = {(name, None) for name in names}
    for name in names:
        document = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
        printed |= {(name, member) for member in members(document)}
    assert {(one.sample, one.member) for one in ledger.by_id.values() if one.sample} == printed


def test_what_is_judged_in_form_only_says_why(ledger: Requirements) -> None:
    formal = [one for one in ledger.by_id.values() if extent(one, condition("simulator")) is Extent.FORM]
    assert [one.id for one in formal if not one.unjudged] == []


def test_no_requirement_names_a_clause_twice_or_says_nothing(ledger: Requirements) -> None:
    bad = [
        one.id
        for one in ledger.by_id.values()
        if len(set(one.clauses)) != len(one.clauses) or not one.says.endswith(".") or not one.place
    ]
    assert bad == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ('clauses = ["SMOKE-1"]', None),
        ('clauses = ["SMOKE-2"]', "there is no clause 'SMOKE-2'"),
        ("", "no clause judges it, and it does not say why"),
        ('client = true\nunjudged = "so"', "a client's duty is judged by no clause and needs no reason"),
        ("colour = 1", "unknown field `colour`"),
    ],
)
def test_a_ledger_that_is_not_whole_is_not_read(changed: str, told: str | None, tmp_path: Any) -> None:
    clause = 'id = "SMOKE-1"\nsentence = "It works."\nsource = "s"\nsection = "s"\nstrength = "must"'
    (tmp_path / "clauses.toml").write_text(f'[chapters.SMOKE]\ntitle = "t"\n[[clauses]]\n{clause}\n')
    section = 'zeros = []\n[sections.A]\ndocument = "d"\nheading = "h"'
    text = f'{section}\n[[requirements]]\nid = "A-1"\nplace = "p"\nsays = "s."\n{changed}'
    (tmp_path / "requirements.toml").write_text(text)
    if told is None:
        assert list(load_requirements(tmp_path).by_id) == ["A-1"]
    else:
        with pytest.raises(ContentMissing, match=re.escape(told)):
            load_requirements(tmp_path)


# What the ledger computes is what a run plans


@pytest.fixture(scope="module")
def foreign(bench: Any) -> Profile:
    """A stranger that has everything but a control interface."""
    profile = load_profile(bench.folder / "bench.toml")
    declared = {**profile.capabilities, "clock": False, "reset": False, "ttl_code": False}
    return dataclasses.replace(profile, environment="staging", capabilities=declared, control=None)


@pytest.mark.parametrize("name", ["simulator", "one_sitting", "two_sittings", "short_period", "production", "standing"])
def test_what_is_called_judged_is_what_a_full_run_plans(
    name: str, foreign: Profile, ledger: Requirements, tmp_path: Path
) -> None:
    short = Timing(return_period_s=30, tier_period_s=30, redemption_window_s=30)
    declared = {**foreign.behaviours, "lock_lifetime.seconds": "30"}
    profiles = {
        "simulator": None,
        "production": dataclasses.replace(foreign, environment="production"),
        "short_period": dataclasses.replace(foreign, timing=short, behaviours=declared),
    }
    (tmp_path / "who.jsonl").write_text('{"email": "somebody@example.com"}\n')
    standing = CustomerSource("create", standing=tmp_path / "who.jsonl")
    profiles["standing"] = dataclasses.replace(foreign, environment="production", customers=standing)
    opens = tmp_path / "open.json" if name == "two_sittings" else None
    planned = plan(
        Options(profile=profiles.get(name, foreign), level=Level.FULL, sitting=SittingFile(opens=opens))
    ).plan
    named = {clause for one in ledger.by_id.values() for clause in one.clauses}
    required = {one.clause.id for one in planned.clauses if one.required and judges(one.clause)} & named
    assert {clause for clause in named if condition(name).sees(load_contract().clauses[clause])} == required


def test_what_stays_unjudged_is_told_by_what_would_change_it(ledger: Requirements, foreign: Profile) -> None:
    everything: dict[str, str | None] = dict.fromkeys(load_contract().clauses)
    assert set(unjudged(everything)) == {NEVER}
    waits, remedy = "no end of the return period", "a clock, a return period of at most wait_s, or --open"
    told = unjudged({name: waits if clause.period else None for name, clause in load_contract().clauses.items()})
    rolled = next(one for one in ledger.by_id.values() if one.says.startswith("Otherwise the points roll over"))
    assert rolled.id in told[remedy]
    assert "CORE-ACC-4" not in told[remedy]
    assert remedy in plan(Options(profile=foreign)).plan.unjudged
    assert told[NEVER] == unjudged(everything)[NEVER]
    production = plan(Options(profile=dataclasses.replace(foreign, environment="production"))).plan.unjudged
    assert next(iter(production)) == "allow_writes, and no production"
    assert {"an environment other than production", NEVER} < set(production)
    assert not {"earn", remedy, "create_offer"} & set(production), "declared, and of no use to a read-only target"


@pytest.mark.parametrize("narrower", [{"only": ("LOCK",)}, {"check": "test_redeeming_at_once"}])
def test_a_run_of_less_than_the_suite_does_not_count_requirements(narrower: Any, foreign: Profile) -> None:
    assert plan(Options(profile=foreign, **narrower)).plan.unjudged == {}
    assert plan(Options(profile=foreign)).plan.unjudged["--level full"]


def test_identities_between_zeros_are_not_called_judged(ledger: Requirements) -> None:
    points = next(one for one in ledger.by_id.values() if one.member == "tier_points")
    assert extent(points, condition("one_sitting")) is Extent.ZERO
    assert extent(points, condition("simulator")) is Extent.FULLY


def test_the_page_shows_what_the_ledger_gives_and_readme_counts_its_clauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    made = importlib.import_module("benchmarks.coverage_page")
    assert made.PAGE.read_text("utf-8") == made.page(), "python -m benchmarks.coverage_page writes it anew"
    assert made.README.read_text("utf-8") == made.readme(), "python -m benchmarks.coverage_page counts anew"
