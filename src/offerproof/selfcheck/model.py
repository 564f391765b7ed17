"""What selfcheck is asked for and what it found out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import msgspec

from offerproof.contract import Level
from offerproof.errors import ExitCode


class TrialOutcome(StrEnum):
    """What became of a planted defect."""

    KILLED = "killed"
    """The checks of its own clause found it."""
    WRONG_CLAUSE = "wrong clause"
    """The suite found it, but not under the clause that it names."""
    SURVIVED = "survived"
    """It did its harm, and nothing found it."""
    VACUOUS = "vacuous"
    """It was planted and never did any harm (or never said so): it proves nothing."""
    BROKEN = "broken"
    """The suite broke on it instead of ruling: an error of ours."""
    UNCHECKED = "unchecked"
    """Its clause has no check that a run of the suite could make."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: the defects by name, the seeds of correct simulators, and how much of the suite."""

    defects: tuple[str, ...]
    seeds: tuple[int, ...]
    level: Level = Level.GATE
    """The level of whole runs: for false alarms, and where the clause of a defect does not find it."""
    thorough: bool = False
    """Whether the whole suite is run against killed defects too, to see what else turns red."""
    jobs: int = 1
    """Processes; 1 works in this one."""
    clauses: Path | None = None
    """A team's folder of clauses, checks and defects: the defects are theirs, the suite has their clauses too."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One defect, judged."""

    name: str
    family: str
    clause: str
    outcome: TrialOutcome
    caught_by: str | None
    """The clause that found it: its own, else the first of the suite that did."""
    requests: int
    """Requests up to the proof; without a proof, all that were sent."""
    seconds: float
    hits: int
    """How often it did harm."""
    told: str = ""
    """The finding in a sentence; for a broken trial, what broke."""
    whole: str | None = None
    """The level of the run of the whole suite; None without one."""
    shown: tuple[str, ...] = ()
    """Clauses of the findings that its report shows in full, one for each probable cause, in their order."""
    beneath: tuple[str, ...] = ()
    """Clauses that the report puts under these, as red for probably the same reason."""

    @property
    def first(self) -> str | None:
        """The clause of the first finding that a report of the whole suite shows."""
        return next(iter(self.shown), None)

    @property
    def red(self) -> tuple[str, ...]:
        """Every clause that was broken in the run of the whole suite."""
        return tuple(dict.fromkeys((*self.shown, *self.beneath)))


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One correct simulator, judged; ``reasons`` says why it was not found to conform, and is empty when it was."""

    seed: int
    requests: int
    seconds: float
    reasons: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that came out."""

    trials: tuple[Trial, ...]
    alarms: tuple[Alarm, ...]
    seconds: float
    level: Level
    thorough: bool

    def count(self, outcome: TrialOutcome) -> int:
        """How many defects had this outcome."""
        return sum(trial.outcome is outcome for trial in self.trials)

    @property
    def false_alarms(self) -> tuple[Alarm, ...]:
        """The correct simulators that were accused, or could not be judged."""
        return tuple(alarm for alarm in self.alarms if alarm.reasons)

    @property
    def exit_code(self) -> ExitCode:
        """0 only when every defect was killed by its clause and no correct simulator was accused.

        3 when the only thing amiss is that clauses have no check yet.
        """
        killed, unchecked = self.count(TrialOutcome.KILLED), self.count(TrialOutcome.UNCHECKED)
        if killed + unchecked < len(self.trials) or self.false_alarms:
            return ExitCode.FAILED
        return ExitCode.NOT_JUDGED if unchecked else ExitCode.OK
