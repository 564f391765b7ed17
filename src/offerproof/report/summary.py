"""A run, folded once for every renderer: verdict, chapters, clauses, findings, readings, coverage, what is not proven.

Nothing here is escaped or cut: each renderer knows what its medium can bear (see ``safety``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

import msgspec

from offerproof.contract import Clause, by_recordings, shown_by
from offerproof.findings import (
    MOST_URGENT_FIRST,
    Audit,
    ClauseStanding,
    Coverage,
    ExchangeRecord,
    Finding,
    Observation,
    Run,
    RunVerdict,
    Verdict,
)
from offerproof.report.words import duration, label, moment, setting, took_us

TALLY: Final = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.WARN,
    Verdict.WAIVED,
    Verdict.UNKNOWN,
    Verdict.SKIP,
)
"""Verdicts in the order in which they are counted: what holds, then what does not."""

MEANING: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: "the target keeps it",
    Verdict.FAIL: "the target breaks it",
    Verdict.WARN: "a should-clause is not kept; the verdict stands",
    Verdict.WAIVED: "broken, and somebody answers for it until a date",
    Verdict.SKIP: "not offered by the target, or outside this run",
    Verdict.UNKNOWN: "could not be observed; never counted as kept",
    Verdict.ERROR: "we failed to judge it",
}

_SPANS: Final = 6
"""Ranges of clauses that are listed of a run of a selection; of more, the number of clauses."""
_RECORDED = ("audit", "client")
"""Kinds of runs that send nothing."""
_WITHOUT_LEVEL = ("load", *_RECORDED)
_HEADLINES: Final[Mapping[str, Mapping[RunVerdict, str]]] = {
    "certify": {
        RunVerdict.CONFORMS: "CONFORMS",
        RunVerdict.SO_FAR: "CONFORMS SO FAR",
        RunVerdict.FAILS: "DOES NOT CONFORM",
    },
    "load": {RunVerdict.CONFORMS: "HOLDS", RunVerdict.FAILS: "DOES NOT HOLD"},
    "audit": {RunVerdict.CONFORMS: "CONFORMS IN WHAT WAS RECORDED", RunVerdict.FAILS: "DOES NOT CONFORM"},
    "client": {RunVerdict.CONFORMS: "KEEPS THE CONTRACT IN WHAT WAS SHOWN", RunVerdict.FAILS: "BREAKS THE CONTRACT"},
    "replay": {RunVerdict.CONFORMS: "NOT SEEN AGAIN", RunVerdict.FAILS: "SEEN AGAIN"},
    "selfcheck": {RunVerdict.CONFORMS: "THE JUDGE CAN BE TRUSTED", RunVerdict.FAILS: "THE JUDGE CANNOT BE TRUSTED"},
}


@dataclass(frozen=True, slots=True)
class ClauseLine:
    """A clause as a report lists it. ``held`` counts the expectations that held; ``exchanges`` the evidence."""

    clause: Clause
    verdict: Verdict
    reason: str | None
    held: int
    exchanges: tuple[int, ...]

    @property
    def id(self) -> str:
        """The clause's frozen id."""
        return self.clause.id

    @property
    def source(self) -> str:
        """Where the clause is written: document and section."""
        return f"{self.clause.source}, {self.clause.section}"


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter of the contract with its clauses and their count by verdict."""

    id: str
    title: str
    clauses: tuple[ClauseLine, ...]

    @property
    def counts(self) -> dict[Verdict, int]:
        """Clauses by verdict, the most urgent verdict first; verdicts nobody has are left out."""
        seen = Counter(line.verdict for line in self.clauses)
        return {verdict: seen[verdict] for verdict in MOST_URGENT_FIRST if seen[verdict]}

    @property
    def told(self) -> str:
        """How many clauses have which verdict: ``ACME 2 pass, 1 skip``."""
        counts = self.counts
        return f"{self.id} {', '.join(f'{counts[one]} {one}' for one in TALLY if one in counts)}"


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding as reports show it: the clause, the verdict that counts, and all that repairs or shows it again."""

    number: int
    finding: Finding
    clause: Clause
    verdict: Verdict
    steps: tuple[ExchangeRecord, ...]
    waived: str | None = None
    also: tuple[FindingView, ...] = ()
    """What is red as well, probably for the same reason; empty where this is itself such a one."""
    cause: tuple[int, str] | None = None
    """Number and clause of the finding it probably follows from; None where this is the one to repair."""

    @property
    def anchor(self) -> str:
        """A name for links inside a document."""
        return f"finding-{self.number}"

    @property
    def culprit(self) -> int | None:
        """The number of the exchange that decided: the last one cited."""
        return self.finding.exchanges[-1] if self.finding.exchanges else None

    @property
    def missing(self) -> tuple[int, ...]:
        """Exchanges the finding cites that the run does not hold (a bound was reached)."""
        held = {step.number for step in self.steps}
        return tuple(number for number in self.finding.exchanges if number not in held)

    @property
    def answer(self) -> Any:
        """The body of the answer that decided, as recorded; None where there is none."""
        return next((step.answer_body for step in self.steps if step.number == self.culprit), None)

    @property
    def curl(self) -> str | None:
        """The deciding request as a curl command, where the run holds one."""
        return next((step.curl for step in reversed(self.steps) if step.curl), None)


class Span(NamedTuple):
    """Neighbouring clauses of one chapter: the first one's id, and a label (``LOCK-3`` or ``LOCK-3…7``)."""

    first: str
    label: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """Clauses of which nothing good can be said for one and the same reason."""

    verdict: Verdict
    reason: str
    spans: tuple[Span, ...]
    count: int

    @property
    def told(self) -> str:
        """As one sentence: ``skip: no clock: TIME-1…3 (3 clauses)``."""
        count = f"{self.count} clause{'' if self.count == 1 else 's'}"
        if self.reason == "not selected" and len(self.spans) > _SPANS:  # the run says what was selected
            return f"{self.verdict}: {self.reason}: {count}"
        return f"{self.verdict}: {self.reason}: {', '.join(span.label for span in self.spans)} ({count})"


@dataclass(frozen=True)
class Summary:
    """What every renderer shows of a run."""

    run: Run
    chapters: tuple[Chapter, ...]
    views: tuple[FindingView, ...]

    @property
    def verdict(self) -> RunVerdict:
        """The one answer."""
        return self.run.outcome.verdict

    @property
    def exit_code(self) -> int:
        """What the command returns to the shell."""
        return int(self.run.outcome.exit_code)

    @property
    def headline(self) -> str:
        """The verdict in capitals, in the words of this kind of run."""
        return _HEADLINES.get(self.run.header.kind, _HEADLINES["certify"]).get(self.verdict, "NOT JUDGED")

    @property
    def tone(self) -> Verdict:
        """The verdict whose colour and sign the headline bears."""
        kept = dict.fromkeys((RunVerdict.CONFORMS, RunVerdict.SO_FAR), Verdict.PASS)
        tones = kept | {RunVerdict.FAILS: Verdict.FAIL}
        return tones.get(self.verdict, Verdict.UNKNOWN)

    @property
    def sentence(self) -> str:
        """The verdict in one sentence: who, at which level, how many clauses, and within which scope."""
        header, counts = self.run.header, self.run.counts
        total = sum(counts.values())
        parts = [f"{counts[verdict.value]} {_word(verdict, counts[verdict.value])}" for verdict in TALLY]
        told = ", ".join(part for part in parts if not part.startswith("0 "))
        level = "" if header.kind in _WITHOUT_LEVEL else f" at level {header.level}"
        clauses = f": {told or 'nothing'} of {total} clause{'' if total == 1 else 's'}" if total else ""
        left = f"; {self.run.sittings.told}" if self.run.sittings and self.run.sittings.open else ""
        return f"{self._judged_party}{level}{clauses}{left}."

    @property
    def party(self) -> str:
        """Which side of the contract was judged: ``target`` or ``client``."""
        return "client" if self.run.header.kind == "client" else "target"

    @property
    def meaning(self) -> dict[Verdict, str]:
        """What each verdict says of the party that was judged."""
        return {verdict: told.replace("the target", f"the {self.party}") for verdict, told in MEANING.items()}

    @property
    def _judged_party(self) -> str:
        told = self.run.header.target
        return told.name if self.party == "client" else f"{told.name} ({told.environment})"

    @property
    def scope(self) -> tuple[str, ...]:
        """The short form of what limits the certificate, as the run states it."""
        return self.run.outcome.scope

    @property
    def unproven(self) -> tuple[ClauseLine, ...]:
        """Clauses this run says nothing good about: skipped, unknown or in error, each with its reason."""
        open_verdicts = (Verdict.UNKNOWN, Verdict.ERROR, Verdict.SKIP)
        lines = [line for chapter in self.chapters for line in chapter.clauses if line.verdict in open_verdicts]
        return tuple(sorted(lines, key=lambda line: MOST_URGENT_FIRST.index(line.verdict)))

    @cached_property
    def unproven_by_reason(self) -> tuple[Unproven, ...]:
        """``unproven`` under its reasons, in the order they first appear."""
        grouped: dict[tuple[Verdict, str], list[ClauseLine]] = {}
        for line in self.unproven:
            reason = line.reason or "no reason given"
            # The plan says which level would look; a reader wants to know what to do about it.
            reason = f"looked at from {reason} on" if reason.startswith("level ") else reason
            grouped.setdefault((line.verdict, reason), []).append(line)
        return tuple(Unproven(*why, spans(line.id for line in lines), len(lines)) for why, lines in grouped.items())

    @property
    def unjudged(self) -> tuple[str, ...]:
        """What the documents say and this run does not judge, in one line with what would change that; or none."""
        missing = self.run.plan.unjudged
        count = sum(map(len, missing.values()))
        parts = "; ".join(f"{remedy}: {len(ids)}" for remedy, ids in missing.items())
        by_audit = len({one for ids in missing.values() for one in ids} & set(shown_by(by_recordings())))
        told = f"; audit can judge {by_audit} of them in a recording" if by_audit else ""
        words = f"requirement{'' if count == 1 else 's'} of the documents unjudged"
        return (f"{count} {words} ({parts}){told}",) if count else ()

    @property
    def broken(self) -> tuple[FindingView, ...]:
        """What is wrong with the target: failures, warnings, waived failures; each cause, then what follows from it."""
        return tuple(view for view in self.views if view.verdict is not Verdict.ERROR)

    @property
    def causes(self) -> tuple[FindingView, ...]:
        """The findings to repair; each has the others that are probably the same fault (``also``)."""
        return tuple(view for view in self.broken if view.cause is None)

    @property
    def findings_title(self) -> str:
        """How many findings there are, and of how many causes."""
        broken, causes = len(self.broken), len(self.causes)
        if broken == causes:
            return "Findings"
        return f"Findings: {broken}, probably of {causes} cause{'' if causes == 1 else 's'}"

    @property
    def errors(self) -> tuple[FindingView, ...]:
        """What we failed at. Never mixed with what the target fails at."""
        return tuple(view for view in self.views if view.verdict is Verdict.ERROR)

    @property
    def readings(self) -> tuple[Observation, ...]:
        """Which reading of each open question the target follows."""
        return tuple(sorted(self.run.observations, key=lambda seen: (seen.question, seen.reading)))

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """Exercised cells by operation, outcome and state."""
        return tuple(sorted(self.run.coverage, key=lambda cell: (cell.operation, cell.outcome, cell.state or "")))

    @property
    def audits(self) -> tuple[Audit, ...]:
        """The questions asked after a load run, the most urgent answers first."""
        return tuple(sorted(self.run.audits, key=lambda audit: MOST_URGENT_FIRST.index(audit.verdict)))

    @cached_property
    def facts(self) -> dict[str, str]:
        """Who judged whom, when, with what: label to value, in reading order."""
        header, footer = self.run.header, self.run.footer
        facts = {self.party.capitalize(): self._judged_party}
        facts |= {f"Service {name}": url for name, url in header.target.services.items()}
        facts |= {"Profile": header.profile or ("none" if header.kind in _RECORDED else "none: our own simulator")}
        if header.kind not in _WITHOUT_LEVEL:
            facts["Level"] = header.level.value
        if header.only:
            facts["Only"] = ", ".join(header.only)
        if header.load:
            facts |= {label(name): setting(value) for name, value in msgspec.to_builtins(header.load).items()}
        if header.kind not in _RECORDED:
            facts |= {"Seed": str(header.seed), "Nonce": header.nonce}
        facts |= {"Run": header.run_id, "Started": moment(header.started)}
        if footer:
            facts |= {"Finished": moment(footer.finished), "Took": duration(took_us(header.started, footer.finished))}
            facts["Requests"] = f"{footer.requests:,}" if header.kind not in _RECORDED else "none: recorded traffic"
        if sittings := self.run.sittings:
            began = [moment(one) for one in sittings.began]
            facts |= {"Opened": began[0]} | ({"Looked at again": ", ".join(began[1:])} if began[1:] else {})
            for word, items in (("Came due", sittings.came_due), ("Open until", sittings.open)):
                for day in dict.fromkeys(one.due[:10] for one in items):
                    told = [f"{one.awaited} ({', '.join(one.clauses)})" for one in items if one.due[:10] == day]
                    facts[f"{word} {day}"] = "; ".join(told)
        facts |= {"Suite": f"offerproof {header.suite_version}", "Schemas and clauses": header.content_hash}
        if added := self.run.plan.added:
            kept = [chapter.told for chapter in self.chapters if chapter.id in added.chapters]
            facts["Clauses of their own"] = f"{added.folder}, SHA-256 {added.sha256}: {'; '.join(kept)}"
        if header.load_hash:
            facts["Scenarios and profiles"] = header.load_hash
        return facts


def summarize(run: Run) -> Summary:
    """Fold a run. The run must be complete: its standings and outcome are taken as they are."""
    chapters: dict[str, list[ClauseLine]] = {}
    for standing in run.standings.values():
        chapters.setdefault(standing.clause.chapter, []).append(_line(standing))
    added = run.plan.added
    titles = dict(run.plan.chapters)
    for name in added.chapters if added else ():
        titles[name] = f"{name}, not of offerproof: {titles[name]}"
    return Summary(
        run=run,
        chapters=tuple(Chapter(name, titles.get(name, name), tuple(lines)) for name, lines in chapters.items()),
        views=_views(run),
    )


def _line(standing: ClauseStanding) -> ClauseLine:
    numbers = dict.fromkeys(number for finding in standing.findings for number in finding.exchanges)
    return ClauseLine(
        clause=standing.clause,
        verdict=standing.verdict,
        reason=standing.reason if standing.verdict not in (Verdict.PASS, Verdict.FAIL, Verdict.WARN) else None,
        held=sum(finding.count for finding in standing.findings if finding.verdict is Verdict.PASS),
        exchanges=tuple(numbers),
    )


def _views(run: Run) -> tuple[FindingView, ...]:
    """What the target fails at, cause by cause, then what we fail at."""
    found: list[FindingView] = []
    for cause in run.causes:
        number = len(found) + 1
        told = (number, cause.primary.clause)
        also = tuple(_view(run, finding, place, told) for place, finding in enumerate(cause.also, number + 1))
        found += [replace(_view(run, cause.primary, number), also=also), *also]
    for standing in run.standings.values():
        ours = [finding for finding in standing.findings if finding.verdict is Verdict.ERROR]
        found += [_view(run, finding, len(found) + place) for place, finding in enumerate(ours, 1)]
    return tuple(found)


def _view(run: Run, finding: Finding, number: int, cause: tuple[int, str] | None = None) -> FindingView:
    standing = run.standings[finding.clause]
    waived = standing.verdict is Verdict.WAIVED and finding.verdict is Verdict.FAIL
    verdict = Verdict.WAIVED if waived else finding.verdict
    steps = tuple(run.transcript(finding))
    return FindingView(number, finding, standing.clause, verdict, steps, _waived(standing), cause=cause)


def _waived(standing: ClauseStanding) -> str | None:
    waiver = standing.waiver
    return f"{waiver.reason} ({waiver.owner}, until {waiver.expires})" if waiver else None


def _word(verdict: Verdict, count: int) -> str:
    words = {Verdict.PASS: "kept", Verdict.FAIL: "broken", Verdict.SKIP: "skipped", Verdict.WARN: "with a warning"}
    if verdict is Verdict.ERROR:
        return "our error" if count == 1 else "our errors"
    return words.get(verdict, verdict.value)


def spans(clauses: Iterable[str]) -> tuple[Span, ...]:
    """Runs of clauses whose numbers follow each other, in the order given."""
    runs: list[list[tuple[str, int]]] = []
    for name in clauses:
        chapter, _, digits = name.rpartition("-")
        here = (chapter, int(digits)) if digits.isdigit() else (name, 0)
        if runs and runs[-1][-1] == (here[0], here[1] - 1):
            runs[-1].append(here)
        else:
            runs.append([here])
    found = []
    for run in runs:
        (chapter, first), (_, last) = run[0], run[-1]
        name = f"{chapter}-{first}" if first else chapter
        found.append(Span(name, name if len(run) == 1 else f"{name}…{last}"))
    return tuple(found)
