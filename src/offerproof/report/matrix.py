"""Several runs side by side: runs as columns, chapters and clauses as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from offerproof.contract import Clause
from offerproof.findings import MOST_URGENT_FIRST, Run, Verdict
from offerproof.report.summary import Summary, summarize


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A clause with its verdict in each run; None where the run does not know the clause."""

    clause: Clause
    verdicts: tuple[Verdict | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs do not agree."""
        return len(set(self.verdicts)) > 1


@dataclass(frozen=True, slots=True)
class ChapterRows:
    """A chapter: in each run its clauses by verdict, and every clause that any of the runs knows."""

    id: str
    title: str
    counts: tuple[dict[Verdict, int], ...]
    rows: tuple[ClauseRow, ...]

    def told(self, column: int) -> str:
        """A run's clauses by verdict, the most urgent first: ``2 fail, 24 pass``; a dash where it has none."""
        return ", ".join(f"{count} {verdict}" for verdict, count in self.counts[column].items()) or "–"


@dataclass(frozen=True)
class Matrix:
    """Runs in the order in which they were named."""

    columns: tuple[Summary, ...]
    chapters: tuple[ChapterRows, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """A name for each column: the target's where they differ, else the run's as well."""
        names = [s.run.header.target.name for s in self.columns]
        alone = len(set(names)) == len(names)
        return tuple(
            name if alone else f"{name} {s.run.header.run_id}" for name, s in zip(names, self.columns, strict=True)
        )

    def without_agreement(self) -> Matrix:
        """The same runs with those clauses alone on which they do not agree; each chapter keeps its counts."""
        chapters = [replace(one, rows=tuple(row for row in one.rows if row.differs)) for one in self.chapters]
        return replace(self, chapters=tuple(one for one in chapters if one.rows))

    @property
    def differing(self) -> tuple[ClauseRow, ...]:
        """Clauses on which the runs do not agree."""
        return tuple(row for chapter in self.chapters for row in chapter.rows if row.differs)


def matrix_of(runs: Sequence[Run]) -> Matrix:
    """Put runs side by side; chapters and clauses in the order in which the runs name them."""
    columns = tuple(map(summarize, runs))
    titles = {chapter.id: chapter.title for s in columns for chapter in s.chapters}
    clauses = {line.id: line.clause for s in columns for chapter in s.chapters for line in chapter.clauses}
    verdicts = [{line.id: line.verdict for chapter in s.chapters for line in chapter.clauses} for s in columns]
    chapters = []
    for name, title in titles.items():
        rows = tuple(
            ClauseRow(clause, tuple(known.get(clause.id) for known in verdicts))
            for clause in clauses.values()
            if clause.chapter == name
        )
        seen = [Counter(row.verdicts[column] for row in rows) for column in range(len(columns))]
        counts = tuple({verdict: one[verdict] for verdict in MOST_URGENT_FIRST if one[verdict]} for one in seen)
        chapters.append(ChapterRows(name, title, counts, rows))
    return Matrix(columns, tuple(chapters))
