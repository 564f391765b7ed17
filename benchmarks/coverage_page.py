"""``docs/coverage.md`` from the ledger of requirements, and how many clauses README says that ``make certify`` judges:
``python -m benchmarks.coverage_page`` writes both anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from offerproof.conformance.runner import Options, plan
from offerproof.contract import Level, Requirement, load_requirements
from offerproof.contract.requirements import CONDITIONS, Extent, extent

README: Final = Path(__file__).parents[1] / "README.md"
PAGE: Final = README.parent / "docs" / "coverage.md"
_COUNTED: Final = re.compile("[0-9]+ kept, [0-9]+ skipped of [0-9]+ clauses")

_HEAD: Final = """\
# What of the documents is judged, and where

Made from `contracts/requirements.toml` by `python -m benchmarks.coverage_page`; a test keeps it so. A requirement is a
sentence, a table's row, a printed member or a printed sample of the two source documents, or a statement of the
vendor's documentation. Under which conditions it is judged is computed from the clauses that it names: the capabilities
they need, whether their operations write, whether a check exists. All of it at level full; `certify --plan` says the
same of the target at hand, and what in its profile would change it.

* **judged**: a check compares it with something. **zeros only**: with a fresh customer and no clock nothing that it
  speaks of is above zero. **form only**: the schema of the answer alone, so that it is there and of its type.
  **in part**: something of it stays open, said below.
* A recording is what `offerproof audit` and `watch` read. It is counted with the clauses that audits were seen to find
  kept in one recording and broken in another (`contracts/recorded.json`, measured by
  `python -m benchmarks.clauses_of_recordings`): a recording that exercises them, with a profile, of all that reached
  the target meanwhile (`--complete`). Which of them one recording decides, its audit says.
* Short periods are those that the profile states and `certify` waits for (`timing.wait_s`); two sittings are
  `certify --open` and `--close`, and count what both judge; standing customers are those of `[customers] standing`,
  with points, tiers and offers.
* A stranger here declares every capability but a control interface (`clock`, `reset`, `ttl_code`); one that declares
  less has less judged. Load runs judge further clauses (chapter LOAD); they are not counted here.
"""
_FIRST: Final = tuple(state for state in Extent if state is not Extent.CLIENT)


def page() -> str:
    """The page's text."""
    every = list(load_requirements().by_id.values())
    blocks = [
        _HEAD.rstrip(),
        "## Totals by condition",
        _table(["condition", *_FIRST, Extent.CLIENT, "all"], _totals(every)),
        "## Judged, by section",
        "Requirements with a check that compares (judged, or in part) of all that a target can keep.",
        _table(["section", *(one.title for one in CONDITIONS if one.name in _TODAY)], _sections(every)),
        "## Not judged under any condition",
        _table(["requirement", "says", "why"], _never(every)),
        "## Judged in part",
        _table(["requirement", "says", "what stays open"], _in_part(every)),
        "## Judged in form only",
        "By the schema of the answer alone: what no value is known to compare with.",
        _table(["requirement", "says", "why"], _form_only(every)),
        "## Judged on our simulator, and not on a stranger in one sitting",
        _table(["requirement", "says", "on a stranger"], _ours_only(every)),
    ]
    return "\n\n".join(blocks) + "\n"


_TODAY: Final = ("simulator", "one_sitting", "production", "recording")
_SIMULATOR, _STRANGER = (next(one for one in CONDITIONS if one.name == name) for name in _TODAY[:2])


def _totals(every: list[Requirement]) -> Iterator[list[str]]:
    for condition in CONDITIONS:
        counts = Counter(extent(one, condition) for one in every)
        yield [condition.title, *(str(counts[state]) for state in (*_FIRST, Extent.CLIENT)), str(len(every))]


def readme() -> str:
    """README, with the clauses counted that ``make certify`` judges of our simulator."""
    required = [one.required for one in plan(Options(profile=None, level=Level.GATE)).plan.clauses]
    told = f"{sum(required)} kept, {len(required) - sum(required)} skipped of {len(required)} clauses"
    return _COUNTED.sub(told, README.read_text("utf-8"))


def _sections(every: list[Requirement]) -> Iterator[list[str]]:
    for name, section in load_requirements().sections.items():
        here = [one for one in every if one.section == name and not one.client]
        cells = []
        for condition in (one for one in CONDITIONS if one.name in _TODAY):
            counts = Counter(extent(one, condition) for one in here)
            cells.append(f"{counts[Extent.FULLY] + counts[Extent.IN_PART]} of {len(here)}")
        yield [f"{name}: {section.document}, {section.heading}", *cells]


def _never(every: list[Requirement]) -> Iterator[list[str]]:
    return ([one.id, one.says, one.unjudged or ""] for one in every if extent(one, _SIMULATOR) is Extent.NO)


def _in_part(every: list[Requirement]) -> Iterator[list[str]]:
    return ([one.id, _said(one), one.unjudged or ""] for one in every if extent(one, _SIMULATOR) is Extent.IN_PART)


def _form_only(every: list[Requirement]) -> Iterator[list[str]]:
    return ([one.id, _said(one), one.unjudged or ""] for one in every if extent(one, _SIMULATOR) is Extent.FORM)


def _ours_only(every: list[Requirement]) -> Iterator[list[str]]:
    for one in every:
        there = extent(one, _STRANGER)
        if there in (Extent.ZERO, Extent.NO) and extent(one, _SIMULATOR) is not Extent.NO:
            yield [one.id, _said(one), there]


def _said(one: Requirement) -> str:
    return f"{one.sample}: {one.says}" if one.member else one.says


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")
