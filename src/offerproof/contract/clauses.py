"""``contracts/clauses.toml`` as values: chapters and clauses, checked when they are read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from offerproof import content
from offerproof.contract.operations import OPERATIONS
from offerproof.errors import ContentMissing, Misuse, OfferproofError

EVERY: Final = "*"
"""In ``shapes``: every answer to a documented call, which is no server error, whatever was asked."""
OFFSET: Final = "offset"
"""In ``shapes``: that no instant of an answer is written with an offset where the documents write UTC."""
IDENTIFIER: Final = "identifier"
"""In ``shapes``: that each id of an answer is a GUID, as the documents print them."""
UNANSWERED: Final = "unanswered"
"""In ``shapes``: every request, which has an answer of the target itself."""
NEVER_ANSWERED: Final = "never answered"
"""In ``shapes``: every documented call, which has an answer as long as others have."""
CLOCK_MOVES: Final = "clock"
"""In ``shapes``: a clock that can be set, which goes where it is set."""
BESIDE_SHAPES: Final[Mapping[str, str]] = {
    EVERY: "every answer to a documented call",
    OFFSET: "how instants are written",
    IDENTIFIER: "how ids are written",
    UNANSWERED: "whether every request has an answer",
    NEVER_ANSWERED: "whether every call has answers, while others have",
    CLOCK_MOVES: "whether a clock that can be set goes where it is set",
}
"""The words that ``shapes`` may hold beside operations, and what a clause with one judges."""
ANY: Final = "*"
"""In ``declares``: whatever the profile answers, as long as it is not "unknown"."""
PERIODS: Final[Mapping[str, str]] = {
    "return_period": "return period",
    "tier_period": "period of a tier",
    "redemption_window": "redemption window",
    "lock_lifetime": "lifetime of a lock",
}
"""What ends by itself after a while, in words: what a clause that waits for an end waits for."""
_CLIENTS: Final = frozenset({"TILL"})
"""Chapters that bind clients."""
_CHAPTER: Final = re.compile("[A-Z]{2,12}")
_SEE_ALL: Final = "offerproof clauses lists them all"
_HOW_TO_ADD: Final = "docs/your-own-clauses.md has an example of such a folder"
_OF_CLIENTS: Final = "it binds clients: offerproof audit RECORDING --client NAME judges it"
_OF_TARGETS: Final = "it binds targets: offerproof certify judges it"


class Strength(StrEnum):
    """How a clause binds. Breaking a must fails the target, a should warns, an info never judges."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"


class Level(StrEnum):
    """How much a run does; each level includes the one before it."""

    SMOKE = "smoke"
    GATE = "gate"
    FULL = "full"

    def includes(self, other: Level) -> bool:
        """Whether a run at this level exercises a clause of level ``other``."""
        order = list(Level)
        return order.index(other) <= order.index(self)


class Clause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One testable sentence of the contract, with an id that is never reused (``LOCK-3``)."""

    id: str
    sentence: str
    source: str
    section: str
    strength: Strength
    level: Level = Level.GATE
    operations: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Capabilities the target must declare (profile ``[capabilities]``, and the implied ``writes``)."""
    declares: dict[str, tuple[str, ...]] = {}
    """Answers the profile must give in ``[behaviour]`` for the clause to judge (question → answers it can tell apart,
    ``*`` for any): what a target declares of itself it is held to."""
    period: str | None = None
    """What must have ended before the clause can be seen to hold: one of :data:`PERIODS`."""
    moment: bool = False
    """Whether it is seen only at the very moment before that end, and so not in a second sitting."""
    shapes: tuple[str, ...] = ()
    """Operations whose every answer is judged against its schema under this clause."""
    unchecked: str | None = None
    """Why no check exists; None when one does."""
    follows_from: tuple[str, ...] = ()
    """Clauses whose breach shows here too: where one of them is red, it is probably the reason."""
    general: bool = False
    """Whether it says again, in any order or for any input, what other clauses say one by one (of its chapter)."""

    @property
    def chapter(self) -> str:
        """The chapter's id: ``LOCK`` of ``LOCK-3``."""
        return self.id.rpartition("-")[0]

    @property
    def client(self) -> bool:
        """Whether it binds whoever calls, and not the target."""
        return self.chapter in _CLIENTS

    def asked_within(self, allowed: Callable[[str], bool]) -> bool:
        """Whether it can be judged by ``allowed`` operations: all of its own, or one for a clause about the form of
        answers, which is judged on those there are."""
        enough = any if self.shapes else all
        return not self.operations or enough(allowed(name) for name in self.operations)


@dataclass(frozen=True)
class Contract:
    """All chapters (id → title) and clauses (by id), in the order of the file."""

    chapters: Mapping[str, str]
    clauses: Mapping[str, Clause]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Clauses and chapters of the other side of the contract, with who judges them."""

    def side(self, *, client: bool) -> Contract:
        """The half of the contract that binds clients, or the one that binds targets."""
        kept = {name: clause for name, clause in self.clauses.items() if clause.client is client}
        other = {name for clause in self.clauses.values() if clause.client is not client for name in _names(clause)}
        chapters = {name: title for name, title in self.chapters.items() if name not in other}
        return Contract(chapters, kept, dict.fromkeys(other, _OF_TARGETS if client else _OF_CLIENTS))

    def find(self, name: str) -> Clause:
        """Return a clause by its id, in any case.

        Raises:
            Misuse: there is none; the message names near ones.
        """
        found = self.clauses.get(name.upper())
        if name.upper() in self.elsewhere:
            raise Misuse(f"{name.upper()} is not judged here", hint=self.elsewhere[name.upper()])
        if found is None:
            near = get_close_matches(name.upper(), [*self.chapters, *self.clauses], n=3)
            raise Misuse(f"there is no clause {name!r}", hint=f"near: {', '.join(near)}" if near else _SEE_ALL)
        return found

    def select(self, names: Sequence[str]) -> frozenset[str]:
        """Ids of the clauses named by ids or whole chapters (``LOCK``); all of them when nothing is named."""
        chosen: set[str] = set()
        for name in names:
            if name.upper() in self.chapters:
                chosen |= {clause.id for clause in self.of_chapter(name.upper())}
            else:
                chosen.add(self.find(name).id)
        return frozenset(chosen if names else self.clauses)

    def of_chapter(self, name: str) -> list[Clause]:
        """The clauses of one chapter, in the order of the file."""
        return [clause for clause in self.clauses.values() if clause.chapter == name]


def load_contract(folder: Path | None = None) -> Contract:
    """Read ``clauses.toml`` of a contract folder; of our own by default, and that only once.

    Raises:
        ContentMissing: the file is not there or not right; it is part of the package, so that is our fault.
    """
    return _ours() if folder is None else _read(folder / "clauses.toml")


@cache
def _ours() -> Contract:
    return _read(content.folder("contracts") / "clauses.toml")


def add_clauses(own: Contract, folder: Path) -> tuple[Contract, tuple[str, ...]]:
    """A contract with a team's own clauses behind its own, and the chapters that came with them.

    Raises:
        Misuse: they cannot be read, or their chapters are not their own.
    """
    both = _read(folder / "clauses.toml", own)
    return both, tuple(name for name in both.chapters if name not in own.chapters)


def _read(path: Path, own: Contract | None = None) -> Contract:
    """Clauses of a file: of the package, or behind those of ``own``, and then what is wrong is the caller's."""

    def wrong(told: str, cause: Exception | None = None) -> OfferproofError:
        problem = ContentMissing(told) if own is None else Misuse(told, hint=_HOW_TO_ADD)
        problem.__cause__ = cause
        return problem

    before, where = own or Contract({}, {}), path.name if own is None else str(path)
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        chapters = {name: str(table["title"]) for name, table in document["chapters"].items()}
        general = frozenset(name for name, table in document["chapters"].items() if table.get("general", False))
        clauses = [msgspec.convert(entry, Clause) for entry in document["clauses"]]
    except OSError as problem:
        raise wrong(f"the clauses cannot be read: {where}: {problem.strerror}", problem) from problem
    except KeyError as problem:
        raise wrong(f"the clauses cannot be read: {where}: there is no {problem}", problem) from problem
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError, TypeError, msgspec.ValidationError) as problem:
        raise wrong(f"the clauses cannot be read: {where}: {problem}", problem) from problem
    for name in chapters:
        if name in before.chapters:
            raise wrong(f"{where}: the chapter {name} is one of offerproof's: give yours a name of its own")
        if not _CHAPTER.fullmatch(name):
            raise wrong(f"{where}: a chapter is called by 2 to 12 capital letters, and not {name!r}")
    by_id: dict[str, Clause] = dict(before.clauses)
    for clause in clauses:
        problem_found = _wrong(clause, chapters, by_id)
        if problem_found:
            raise wrong(f"{where}: {clause.id}: {problem_found}")
        by_id[clause.id] = msgspec.structs.replace(clause, general=clause.chapter in general)
    for clause in by_id.values():
        lost = [name for name in clause.follows_from if name not in by_id]
        if lost:
            raise wrong(f"{where}: {clause.id} follows from {lost[0]}, and there is no such clause")
    return Contract({**before.chapters, **chapters}, by_id)


def _names(clause: Clause) -> tuple[str, str]:
    return clause.id, clause.chapter


def _wrong(clause: Clause, chapters: Mapping[str, str], seen: Mapping[str, Clause]) -> str | None:
    if clause.id in seen:
        return "stands there twice"
    if clause.chapter not in chapters:
        return f"there is no chapter {clause.chapter!r} in this file"
    if not clause.id.rpartition("-")[2].isdigit():
        return "an id is its chapter, a dash and a number"
    known = OPERATIONS.keys() | BESIDE_SHAPES.keys()
    unknown = [name for name in (*clause.operations, *clause.shapes) if name not in known]
    if unknown:
        return f"there is no operation {unknown[0]!r}"
    if clause.period not in (None, *PERIODS):
        return f"there is no period {clause.period!r}"
    judged_twice = [name for name in clause.shapes for other in seen.values() if name in other.shapes]
    if judged_twice:
        return f"answers of {judged_twice[0]} are judged under two clauses"
    return None
