"""Every dialect and every reading, singly and combined, and the suite run against a correct simulator that has them."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from offerproof.conformance import Finished, Options, certify, runner
from offerproof.contract import Level
from offerproof.target import Profile, load_profile
from tests.dialects import other_ways, rarer, rewriting
from tests.dialects.indoors import NOWHERE, Indoors
from tests.dialects.proxy import Layer, Proxy
from tests.dialects.rewriting import Dialect

ACME = Path(__file__).resolve().parents[2] / "src" / "offerproof" / "simulator" / "acme.toml"
DIALECTS: dict[str, Dialect] = {**other_ways.ways(Dialect), **rarer.DIALECTS, **rewriting.DIALECTS}
"""Behaviour first: it is nearest to the simulator, and sees answers as the simulator gives them."""
READINGS: dict[str, Dialect] = {
    name: Dialect(program=changes, group="paging" if "page" in name or "take" in name else "")
    for name, changes in other_ways.READINGS.items()
}


def combination(seed: int) -> dict[str, Dialect]:
    """Some dialects and readings at once, by name; never two of a kind that exclude each other."""
    drawn = random.Random(seed)
    chosen: dict[str, Dialect] = {}
    known = {**DIALECTS, **READINGS}
    for name in drawn.sample(list(known), len(known)):
        if drawn.random() < 0.6 and _fits(known[name], chosen):
            chosen[name] = known[name]
    return {name: chosen[name] for name in known if name in chosen}


def handfuls(known: Mapping[str, Dialect]) -> list[dict[str, Dialect]]:
    """All of them in as few handfuls as may go together: each is in one."""
    made: list[dict[str, Dialect]] = []
    for name, one in known.items():
        room = next((bundle for bundle in made if len(bundle) < _HANDFUL and _fits(one, bundle)), None)
        if room is None:
            made.append({name: one})
        else:
            room[name] = one
    return made


_HANDFUL = 9


def _fits(one: Dialect, chosen: Mapping[str, Dialect]) -> bool:
    others = chosen.values()
    return not any(
        (one.group and one.group == other.group) or set(one.program) & set(other.program) for other in others
    )


def spoken(profile: Profile, dialects: Sequence[Dialect], address: str) -> Profile:
    """The profile of a target at the proxy's address that speaks these dialects."""
    silent = any(one.silent for one in dialects)
    behaviours, paths = {} if silent else dict(profile.behaviours), dict(profile.paths)
    for one in dialects:
        behaviours.update(one.behaviour)
        paths.update(one.paths)
    settle_ms = max((one.settle_ms for one in dialects), default=0)
    return replace(
        profile,
        services={name: replace(one, base_url=address) for name, one in profile.services.items()},
        behaviours=behaviours,
        paths=paths,
        capabilities={
            **profile.capabilities,
            **{name: able for one in dialects for name, able in one.capabilities.items()},
        },
        timing=replace(profile.timing, settle_ms=settle_ms),
        control=replace(profile.control, base_url=address) if profile.control else None,
    )


def program_text(changes: Mapping[str, str]) -> str:
    """The ACME program with some settings changed."""
    lines, section, done = [], "", set()
    for line in ACME.read_text(encoding="utf-8").splitlines():
        header = re.match(r"\[+([a-z_.]+)\]+", line)
        section = header[1] if header else section
        setting = re.match(r"(# )?([a-z_]+) *= ", line)
        name = f"{section}.{setting[2]}" if setting else ""
        if setting and name in changes:
            line = f"{setting[2]} = {changes[name]}"
            done.add(name)
        lines.append(line)
    assert done == set(changes), f"the program file has no {set(changes) - done}"
    return "\n".join(lines) + "\n"


class Simulators:
    """Simulators in processes of their own, one for each program; all are stopped in the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._running: dict[str, Profile] = {}

    def profile(self, changes: Mapping[str, str]) -> Profile:
        """The profile of the simulator that plays this program."""
        text = program_text(changes)
        if text not in self._running:
            folder = self._folder / str(len(self._running))
            folder.mkdir()
            self._running[text] = self._stack.enter_context(_simulator(folder, text))
        return self._running[text]

    def stop(self) -> None:
        """Stop them all."""
        self._stack.close()


@contextmanager
def _simulator(folder: Path, program: str) -> Iterator[Profile]:
    (folder / "program.toml").write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--control"]
    command += ["--program", str(folder / "program.toml"), "--profile-out", str(folder / "simulator.toml")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 30
        while b": ready at " not in (told := (folder / "log").read_bytes()):
            assert process.poll() is None, told
            assert time.monotonic() < deadline, told
            time.sleep(0.01)
        yield load_profile(folder / "simulator.toml")
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class Heard:
    """What a run through the proxy came to."""

    exit_code: int
    red: list[str]
    """Everything that is neither pass nor skip, a line each."""
    changed: int
    """How many answers left the proxy otherwise than they came."""
    finished: Finished

    @property
    def green(self) -> bool:
        """Whether nothing was held against the target, and nothing was left open."""
        return not self.red and self.exit_code == 0

    def count(self, verdict: str) -> int:
        """How many findings have this verdict."""
        return sum(one.verdict == verdict for one in self.finished.run.findings)


def listen(
    simulators: Simulators, dialects: Sequence[Dialect], out: Path, *, level: str = "gate", seed: int = 0
) -> Heard:
    """Run the suite, over HTTP, against a correct simulator that speaks these dialects and has these readings."""
    profile = simulators.profile(_changes(dialects))
    proxy = Proxy(profile.services["core"].base_url, _layers(dialects))
    try:
        target = spoken(profile, dialects, proxy.address)
        finished = certify(Options(profile=target, level=Level(level), seed=seed, out=out))
    finally:
        proxy.close()
    return _heard(finished, proxy)


def listen_indoors(dialects: Sequence[Dialect], folder: Path, *, level: str = "gate", seed: int = 0) -> Heard:
    """The same without HTTP, for a third of the cost."""
    program = folder / "program.toml"
    program.write_text(program_text(_changes(dialects)), encoding="utf-8")
    target = Indoors(program, _layers(dialects))
    profile = spoken(target.profile, dialects, NOWHERE)
    with patch.object(runner, "transport_for", lambda profile: target):
        finished = certify(Options(profile=profile, level=Level(level), seed=seed, out=folder / "runs"))
    return _heard(finished, target)


def _changes(dialects: Sequence[Dialect]) -> dict[str, str]:
    return {name: value for one in dialects for name, value in one.program.items()}


def _layers(dialects: Sequence[Dialect]) -> list[Layer]:
    return [one.layer for one in dialects if one.layer]


def _heard(finished: Finished, target: Proxy | Indoors) -> Heard:
    assert target.broken == []
    return Heard(int(finished.run.outcome.exit_code), red_of(finished), target.changed, finished)


def red_of(finished: Finished) -> list[str]:
    """Findings that are neither pass nor skip."""
    return [
        f"{one.clause} {one.verdict} in {one.check}: {one.summary}: expected {one.expected}, observed {one.observed}"
        for one in finished.run.findings
        if one.verdict not in ("pass", "skip")
    ]
