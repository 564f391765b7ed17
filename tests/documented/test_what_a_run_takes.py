"""The page that says how many customers and user offers a run takes is near what a plan reckons."""

from __future__ import annotations

import re

import pytest

from offerproof.conformance import Options, plan
from offerproof.contract import Level
from offerproof.target import load_profile
from tests.documented.pages import ROOT

ROW = re.compile(r"^\| (smoke|gate|full) \| ([0-9,]+) \| ([0-9]+) \| ([0-9]+) \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "what-a-run-takes.md").read_text("utf-8"))


def test_the_page_has_every_level():
    assert [row[0] for row in ROWS] == [level.value for level in Level]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_the_page_says_of_a_level_is_what_its_plan_needs(row):
    level, _, customers, user_offers = row
    profile = load_profile(ROOT / "examples" / "staging.toml", {}, planning=True)
    planned = plan(Options(profile=profile, level=Level(level)))
    needed = sum(planned.plan.needs.user_offers.values())
    assert planned.customers == pytest.approx(int(customers), rel=0.1)
    assert needed == pytest.approx(int(user_offers), rel=0.1)
