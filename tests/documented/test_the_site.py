"""``docs/`` as a site: its navigation has every page once, its links lead to headings that are there, its FAQ is true.

``make site`` builds it, with strict links; what is looked at here needs no site generator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import clauses_page
from offerproof.cli import main
from offerproof.content import folder
from offerproof.contract import load_contract
from offerproof.errors import ExitCode
from tests.documented.pages import ROOT

DOCS = ROOT / "docs"
SITE: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
FAQ = (DOCS / "faq.md").read_text("utf-8")


def pages_of(nav: list[Any]) -> Iterator[str]:
    for entry in nav:
        for inner in entry.values():
            yield from [inner] if isinstance(inner, str) else pages_of(inner)


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as MkDocs and GitHub make them of plain words."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}


def test_the_navigation_has_every_page_once_and_no_other() -> None:
    named = list(pages_of(SITE["nav"]))
    assert sorted(named) == sorted([*(path.name for path in DOCS.glob("*.md")), clauses_page.NAME])
    assert not (DOCS / clauses_page.NAME).exists(), "it is made when the site is built"


def test_a_broken_link_breaks_the_site_and_the_page_of_clauses_is_part_of_it() -> None:
    assert SITE["strict"] is True
    assert set(SITE["validation"]["links"].values()) == {"warn"}
    assert "mkdocs build --strict\n" in (ROOT / "Makefile").read_text("utf-8"), "with --quiet nothing is strict"
    assert SITE["hooks"] == ["benchmarks/clauses_page.py"]
    assert SITE["theme"]["font"] is False, "a font from elsewhere"


def test_a_link_to_a_heading_leads_to_one() -> None:
    lost = [
        (page.name, target, anchor)
        for page in DOCS.glob("*.md")
        for target, anchor in re.findall(r"\]\(([\w-]*(?:\.md)?)#([^)]+)\)", page.read_text("utf-8"))
        if anchor not in headings(DOCS / target if target else page)
    ]
    assert lost == []


def test_the_page_of_clauses_has_a_row_for_each() -> None:
    rows = re.findall(r"^\| ([A-Z]+-\d+) \| (must|should|info) \|", clauses_page.page(), re.MULTILINE)
    assert rows == [(clause.id, clause.strength.value) for clause in load_contract().clauses.values()]
    assert re.findall(r"^## (\w+): ", clauses_page.page(), re.MULTILINE) == list(load_contract().chapters)


MISTAKES = {
    "these environment variables are not set": (["certify", "--target", "staging.toml"], {}),
    "unknown key; did you mean": (["certify", "--target", "staging.toml", "--plan"], {"unlock =": "unlok ="}),
    "is not among limits.hosts": (["check", "--target", "staging.toml"], {'hosts = ["': 'hosts = ["other.'}),
    "load is never sent to production": (
        ["load", "--target", "staging.toml"],
        {'environment = "staging"': 'environment = "production"'},
    ),
    "has no footer: the run did not finish": (["report", "run.jsonl"], {}),
    "what a load run found is of many calls at once, and is not replayed": (["replay", "load", "LOAD-1"], {}),
}
"""By what the FAQ quotes in a heading: the command that says it, and how the example profile is spoilt for it."""


def test_every_quoted_heading_of_the_faq_is_a_mistake_that_is_made_here() -> None:
    assert set(re.findall(r"^## `(.+)`$", FAQ, re.MULTILINE)) == set(MISTAKES)


@pytest.mark.parametrize("told", MISTAKES)
def test_a_mistake_is_told_as_the_faq_quotes_it(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command, spoilt = MISTAKES[told]
    profile = (ROOT / "examples" / "staging.toml").read_text("utf-8")
    for before, after in spoilt.items():
        assert before in profile
        profile = profile.replace(before, after, 1)
    for name in re.findall(r'_env = "(\w+)"', profile):
        if "not set" in told:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, "of-nobody")
    (tmp_path / "staging.toml").write_text(profile, encoding="utf-8")
    samples = ROOT / "reports" / "sample"
    (tmp_path / "load").mkdir()
    (tmp_path / "load" / "run.jsonl").write_bytes((samples / "load" / "run.jsonl").read_bytes())
    lines = (samples / "conforming" / "run.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "run.jsonl").write_bytes(b"".join(lines[:-1]))
    monkeypatch.chdir(tmp_path)
    code = main(command)
    assert told in capsys.readouterr().err
    assert code in (ExitCode.MISUSE, ExitCode.NOT_JUDGED)


def test_the_faq_names_keys_options_and_commands_that_there_are() -> None:
    schema = json.loads((folder("schemas") / "target.json").read_bytes())["properties"]
    keys = [
        tuple(word.split("."))
        for word in re.findall(r"`([a-z]+\.[a-z_]+)`", FAQ)
        if word.partition(".")[2] not in ("env", "jsonl")
    ]
    assert [key for key in keys if key[1] not in schema[key[0]]["properties"]] == []
    for command in set(re.findall(r"`(?:offerproof )?(check|replay|report|certify|compare)\b[^`]*`", FAQ)):
        assert main([command, "--help"]) == 0
    assert set(re.findall(r"--[a-z-]+", FAQ)) == {
        "--only", "--partial", "--plan", "--processes", "--seed", "--strict-waivers", "--target", "--tolerance",
    }  # fmt: skip
