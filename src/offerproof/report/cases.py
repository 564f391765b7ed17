"""A run as build servers know one: a case for each clause, each situation and each question of the audit.

They know only passed, failed, error and skipped. Our own errors are errors, and so is a required must-clause that
stayed unknown: a green build must not hide that nobody looked. Warnings pass and tell their story; waived failures are
skipped with the waiver, and so is what could not be observed because of one. Every text is harmless and bounded
(``safety``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from offerproof.findings import Audit, Situation, Verdict
from offerproof.report.safety import CELL, bounded, command, one_line
from offerproof.report.summary import Chapter, ClauseLine, FindingView, Summary
from offerproof.report.words import exchange_line

CLAUSES_FILE: Final = "contracts/clauses.toml"
"""Where a finding is, to tools that know files only: at the contract that is broken."""
FINDINGS: Final = 10
"""Findings written out in one story; more are counted."""


class CaseStatus(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A clause, a situation or a question. Why it did not pass: ``message`` in a line, ``story`` at length."""

    name: str
    verdict: Verdict
    status: CaseStatus
    message: str = ""
    story: str = ""
    took_us: int = 0
    clause: ClauseLine | None = None


@dataclass(frozen=True)
class Suite:
    """The cases of a chapter of the contract, of the audit (``AUDIT``) or of a guided session (``SITUATION``)."""

    id: str
    title: str
    cases: tuple[Case, ...]
    warnings: str = ""
    """The story of all that is only warned of."""


def suites(s: Summary) -> tuple[Suite, ...]:
    """Every chapter, and the audit and the situations where there were any."""
    found = [_suite(s, chapter) for chapter in s.chapters]
    if s.audits:
        found.append(Suite("AUDIT", "Audit", tuple(map(_question, s.audits))))
    if s.run.situations:
        found.append(Suite("SITUATION", "Situations", tuple(map(_situation, s.run.situations))))
    return tuple(found)


def _suite(s: Summary, chapter: Chapter) -> Suite:
    warned = {line.id for line in chapter.clauses if line.verdict is Verdict.WARN}
    story = _story([view for view in s.views if view.clause.id in warned])
    return Suite(chapter.id, one_line(chapter.title), tuple(_case(s, line) for line in chapter.clauses), story)


def _case(s: Summary, line: ClauseLine) -> Case:
    views = [view for view in s.views if view.clause.id == line.id]
    status, message = _ending(s, line, views)
    return Case(
        name=one_line(f"{line.id} {line.clause.sentence}", CELL),
        verdict=line.verdict,
        status=status,
        message=one_line(message),
        story=_story(views) if line.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.WARN) else "",
        took_us=sum(s.run.exchanges[number].duration_us for number in line.exchanges if number in s.run.exchanges),
        clause=line,
    )


def _ending(s: Summary, line: ClauseLine, views: list[FindingView]) -> tuple[CaseStatus, str]:
    match line.verdict:
        case Verdict.FAIL:
            return CaseStatus.FAILED, _told(line, views)
        case Verdict.ERROR:
            return CaseStatus.ERROR, _told(line, views)
        case Verdict.UNKNOWN if s.run.standings[line.id].leaves_open:
            return CaseStatus.ERROR, f"not observed: {line.reason}"
        case Verdict.UNKNOWN | Verdict.SKIP:
            waiver = s.run.standings[line.id].waiver
            because = f" (waived with {waiver.clause})" if waiver else ""
            return CaseStatus.SKIPPED, f"{line.verdict}: {line.reason}{because}"
        case Verdict.WAIVED:
            return CaseStatus.SKIPPED, f"waived: {next((view.waived for view in views if view.waived), 'waived')}"
        case Verdict.WARN:
            return CaseStatus.PASSED, _told(line, views)
        case _:
            return CaseStatus.PASSED, ""


def _told(line: ClauseLine, views: list[FindingView]) -> str:
    message = views[0].finding.summary if views else line.clause.sentence
    return f"{message} ({_follows(views[0])})" if views and all(view.cause for view in views) else message


def _follows(view: FindingView) -> str:
    return f"probably for the same reason as {view.cause[1]}" if view.cause else ""


def _story(views: list[FindingView]) -> str:
    parts = ["\n".join(_lines(view)) for view in views[:FINDINGS]]
    if len(views) > FINDINGS:
        parts.append(f"… and {len(views) - FINDINGS} more findings")
    return "\n\n".join(parts)


def _lines(view: FindingView) -> Iterator[str]:
    finding, clause = view.finding, view.clause
    yield one_line(f"{clause.id} {finding.summary}")
    if view.cause:
        yield _follows(view)
    if view.also:
        ids = dict.fromkeys(other.clause.id for other in view.also)
        yield one_line(f"also red, probably for the same reason: {', '.join(ids)}")
    yield one_line(f"clause: {clause.sentence} ({clause.source}, {clause.section})")
    if finding.count > 1:
        yield f"seen {finding.count:,} times"
    if finding.expected is not None:
        yield f"expected: {bounded(finding.expected, 4 * CELL)}"
    if finding.observed is not None:
        yield f"observed: {bounded(finding.observed, 4 * CELL)}"
    yield from (one_line(exchange_line(step)) for step in view.steps[-20:])
    if finding.replay:
        yield f"again: {command(finding.replay)}"
    if view.curl:
        yield f"curl: {command(view.curl)}"


def _question(audit: Audit) -> Case:
    status, message, story = CaseStatus.PASSED, "", ""
    if audit.verdict is Verdict.FAIL:
        status, message = CaseStatus.FAILED, audit.observed or ""
        story = bounded(f"expected: {audit.expected or ''}\nobserved: {audit.observed or ''}")
    elif audit.verdict in (Verdict.ERROR, Verdict.UNKNOWN):
        status, message = CaseStatus.ERROR, audit.observed or "not answered"
    elif audit.verdict is not Verdict.PASS:
        status, message = CaseStatus.SKIPPED, audit.verdict.value
    name, message = one_line(audit.question), one_line(message)
    return Case(name=name, verdict=audit.verdict, status=status, message=message, story=story)


def _situation(lived: Situation) -> Case:
    ends = {
        Verdict.FAIL: CaseStatus.FAILED,
        Verdict.UNKNOWN: CaseStatus.ERROR,
        Verdict.WAIVED: CaseStatus.SKIPPED,
    }
    wrong = [f"{one.clause} {one.told}: {one.harm}" for one in lived.wrong]
    return Case(
        name=one_line(f"{lived.name}: {lived.title}"),
        verdict=lived.verdict,
        status=ends.get(lived.verdict, CaseStatus.PASSED),
        message=one_line(wrong[0] if wrong else lived.told) if lived.verdict is not Verdict.PASS else "",
        story=bounded("\n".join([*wrong, *lived.did])) if lived.verdict is not Verdict.PASS else "",
    )
