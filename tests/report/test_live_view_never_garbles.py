"""A run while it goes on: a table on a terminal, plain lines everywhere else, the certificate on standard output."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import IO, Any

import pytest

from offerproof.findings import (
    CheckFinished,
    CheckStarted,
    Event,
    FindingMade,
    LimitReached,
    PlanMade,
    Run,
    RunFinished,
    RunStarted,
    Verdict,
    Waiting,
)
from offerproof.report.formats import text
from offerproof.report.live import LiveView


def events(run: Run) -> Iterator[Event]:
    folder = Path("offerproof-runs/x")
    yield RunStarted(run.header, folder)
    yield PlanMade(run.plan, {"SMOKE": 1, "LOCK": 2})
    yield CheckStarted("smoke", "SMOKE", ("SMOKE-1",))
    yield CheckFinished("smoke", "SMOKE", Verdict.PASS, 3, 5_000)
    yield CheckStarted("lock", "LOCK", ("LOCK-1",))
    failed = next(f for f in run.findings if f.verdict is Verdict.FAIL)
    yield FindingMade(failed, Verdict.FAIL, again=False)
    yield FindingMade(failed, Verdict.FAIL, again=True)
    yield CheckFinished("lock", "LOCK", Verdict.FAIL, 9, 5_000)
    yield Waiting("the target asked for it (Retry-After)", 3.0)
    yield Waiting("rate limit", 0.01)
    yield LimitReached("requests \x1b[2J", "later checks are unknown")
    yield CheckStarted("lock_2", "LOCK", ("LOCK-2",))
    yield CheckFinished("lock_2", "LOCK", Verdict.PASS, 12, 5_000)
    yield RunFinished(run, folder)


def shown(run: Run, **options: Any) -> tuple[str, str]:
    out, progress = StringIO(), StringIO()
    with LiveView(out=out, progress=progress, environ={}, **options) as view:
        for event in events(run):
            view.notice(event)
    return out.getvalue(), progress.getvalue()


@contextmanager
def terminal(columns: int, rows: int = 40) -> Iterator[tuple[IO[str], int]]:
    """A pseudo-terminal of a given size: the stream to write to, and the descriptor that reads what came."""
    reading, writing = pty.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        with os.fdopen(writing, "w", encoding="utf-8") as stream:
            yield stream, reading
    finally:
        os.close(reading)


def on_a_terminal(run: Run, environ: dict[str, str], columns: int = 100, rows: int = 40) -> str:
    with terminal(columns, rows) as (stream, reading):
        os.set_blocking(reading, False)
        came = b""
        with LiveView(out=StringIO(), progress=stream, environ=environ) as view:
            for event in events(run):
                view.notice(event)
                came += drained(reading)
        return (came + drained(reading)).decode()


def drained(reading: int) -> bytes:
    came = b""
    try:
        while block := os.read(reading, 65_536):
            came += block
    except BlockingIOError:
        pass
    return came


def test_without_a_terminal_progress_is_plain_lines_and_standard_output_has_the_certificate_alone(
    failing: Run,
) -> None:
    out, progress = shown(failing)
    assert out == text.render(failing)
    assert progress.splitlines() == [
        "offerproof 0.1.0: certify staging-eu (staging), level gate, seed 7",
        "  Smoke: 1 check: 1 pass",
        "  FAIL LOCK-1  the Lock answer says INFO instead of LOCKED",
        "  waiting 3 s: the target asked for it (Retry-After)",
        "  limit reached: requests \\x1b[2J: later checks are unknown",
        "  Lock: 2 checks: 1 pass, 1 fail",
    ]


def test_what_somebody_answers_for_is_told_as_waived(failing: Run) -> None:
    waived = next(f for f in failing.findings if f.clause == "LOCK-4")
    progress = StringIO()
    with LiveView(out=StringIO(), progress=progress, environ={}) as view:
        view.notice(PlanMade(failing.plan, {"LOCK": 1}))
        view.notice(FindingMade(waived, Verdict.WAIVED, again=False))
        view.notice(CheckFinished("lock", "LOCK", Verdict.WAIVED, 9, 5_000))
    assert progress.getvalue().splitlines() == [f"  WAIVED LOCK-4  {waived.summary}", "  Lock: 1 check: 1 waived"]


def test_the_certificate_can_be_left_to_the_caller(failing: Run) -> None:
    assert shown(failing, certificate=False)[0] == ""


def test_on_a_terminal_a_table_redraws_itself_and_failures_stay(failing: Run) -> None:
    came = on_a_terminal(failing, {"TERM": "xterm-256color"})
    assert "\x1b[" in came
    assert "2/2" in came
    assert "FAIL LOCK-1" in came
    assert "\x1b[2J" not in came  # what a target says never reaches a terminal raw
    assert came.count("\x1b[?25l") == came.count("\x1b[?25h")  # the cursor is given back


def test_on_a_terminal_of_sixty_columns_the_verdicts_so_far_have_room(failing: Run) -> None:
    failing.plan.chapters["LOCK"] = "What the profile declares where the documents leave a choice"
    came = on_a_terminal(failing, {"TERM": "xterm"}, columns=60)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "\n", came.replace("\r", "\n"))
    assert "1 fail" in plain
    assert "What the profile declares w…" in plain
    assert "\nseed " in re.sub(r"\s*\n\s*", "\n", plain), "the opening line breaks at a blank"
    assert max(map(len, plain.splitlines())) <= 60


@pytest.mark.parametrize(
    ("environ", "columns"),
    [
        ({"TERM": "xterm", "CI": "true"}, 100),
        ({"TERM": "xterm", "NO_COLOR": "1"}, 100),
        ({"TERM": "dumb"}, 100),
        ({"TERM": "xterm"}, 40),
    ],
)
def test_plain_lines_where_redrawing_would_smear(failing: Run, environ: dict[str, str], columns: int) -> None:
    came = on_a_terminal(failing, environ, columns)
    assert "\x1b" not in came
    assert "  FAIL LOCK-1  the Lock answer says INFO instead of LOCKED" in came.replace("\r", "").splitlines()


def test_a_terminal_lower_than_the_table_gets_lines(failing: Run) -> None:
    came = on_a_terminal(failing, {"TERM": "xterm"}, rows=5)
    assert "\x1b[?25l" not in came
    assert "Lock: 2 checks" in came


def interrupted(run: Run, stream: IO[str]) -> None:
    with LiveView(out=StringIO(), progress=stream, environ={"TERM": "xterm"}) as view:
        for event in list(events(run))[:4]:
            view.notice(event)
        raise KeyboardInterrupt


def test_an_interrupted_run_gives_the_terminal_back(failing: Run) -> None:
    with terminal(100) as (stream, reading):
        os.set_blocking(reading, False)
        with pytest.raises(KeyboardInterrupt):
            interrupted(failing, stream)
        assert "\x1b[?25h" in drained(reading).decode()
