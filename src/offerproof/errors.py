"""What can go wrong with *us*: a sentence, a hint that says what to do, and an exit code.

An error is never a verdict on the target. Findings about the target live in ``offerproof.findings``.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The answers a command gives to the shell."""

    OK = 0
    FAILED = 1
    MISUSE = 2
    NOT_JUDGED = 3
    OPEN = 4
    """It conforms so far, and the rest is to be looked at in a later sitting."""


class OfferproofError(Exception):
    """Base of all our errors. ``hint`` says what to do about it; ``exit_code`` is what the command returns."""

    exit_code: ExitCode = ExitCode.NOT_JUDGED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Misuse(OfferproofError):
    """We were called wrongly: bad option, bad profile, bad program file, something not allowed here."""

    exit_code = ExitCode.MISUSE


class CannotJudge(OfferproofError):
    """We could not come to a verdict: unreachable target, truncated run, exhausted budget."""

    exit_code = ExitCode.NOT_JUDGED


class ContentMissing(OfferproofError):
    """A folder that belongs to the package is not there: a broken installation."""
