"""The committed samples are reports of committed runs, byte for byte; ``reports/sample/make.py`` makes them again."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "reports" / "sample"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"sample_{name}", SAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def make() -> ModuleType:
    return load("make")


@pytest.fixture(scope="module")
def rendered(make: ModuleType) -> dict[str, str]:
    """Every report of the samples, rendered once."""
    return dict(make.reports(make.read_samples()))


def test_the_pictures_are_of_samples_and_small() -> None:
    screens = load("screens").SCREENS
    assert {report for report, *_ in screens.values() if not (SAMPLES / report).is_file()} == set()
    pictures = [path.read_bytes() for path in sorted((SAMPLES / "screens").iterdir())]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert sum(map(len, pictures)) < 300_000


@pytest.mark.slow
def test_every_sample_is_what_its_run_renders_to(rendered: dict[str, str]) -> None:
    stale = [place for place, content in rendered.items() if (SAMPLES / place).read_text(encoding="utf-8") != content]
    assert stale == [], "make them again: .venv/bin/python reports/sample/make.py"


@pytest.mark.slow
def test_there_is_no_sample_that_nobody_makes(make: ModuleType, rendered: dict[str, str]) -> None:
    made = set(rendered)
    kept = {f"{name}/run.jsonl" for name in make.RUNS} | {"make.py", "screens.py"}
    kept |= {f"screens/{name}.png" for name in load("screens").SCREENS}
    there = {
        str(path.relative_to(SAMPLES))
        for path in SAMPLES.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there == made | kept


def test_the_samples_show_both_verdicts(make: ModuleType) -> None:
    runs = make.read_samples()
    assert {name: run.outcome.verdict.value for name, run in runs.items()} == {
        "conforming": "conforms",
        "failing": "fails",
        "load-before": "conforms",
        "load": "conforms",
        "load-failing": "fails",
        "till": "fails",
    }
    assert all(f.exchanges for f in runs["failing"].failures)


def test_a_sample_names_no_real_port_or_folder(make: ModuleType) -> None:
    for name in make.RUNS:
        told = (SAMPLES / name / "run.jsonl").read_text(encoding="utf-8")
        assert set(re.findall(r"127\.0\.0\.1:(\d+)", told)) <= {"8080"}
        assert re.findall(r"/(?:home|tmp|root|Users)/", told) == []


def test_taking_a_sample_twice_changes_nothing(make: ModuleType) -> None:
    for name in make.RUNS:
        lines = (SAMPLES / name / "run.jsonl").read_bytes()
        assert make.normalised(lines.splitlines(), name) == lines


@pytest.mark.slow
def test_each_kind_of_report_shows_one_fault_as_one_and_leaves_nothing_out(
    make: ModuleType, rendered: dict[str, str]
) -> None:
    told = {place: content for place, content in rendered.items() if place.startswith("failing/")}
    for name in ("certificate.txt", "certificate.html", "certificate.md", "junit.xml"):
        assert "lso red, probably for the same reason" in told[f"failing/{name}"], name
    report = json.loads(told["failing/certificate.json"])
    causes = {cause["clause"]: [one["clause"] for one in cause["also"]] for cause in report["causes"]}
    assert list(causes) == ["LOYAL-1", "FETCH-6", "LOCK-12", "DECL-29", "DECL-30", "REFUSE-28"]
    assert causes["FETCH-6"] == ["FETCH-6", "JOURN-7"]
    assert causes["LOCK-12"] == ["LOCK-39", "LOCK-41", "REDEEM-32", "IDEM-4"]
    failed = {line["id"] for chapter in report["chapters"] for line in chapter["clauses"] if line["verdict"] == "fail"}
    assert failed == {finding["clause"] for finding in report["findings"] if finding["verdict"] == "fail"}
    cases = ElementTree.fromstring(told["failing/junit.xml"]).iter("testcase")
    assert failed == {case.attrib["name"].partition(" ")[0] for case in cases if case.find("failure") is not None}
