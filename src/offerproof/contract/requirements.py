"""``contracts/requirements.toml`` as values: what the documents say, which clauses judge it, and where they can.

A clause is one testable sentence that we made; a requirement is what a document says: a sentence, a row of a table, a
member or a sample that it prints. Under which conditions a requirement is judged follows from its clauses: from the
capabilities they need, from what their operations do, from their strength and from whether a check exists.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from offerproof import content
from offerproof.contract.clauses import PERIODS, Clause, Contract, Strength, load_contract
from offerproof.contract.operations import IN_PRODUCTION, TO_READ
from offerproof.errors import ContentMissing

RECORDED: Final = content.folder("contracts") / "recorded.json"
"""Each clause that an audit was seen to find kept and broken, with the recording that breaks it
(``benchmarks/clauses_of_recordings.py``)."""
NEVER: Final = "no clause judges them"
"""Stands where another profile or level would change nothing."""

_WRITES: Final = "allow_writes, and no production"
_REMEDIES: Final[Mapping[str, str]] = {
    "behaviour not declared": "[behaviour]",
    "production: reads only": "an environment other than production",
    "no writes": _WRITES,
    **{f"no end of the {words}": f"a clock, a {words} of at most wait_s, or --open" for words in PERIODS.values()},
}

_ONLY_OURS: Final = frozenset({"reset", "ttl_code"})
"""Capabilities that need a control interface: a target that is not a simulator has none."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that a document says, with an id that is never reused (``OFFER-S5-3``)."""

    id: str
    place: str
    """Where in its section: a row, a bullet, a sample, the text."""
    says: str
    """What is said, in our words."""
    clauses: tuple[str, ...] = ()
    sample: str | None = None
    """The sample of ``schemas/samples`` that prints it."""
    member: str | None = None
    """The member of that sample, with dots between names."""
    unjudged: str | None = None
    """Why no clause judges it; beside clauses, what of it stays open."""
    client: bool = False
    """Whether it is a client's duty, which no judge of a target can see."""

    @property
    def section(self) -> str:
        """The section's id: ``OFFER-S5`` of ``OFFER-S5-3``."""
        return self.id.rpartition("-")[0]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document's part, as its heading names it."""

    document: str
    heading: str


@dataclass(frozen=True)
class Requirements:
    """The ledger: all sections (by id) and requirements (by id), in the order of the file."""

    sections: Mapping[str, Section]
    by_id: Mapping[str, Requirement]
    zeros: frozenset[str]
    """Clauses that see nothing above zero, or no tier that ends, where no return period ends while we look."""

    def judged_by(self, clause: str) -> list[Requirement]:
        """The requirements that name a clause."""
        return [one for one in self.by_id.values() if clause in one.clauses]

    def place(self, one: Requirement) -> str:
        """Document, section and place of a requirement."""
        section = self.sections[one.section]
        return f"{section.document}, {section.heading}: {one.place}"


class Extent(StrEnum):
    """How well a requirement is judged under a condition."""

    FULLY = "judged"
    IN_PART = "in part"
    """Something of it stays open, and the ledger says what."""
    FORM = "form only"
    """By the schema of an answer alone: that it is there and of its type, not that it is true."""
    ZERO = "zeros only"
    """What it speaks of is never above zero while we look: nobody has such points before a return period has ended."""
    NO = "not judged"
    CLIENT = "client's duty"


@dataclass(frozen=True)
class Condition:
    """What a target of one kind lets us see, at level full."""

    name: str
    title: str
    sees: Callable[[Clause], bool]
    zeros: bool = False
    """Whether no return period ends under this condition."""


def load_requirements(folder: Path | None = None) -> Requirements:
    """Read ``requirements.toml`` of a contract folder; of our own by default, and that only once.

    Raises:
        ContentMissing: the file is not there or not right; it is part of the package, so that is our fault.
    """
    return _ours() if folder is None else _read(folder / "requirements.toml", load_contract(folder))


@cache
def by_recordings() -> frozenset[str]:
    """The clauses that an audit can find kept or broken in a recording, as measured.

    Raises:
        ContentMissing: the file of what was measured is not there or not right.
    """
    try:
        return frozenset(msgspec.json.decode(RECORDED.read_bytes(), type=dict[str, str]))
    except (OSError, msgspec.MsgspecError) as problem:
        raise ContentMissing(f"what recordings can decide cannot be read: {RECORDED.name}: {problem}") from problem


def shown_by(clauses: Container[str]) -> tuple[str, ...]:
    """The requirements that are judged where these clauses are decided; a client's duties are left out."""
    contract = load_contract().clauses
    every = load_requirements().by_id.values()
    return tuple(one.id for one in every if any(name in clauses and judges(contract[name]) for name in one.clauses))


def judges(clause: Clause) -> bool:
    """Whether a run of the suite can turn this clause red: it has a check or a schema, and is more than information."""
    return clause.strength is not Strength.INFO and clause.unchecked is None


def _strangers(clause: Clause) -> bool:
    return judges(clause) and not _ONLY_OURS & set(clause.needs) and clause.period is None


def _short_period(clause: Clause) -> bool:
    """Where all that ends by itself ends within ``timing.wait_s``, as the profile says."""
    return judges(clause) and not _ONLY_OURS & set(clause.needs)


def _later(clause: Clause) -> bool:
    return _short_period(clause) and not clause.moment


def _reads(clause: Clause) -> bool:
    return judges(clause) and set(clause.needs) <= TO_READ and clause.asked_within(IN_PRODUCTION.__contains__)


CONDITIONS: Final = (
    Condition("simulator", "our simulator", judges),
    Condition("short_period", "a stranger, short periods", _short_period),
    Condition("one_sitting", "a stranger, 30 days, one sitting", _strangers, zeros=True),
    Condition("two_sittings", "a stranger, 30 days, two sittings", _later),
    Condition("standing", "standing customers, reads only", _reads),
    Condition("production", "production, reads only", _reads),
    Condition("recording", "a recording", lambda clause: judges(clause) and clause.id in by_recordings()),
)
"""The conditions, the most telling first."""


def extent(one: Requirement, condition: Condition) -> Extent:
    """Say how a requirement of our own ledger is judged under a condition."""
    clauses = [load_contract().clauses[name] for name in one.clauses]
    if one.client:
        return Extent.CLIENT
    seen = [clause for clause in clauses if condition.sees(clause)]
    if not seen:
        return Extent.NO
    told = {clause.id for clause in seen if not clause.shapes}
    if told and condition.zeros and told <= load_requirements().zeros:
        return Extent.ZERO
    if not told:
        return Extent.FORM
    return Extent.IN_PART if one.unjudged else Extent.FULLY


def unjudged(why_not: Mapping[str, str | None], *, writes: bool = True) -> dict[str, tuple[str, ...]]:
    """Sort what a run does not judge by what would change that, the most first; a client's duties are left out.

    Args:
        why_not: of each clause why this run does not take it (``no clock``, ``level full``), or None where it does; a
            clause left out judges nothing.
        writes: whether the target may be written to.

    Returns:
        What would have to be declared or asked for (``clock``, ``--level full``), or :data:`NEVER`, to ids.
    """
    clauses = load_contract().clauses
    by_remedy: dict[str, list[str]] = {}
    for one in load_requirements().by_id.values():
        able = [clauses[name] for name in one.clauses if name in why_not and judges(clauses[name])]
        if one.client or any(why_not[clause.id] is None for clause in able):
            continue
        remedy = _remedy(able[0], why_not[able[0].id] or "", writes) if able else NEVER
        by_remedy.setdefault(remedy, []).append(one.id)
    return {remedy: tuple(by_remedy[remedy]) for remedy in sorted(by_remedy, key=lambda one: -len(by_remedy[one]))}


def _remedy(clause: Clause, reason: str, writes: bool) -> str:
    """What takes away the reason why a clause is out: ``clock`` takes away ``no clock``."""
    if not writes and not set(clause.needs) <= TO_READ:
        return _WRITES
    level = reason.removeprefix("level ")
    return _REMEDIES.get(reason, reason.removeprefix("no ") if level == reason else f"--level {level}")


@cache
def _ours() -> Requirements:
    return _read(content.folder("contracts") / "requirements.toml", load_contract())


def _read(path: Path, contract: Contract) -> Requirements:
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        sections = msgspec.convert(document["sections"], dict[str, Section])
        requirements = msgspec.convert(document["requirements"], list[Requirement])
        zeros = msgspec.convert(document["zeros"], frozenset[str])
    except (OSError, tomllib.TOMLDecodeError, KeyError, msgspec.ValidationError) as problem:
        raise ContentMissing(f"the requirements cannot be read: {path.name}: {problem}") from problem
    by_id: dict[str, Requirement] = {}
    for one in requirements:
        for problem_found in _wrong(one, sections, by_id, contract):
            raise ContentMissing(f"{path.name}: {one.id}: {problem_found}")
        by_id[one.id] = one
    lost = sorted(zeros - set(contract.clauses))
    if lost:
        raise ContentMissing(f"{path.name}: zeros: there is no clause {lost[0]!r}")
    return Requirements(sections, by_id, zeros)


def _wrong(
    one: Requirement, sections: Mapping[str, Section], seen: Mapping[str, Requirement], contract: Contract
) -> Iterator[str]:
    if one.id in seen:
        yield "stands there twice"
    if one.section not in sections:
        yield f"there is no section {one.section!r}"
    yield from (f"there is no clause {name!r}" for name in one.clauses if name not in contract.clauses)
    if not (one.client or one.unjudged or any(judges(contract.clauses[name]) for name in one.clauses)):
        yield "no clause judges it, and it does not say why"
    if one.client and (one.clauses or one.unjudged):
        yield "a client's duty is judged by no clause and needs no reason"
