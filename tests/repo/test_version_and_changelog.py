"""The version and the changelog tell the same story: what is out, and what comes."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.version import Version

from offerproof import __version__

KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
"""Of Keep a Changelog, in its order."""


@pytest.fixture(scope="module")
def sections(root: Path) -> list[tuple[str, str, dict[str, str]]]:
    """Name, date and notes by kind of each section, the newest first."""
    parts = re.split(r"(?m)^## \[(.+)\](?: - (.+))?\n", (root / "CHANGELOG.md").read_text(encoding="utf-8"))[1:]
    made = []
    for name, date, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        before, *kinds = re.split(r"(?m)^### (.+)\n", body)
        assert before.strip() == "", f"{name}: every note stands under its kind"
        assert len(set(kinds[::2])) == len(kinds[::2]), f"{name}: a kind stands there twice"
        made.append((name, date or "", dict(zip(kinds[::2], kinds[1::2], strict=True))))
    return made


def test_what_comes_stands_first_and_every_release_has_its_date(sections):
    (name, date, _), *released = sections
    assert (name, date) == ("Unreleased", "")
    assert [one for one, day, _ in released if not re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", day)] == []
    assert all(Version(newer[0]) > Version(older[0]) for newer, older in pairwise(released))
    assert all(newer[1] >= older[1] for newer, older in pairwise(released))


def test_notes_stand_under_the_kinds_of_keep_a_changelog_in_their_order(sections):
    for name, _, kinds in sections:
        assert list(kinds) == [kind for kind in KINDS if kind in kinds], name
        assert [kind for kind, notes in kinds.items() if not notes.lstrip().startswith("- ")] == [], name


def test_the_version_is_the_newest_release_or_on_the_way_to_the_next(sections):
    (_, _, coming), (newest, _, _), *_ = sections
    version, out = Version(__version__), Version(newest)
    if not version.is_prerelease:
        assert (version, coming) == (out, {}), "a release: what came stands under its version and date"
        return
    steps = {
        "major": (out.major + 1, 0, 0),
        "minor": (out.major, out.minor + 1, 0),
        "patch": (out.major, out.minor, out.micro + 1),
    }
    breaking, more = {"Changed", "Removed"} & set(coming), {"Added", "Deprecated"} & set(coming)
    allowed = ["major"] if breaking and out.major else ["major", "minor"] if breaking or more else list(steps)
    assert version.release in [steps[one] for one in allowed], f"after {out}, with {', '.join(coming)} to come"
