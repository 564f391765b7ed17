"""``contracts/clauses.toml`` as values, and the choice of the clauses a run requires."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import msgspec

from offerproof import content
from offerproof.errors import ContentMissing, Misuse
from offerproof.findings import Clause, Level, PlannedClause
from offerproof.target import IN_PRODUCTION, OPERATIONS, Profile

EVERY: Final = "*"
"""In ``shapes``: every answer to a documented call, which is no server error, whatever was asked."""


ANY: Final = "*"
"""In ``declares``: whatever the profile answers, as long as it is not "unknown"."""


@dataclass(frozen=True)
class Contract:
    """All chapters (id → title) and clauses (by id), in the order of the file."""

    chapters: Mapping[str, str]
    clauses: Mapping[str, Clause]

    def find(self, name: str) -> Clause:
        """Return a clause by its id, in any case.

        Raises:
            Misuse: there is none; the message names near ones.
        """
        found = self.clauses.get(name.upper())
        if found is None:
            near = get_close_matches(name.upper(), [*self.chapters, *self.clauses], n=3)
            raise Misuse(f"there is no clause {name!r}", hint=f"near: {', '.join(near)}" if near else _SEE_ALL)
        return found

    def select(self, names: Sequence[str]) -> frozenset[str]:
        """Ids of the clauses named by ids or whole chapters (``LOCK``); all of them when nothing is named."""
        chosen: set[str] = set()
        for name in names:
            if name.upper() in self.chapters:
                chosen |= {clause.id for clause in self.clauses.values() if clause.chapter == name.upper()}
            else:
                chosen.add(self.find(name).id)
        return frozenset(chosen if names else self.clauses)


_SEE_ALL = "offerproof clauses lists them all"


def load_contract(folder: Path | None = None) -> Contract:
    """Read ``clauses.toml`` of a contract folder (our own by default).

    Raises:
        ContentMissing: the file is not there or not right; it is part of the package, so that is our fault.
    """
    path = (folder or content.folder("contracts")) / "clauses.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        chapters = {name: str(table["title"]) for name, table in document["chapters"].items()}
        general = frozenset(name for name, table in document["chapters"].items() if table.get("general", False))
        clauses = [msgspec.convert(entry, Clause) for entry in document["clauses"]]
        clauses = [msgspec.structs.replace(one, general=one.chapter in general) for one in clauses]
    except (OSError, tomllib.TOMLDecodeError, KeyError, msgspec.ValidationError) as problem:
        raise ContentMissing(f"the clauses cannot be read: {path.name}: {problem}") from problem
    by_id: dict[str, Clause] = {}
    for clause in clauses:
        problem_found = _wrong(clause, chapters, by_id)
        if problem_found:
            raise ContentMissing(f"{path.name}: {clause.id}: {problem_found}")
        by_id[clause.id] = clause
    for clause in by_id.values():
        lost = [name for name in clause.follows_from if name not in by_id]
        if lost:
            raise ContentMissing(f"{path.name}: {clause.id} follows from {lost[0]}, and there is no such clause")
    return Contract(chapters, by_id)


def _wrong(clause: Clause, chapters: Mapping[str, str], seen: Mapping[str, Clause]) -> str | None:
    if clause.id in seen:
        return "stands there twice"
    if clause.chapter not in chapters:
        return f"there is no chapter {clause.chapter!r}"
    unknown = [name for name in (*clause.operations, *clause.shapes) if name not in (*OPERATIONS, EVERY)]
    if unknown:
        return f"there is no operation {unknown[0]!r}"
    judged_twice = [name for name in clause.shapes for other in seen.values() if name in other.shapes]
    if judged_twice:
        return f"answers of {judged_twice[0]} are judged under two clauses"
    return None


@dataclass(frozen=True)
class Check:
    """A check as the plan sees it: its name, its clauses, its level and what it needs."""

    name: str
    clauses: tuple[str, ...]
    level: Level | None
    needs: tuple[str, ...]


def plan_clauses(
    contract: Contract, checks: Collection[Check], profile: Profile, level: Level, selected: frozenset[str]
) -> tuple[PlannedClause, ...]:
    """Take every clause as this run has to: required, or outside the required set for a reason that is said."""
    by_clause: dict[str, list[Check]] = {}
    for check in checks:
        for name in check.clauses:
            by_clause.setdefault(name, []).append(check)
    return tuple(
        _planned(clause, by_clause.get(clause.id, []), profile, level, clause.id in selected)
        for clause in contract.clauses.values()
    )


def _planned(clause: Clause, checks: Sequence[Check], profile: Profile, level: Level, selected: bool) -> PlannedClause:
    names = tuple(check.name for check in checks)

    def outside(reason: str, *, scope: bool = False) -> PlannedClause:
        return PlannedClause(clause=clause, required=False, outside=reason, scope=scope, checks=names)

    if not selected:
        return outside("not selected", scope=True)
    if clause.unchecked and not checks and not clause.shapes:
        return outside(f"no check: {clause.unchecked}")
    lowest = min((check.level or clause.level for check in checks), key=list(Level).index, default=clause.level)
    if not level.includes(lowest):
        return outside(f"level {lowest}")
    missing = (
        missing_capability(clause.needs, profile)
        or _forbidden(clause.operations, profile)
        or _undeclared(clause.declares, profile)
    )
    if missing is None and checks:
        reasons = [missing_capability(check.needs, profile) for check in checks]
        missing = reasons[0] if all(reasons) else None
    if missing:
        return outside(missing, scope=True)
    return PlannedClause(clause=clause, required=True, checks=names)


def missing_capability(needs: Sequence[str], profile: Profile) -> str | None:
    """``no clock``: the first capability that is needed and not declared, as a line of the scope."""
    return next((f"no {need}" for need in needs if not profile.can(need)), None)


def _undeclared(declares: Mapping[str, Sequence[str]], profile: Profile) -> str | None:
    """Why a clause that holds a target to its word is out: the profile leaves open what it asks, or answers in words
    that the clause cannot judge."""
    for question, answers in declares.items():
        answer = profile.behaviour(question)
        if answer is None or not (ANY in answers or answer in answers):
            return "behaviour not declared"
    return None


def _forbidden(operations: Sequence[str], profile: Profile) -> str | None:
    """Why a read-only target takes a clause out: its operations write, or are not read in production."""
    if profile.environment == "production" and any(name not in IN_PRODUCTION for name in operations):
        return "production: reads only"
    if any(not profile.allows(name) for name in operations):
        return "no writes"
    return None


def describe(clause: Clause, chapter: str) -> dict[str, Any]:
    """A clause for a machine: every member, and its chapter's title."""
    return {**msgspec.to_builtins(clause), "chapter": clause.chapter, "chapter_title": chapter}
