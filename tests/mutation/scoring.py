"""What a run over faults comes to: verdicts by module, the score, and the page that lists every survivor."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

EXPLAINED = Path(__file__).with_name("explained.toml")
GAP = "gap"
"""The kind of a reason that excuses nothing: it says why a fault that counts was not killed."""
SHOWN = 100
"""Characters of a fault's text that are shown, and that tell it apart."""
SURVIVORS = ("survived", "warned", "unjudged")


@dataclass(frozen=True)
class Mutant:
    """One fault: in which module, which of its faults, and what it is."""

    module: str
    index: int
    operator: str
    line: int
    function: str
    before: str
    after: str


@dataclass(frozen=True)
class Judged:
    """A fault and what the suite said."""

    mutant: Mutant
    verdict: str
    clause: str
    told: str
    requests: int
    seconds: float


def explained() -> dict[str, tuple[str, str]]:
    """For each fault that was looked into, in the words of ``spelled``: the kind of reason, and the reason."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["reasons"]
    return {fault: (entry["kind"], entry["why"]) for entry in entries for fault in entry["faults"]}


def spelled(fault: Mutant) -> str:
    """A fault in a line, the same wherever it moves in its function."""
    return f"{fault.module} {fault.function}: {fault.before[:SHOWN]} => {fault.after[:SHOWN]}"


@dataclass(frozen=True)
class Score:
    """What counts: ``faults`` that a clause could find, how many were ``killed``, and how many only warned of."""

    faults: int
    killed: int
    warned: int
    excused: Counter[str]

    @property
    def share(self) -> float:
        """Killed of those that count."""
        return self.killed / max(self.faults, 1)


def score(results: list[Judged]) -> Score:
    """Leave out what did not start, and of what was not killed what is explained."""
    known = explained()
    counted = [one for one in results if one.verdict != "not viable"]
    excused = [known[spelled(one.mutant)][0] for one in counted if one.verdict != "killed" and _is_known(one, known)]
    verdicts = Counter(one.verdict for one in counted)
    warned = sum(one.verdict == "warned" and not _is_known(one, known) for one in counted)
    return Score(len(counted) - len(excused), verdicts["killed"], warned, Counter(excused))


def _is_known(one: Judged, known: dict[str, tuple[str, str]]) -> bool:
    return known.get(spelled(one.mutant), (GAP, ""))[0] != GAP


def summary(results: list[Judged]) -> str:
    """Verdicts by module, and the score."""
    by_module = Counter((one.mutant.module, one.verdict) for one in results)
    verdicts = ("killed", *SURVIVORS, "not viable")
    lines = ["", f"{'module':<26}" + "".join(f"{verdict:>12}" for verdict in verdicts)]
    for module in dict.fromkeys(one.mutant.module for one in results):
        lines.append(f"{module:<26}" + "".join(f"{by_module[module, verdict]:>12}" for verdict in verdicts))
    counts = Counter(one.verdict for one in results)
    lines.append(f"{'all':<26}" + "".join(f"{counts[verdict]:>12}" for verdict in verdicts))
    return "\n".join([*lines, "", *_sums(results)])


def _sums(results: list[Judged]) -> list[str]:
    found = score(results)
    viable = sum(one.verdict != "not viable" for one in results)
    seen = (found.killed + found.warned) / max(found.faults, 1)
    return [
        f"{viable} faults; {found.excused['equivalent']} are equivalent, {found.excused['not judged']} are of what the"
        f" documents leave open; {found.faults} count",
        f"{found.killed} of {found.faults} killed: {found.share:.1%};"
        f" with {found.warned} that were warned of: {seen:.1%}",
    ]


# The page


def markdown(results: list[Judged], seed: int, level: str) -> str:
    """docs/mutation-score.md: the score, and every survivor with its reason."""
    known = explained()
    alive = [one for one in results if one.verdict in SURVIVORS]
    lines = [*_PAGE.format(seed=seed, level=level).splitlines(), "", "```", summary(results).strip(), "```", ""]
    lines += ["## Not killed, and counted", "", _COUNTED, ""]
    for one in alive:
        if not _is_known(one, known):
            told = f" ({one.clause})" if one.clause else ""
            _, why = known.get(spelled(one.mutant), (GAP, ""))
            lines.append(f"- {one.verdict}{told}: {_shown(one.mutant)}" + (f". {why}" if why else ""))
    for kind, title in (("not judged", "Left open by the documents"), ("equivalent", "Equivalent")):
        lines += ["", f"## {title}"]
        for why in dict.fromkeys(reason for each, reason in known.values() if each == kind):
            mine = [one for one in alive if known.get(spelled(one.mutant)) == (kind, why)]
            if mine:
                lines += ["", why, "", *(f"- {_shown(one.mutant)}" for one in mine)]
    return "\n".join(lines) + "\n"


def _shown(fault: Mutant) -> str:
    before, after = (f"`{text[:SHOWN]}`".replace("|", "\\|") for text in (fault.before, fault.after))
    return f"{fault.module}, {fault.function or 'top'}: {before} → {after}"


_COUNTED = """What was warned of was found: by a should-clause, because what it says was seen live only, is good
practice, or is said in one place and contradicted in another."""

_PAGE = """# The suite against faults in the simulator's source

Planted defects (`offerproof selfcheck`) are wrong in ways somebody thought of. This is the second, independent measure:
small faults that nobody chose (a comparison turned round, a boundary moved, a statement or a member removed, arguments
swapped, a constant off by one, a condition negated, …) are made in the source of the simulator, one at a time, in a
fresh process, and the contract suite judges each over HTTP at level {level}, as it would any other target.

A fault is *killed* when a must-clause fails (exit code 1), *warned of* when only should-clauses do, *unjudged* when
the run ends without a certificate (exit code 3), and else it *survives*. A fault that keeps the simulator from starting
is not viable, and another is drawn in its place.

The sample is drawn with seed {seed} from all faults that can be made in the code that is the API's behaviour, by each
module's share of them. Not part of it: the control API, the journal, scenarios, start options and the reading of
settings, which no call of the API can tell and which have tests of their own (`benchmarks/source_mutation.py` names
them).

A survivor is explained (`tests/mutation/explained.toml`) when no call could tell the difference (*equivalent*), or when
the documents leave open what it changes, so that a right target may do it and no clause may judge it. The score is the
share of killed faults among all others.

    python -m benchmarks.source_mutation --seed {seed} --markdown docs/mutation-score.md

## Score"""
