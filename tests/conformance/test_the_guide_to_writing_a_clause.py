"""The example of ``docs/write-a-clause.md`` is run as it stands there: it holds, and it fails for the right reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import offerproof.conformance as public
from offerproof.conformance import Clock, Expect, Given, Options, Settle, Wait, certify
from offerproof.contract import SuiteFolders
from offerproof.target import load_profile

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "write-a-clause.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the first block of the guide in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", GUIDE, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("defects", "verdict", "code"), [((), "pass", 0), (("lock-answers-info",), "fail", 1)])
def test_the_example_holds_on_a_right_target_and_fails_on_a_wrong_one(simulate, tmp_path, defects, verdict, code):
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "clauses.toml").write_text(block("toml"), encoding="utf-8")
    (suite / "test_45_lock.py").write_text(block("python"), encoding="utf-8")
    with simulate(*(option for name in defects for option in ("--defect", name))) as profile:
        run = certify(Options(profile=load_profile(profile), suite=SuiteFolders(suite), out=tmp_path / "runs")).run
    assert (run.standings["LOCK-1"].verdict, int(run.outcome.exit_code)) == (verdict, code)


@pytest.mark.parametrize(
    ("fixture", "kind"), [("given", Given), ("expect", Expect), ("settle", Settle), ("clock", Clock), ("wait", Wait)]
)
def test_the_guide_names_only_what_the_fixtures_have(fixture, kind):
    section = GUIDE.partition(f"### `{fixture}`")[2].partition("###")[0]
    named = set(re.findall(rf"`(?:with )?{fixture}\.(\w+)\(", section))
    if fixture == "expect":
        named |= set(re.findall(r"(?:^- |, )`(\w+)\(", section, flags=re.MULTILINE))
    assert named or fixture == "settle"
    assert [name for name in sorted(named) if not hasattr(kind, name)] == []


def test_the_guide_names_every_method_of_given_and_expect():
    for kind in (Given, Expect):
        public_names = {name for name in vars(kind) if not name.startswith("_")}
        assert sorted(name for name in public_names if f"{name}(" not in GUIDE and f"{name}`" not in GUIDE) == []


def test_what_the_guide_imports_is_public():
    imported = re.findall(r"from offerproof\.conformance import (.+)", block("python"))
    assert [name for names in imported for name in names.split(", ") if name not in public.__all__] == []
