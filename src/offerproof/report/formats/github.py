"""A run as annotations of a GitHub job: printed in a step, each line stands at the workflow run and its pull request.

GitHub shows ten errors and ten warnings of a step, so only findings to repair are annotated, each with what it breaks.
The job's summary is the format ``markdown``, written into ``$GITHUB_STEP_SUMMARY``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from offerproof.findings import Run, Verdict
from offerproof.report.formats import Format
from offerproof.report.safety import CELL, one_line
from offerproof.report.summary import FindingView, Summary, summarize

SHOWN: Final = 50
_COMMANDS: Final = {Verdict.FAIL: "error", Verdict.WARN: "warning", Verdict.WAIVED: "notice", Verdict.ERROR: "error"}


def render(run: Run) -> str:
    """The run as workflow commands, a line each, the verdict first."""
    return "\n".join(_lines(summarize(run))) + "\n"


def _lines(s: Summary) -> Iterator[str]:
    word = "notice" if s.exit_code == 0 else "error"
    yield _command(word, s.headline, " · ".join([s.sentence, *s.run.outcome.reasons[:3]]))
    for view in (*s.causes, *s.errors)[:SHOWN]:
        yield _command(_COMMANDS[view.verdict], f"{view.clause.id} {view.clause.sentence}", _message(view))


def _message(view: FindingView) -> str:
    finding = view.finding
    parts = [finding.summary]
    parts += [f"expected {finding.expected}"] if finding.expected is not None else []
    parts += [f"observed {finding.observed}"] if finding.observed is not None else []
    if view.also:
        parts.append(f"also red: {', '.join(dict.fromkeys(other.clause.id for other in view.also))}")
    return "; ".join(one_line(part, CELL // 2) for part in parts)


def _command(word: str, title: str, message: str) -> str:
    """A workflow command; what would end its parts is escaped as GitHub's runner reads it."""
    told = one_line(message, 4 * CELL).replace("%", "%25")
    name = one_line(title, CELL // 2).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{word} title={name}::{told}"


FORMAT: Final = Format(
    name="github",
    suffix="github.txt",
    media_type="text/plain",
    about="annotations of a GitHub job, printed in a step",
    run=render,
)
