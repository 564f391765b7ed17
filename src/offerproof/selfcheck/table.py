"""What selfcheck prints: a line for each defect and each seed, and what all of it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from offerproof.selfcheck.model import Alarm, Report, Trial, TrialOutcome

_WIDTH = 36
_ALSO_MAX = 8


def trial_line(trial: Trial) -> str:
    """One defect: outcome, clause, name, what it took; where it was not killed, what was seen instead."""
    took = f"{trial.requests:>5} requests {trial.seconds:>6.2f} s"
    line = f"{trial.outcome.value:<13} {trial.clause:<10} {trial.name:<{_WIDTH}} {trial.family:<12} {took}"
    if trial.outcome is not TrialOutcome.KILLED:
        by = f"{trial.caught_by}: " if trial.caught_by else ""
        return f"{line}\n{'':<13} {by}{trial.told}"
    if trial.shown and trial.first != trial.clause:
        line += f"   shown first: {trial.first}"
    return line


def alarm_line(alarm: Alarm) -> str:
    """One correct simulator."""
    verdict = "false alarm" if alarm.reasons else "conforms"
    line = f"{verdict:<13} seed {alarm.seed:<5} {'correct simulator':<{_WIDTH}} {'':<12} "
    line += f"{alarm.requests:>5} requests {alarm.seconds:>6.2f} s"
    return "\n".join([line, *(f"{'':<13} {reason}" for reason in alarm.reasons)])


def summary(report: Report) -> str:
    """Defects by family and outcome, what else turned red, false alarms, time."""
    lines = ["", f"{'family':<14}" + "".join(f"{outcome.value:>14}" for outcome in TrialOutcome)]
    families = Counter((trial.family, trial.outcome) for trial in report.trials)
    for family in dict.fromkeys(trial.family for trial in report.trials):
        lines.append(f"{family:<14}" + "".join(f"{families[family, outcome]:>14}" for outcome in TrialOutcome))
    lines.append(f"{'all':<14}" + "".join(f"{report.count(outcome):>14}" for outcome in TrialOutcome))
    lines += _medians(report)
    if report.thorough:
        lines += _what_else(report)
    alarms = report.false_alarms
    clauses = len({trial.clause for trial in report.trials})
    lines += [
        "",
        f"{report.count(TrialOutcome.KILLED)} of {len(report.trials)} defects killed by their clause "
        f"({clauses} clauses), "
        f"{len(alarms)} false alarms over {len(report.alarms)} seeds at level {report.level}, {report.seconds:.0f} s",
        "the judge can be trusted" if not report.exit_code else "the judge cannot be trusted yet",
    ]
    return "\n".join(lines)


def _medians(report: Report) -> list[str]:
    killed = [trial for trial in report.trials if trial.outcome is TrialOutcome.KILLED]
    if not killed:
        return []
    requests, seconds = sorted(one.requests for one in killed), sorted(one.seconds for one in killed)
    middle = len(killed) // 2
    return [
        "",
        f"to the kill: median {requests[middle]} requests, {seconds[middle]:.2f} s;"
        f" most {requests[-1]} requests, {seconds[-1]:.2f} s",
    ]


def _what_else(report: Report) -> list[str]:
    """Whether the report of a whole run shows a defect's own clause first, and what else it shows, and how."""
    whole = [trial for trial in report.trials if trial.whole]
    own = [trial for trial in whole if trial.first == trial.clause]
    alone = [trial for trial in own if len(trial.red) == 1]
    one = [trial for trial in own if len(trial.shown) == 1]
    lines = [
        "",
        f"what a report of the whole suite shows of each defect ({len(report.trials) - len(whole)} not in these runs)",
        f"  its own clause first: {len(own)} of {len(whole)}; as the only cause: {len(one)}; "
        f"nothing else red: {len(alone)}",
    ]
    lines += _rest("another clause first", [trial for trial in whole if trial.first != trial.clause])
    lines += _rest("its own first, and further causes", [trial for trial in own if len(trial.shown) > 1])
    lines += _rest("its own as the only cause, the rest beneath it", [trial for trial in one if len(trial.red) > 1])
    return lines


def _rest(title: str, trials: Sequence[Trial]) -> list[str]:
    """The rest of what turns red, a line each: causes in the order they are shown, then what stands beneath them."""
    lines = ["", f"{title} ({len(trials)})"] if trials else []
    for trial in trials:
        beneath = [name for name in trial.beneath if name not in trial.shown]
        shown = f"{', '.join(trial.shown)}; " if trial.shown != (trial.clause,) else ""
        more = f" and {len(beneath) - _ALSO_MAX} more" if len(beneath) > _ALSO_MAX else ""
        told = f"beneath: {', '.join(beneath[:_ALSO_MAX])}{more}" if beneath else "nothing beneath"
        lines.append(f"  {trial.name:<{_WIDTH}} {trial.clause:<10} {shown or ''}{told}")
    return lines
