"""Asks a scenario file what it is like, in a process of its own: the file imports Locust, which patches the process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import msgspec

from offerproof.errors import CannotJudge, Misuse, OfferproofError
from offerproof.loadtest.generator.workflows import Mix
from offerproof.loadtest.plan.scenario import ScenarioFacts

LONGEST_S = 60.0
"""So long importing a scenario file may take."""
PROGRAM = f"import locust, sys; from {__name__} import tell; tell(sys.argv[1])"
"""Locust comes first: it must patch ``ssl`` before anything of ours has imported it."""
EXAMPLE = "class MyUser(LoyaltyUser): mix = Mix((Checkout(), 1)); see docs/load-runs.md"


class _Told(msgspec.Struct):
    """What the process prints."""

    facts: ScenarioFacts | None = None
    problem: str = ""
    hint: str = ""


def facts_of(file: Path) -> ScenarioFacts:
    """Return the facts of a scenario file; raises :class:`Misuse` when it is none."""
    command = [sys.executable, "-c", PROGRAM, str(file)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "PYTEST_"))}
    try:
        done = subprocess.run(command, env=kept, stdout=subprocess.PIPE, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        raise Misuse(f"{file}: importing it took more than {LONGEST_S:.0f} s", hint="start nothing there") from None
    try:
        told = msgspec.json.decode(done.stdout, type=_Told)
    except msgspec.DecodeError as problem:
        raise CannotJudge(f"{file}: what it is like could not be told (exit code {done.returncode})") from problem
    if told.facts is None:
        raise Misuse(f"{file}: {told.problem}", hint=told.hint or None)
    return told.facts


def mix_of(users: Iterable[Any]) -> Mix:
    """Return the mix of the one user class of ours among Locust's."""
    found = [user.mix for user in users if hasattr(user, "mix")]
    if len(found) != 1:
        count = "has no LoyaltyUser with a mix" if not found else f"has {len(found)} LoyaltyUsers"
        raise Misuse(f"{count}; a scenario has exactly one, and several workflows go into one Mix", hint=EXAMPLE)
    if not isinstance(found[0], Mix):
        raise Misuse("the mix of a LoyaltyUser is a Mix", hint=EXAMPLE)
    return found[0]


def _told_of(file: str) -> _Told:
    from locust.util.load_locustfile import load_locustfile

    try:
        users, _ = load_locustfile(file)
        return _Told(facts=mix_of(users.values()).facts)
    except OfferproofError as problem:
        return _Told(problem=problem.message, hint=problem.hint or "")
    except (Exception, SystemExit) as problem:
        return _Told(problem=f"importing it failed: {type(problem).__name__}: {problem}")


def tell(file: str) -> None:
    """Print the facts of a scenario file, or what is wrong with it, as JSON."""
    with redirect_stdout(sys.stderr):  # whatever the file prints is no answer
        told = _told_of(file)
    sys.stdout.buffer.write(msgspec.json.encode(told))
