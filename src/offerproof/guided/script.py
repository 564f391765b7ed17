"""How a till without hands is started: a JSON file that names a command for the situations, and its bounds."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Final

import msgspec

from offerproof.client_duties import ClientRequest
from offerproof.contract import SERVICES
from offerproof.errors import Misuse
from offerproof.exchange import Redactor
from offerproof.files import read_json, read_whole
from offerproof.guided.prepared_simulator import Card
from offerproof.guided.situations import SITUATIONS

Look = Callable[[float], Sequence[ClientRequest] | None]
"""Wait for what passes, so many seconds at most, and return it; None: the session is over."""

_HINT: Final = 'such as {"client": "POS 7.2", "command": ["./till"]}; docs/guided-session.md has every member'
_SHOWN: Final = 5
_GRACE_S: Final = 2.0
_PERSONAL: Final = {"_EMAIL": "email", "_PHONE": "phone", "_EXTERNAL_ID": "external-id"}
"""What variables hold of people, by the end of their names."""
_Argument = Annotated[str, msgspec.Meta(min_length=1)]
_Command = Annotated[list[_Argument], msgspec.Meta(min_length=1)]
_Limit = Annotated[float, msgspec.Meta(ge=1, le=3600)]


class OneSituation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is different in one situation."""

    command: _Command | None = None
    limit_s: _Limit | None = None


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file. ``till_timeout_s``: how long the till waits for an answer; ``limit_s``: longest life of a command."""

    command: _Command | None = None
    client: _Argument = "till"
    till_timeout_s: Annotated[float, msgspec.Meta(ge=0.5, le=60)] = 10.0
    limit_s: _Limit = 120.0
    situations: dict[str, OneSituation] = {}


def read_script(path: Path) -> Script:
    """Read a script.

    Raises:
        Misuse: it cannot be read, is no JSON, or has a member that is not known.
    """
    text = read_whole(path, "the script", hint=_HINT)
    try:
        script: Script = read_json(text, Script)
    except ValueError as problem:
        raise Misuse(f"{path} is not a script of a till: {problem}", hint=_HINT) from None
    for name in script.situations:
        if name not in SITUATIONS:
            near = get_close_matches(name, SITUATIONS, n=1, cutoff=0.5)
            meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(SITUATIONS)}"
            raise Misuse(f"{path}: there is no situation {name!r}", hint=meant)
    return script


@dataclass(frozen=True)
class ScriptedTill:
    """Starts the till's command for each situation, in the script's folder, and waits until it ends."""

    script: Script
    folder: Path
    tell: Callable[[str], None]

    def __call__(self, card: Card, look: Look) -> str | None:
        """Play one situation; returns what was wrong with the command itself, None when it ended well.

        Raises:
            Misuse: it cannot be started.
        """
        own = self.script.situations.get(card.situation.name, OneSituation())
        command = own.command or self.script.command
        if command is None:
            return "the script has no command for it"
        limit = own.limit_s or self.script.limit_s
        with TemporaryFile() as output:
            try:
                process = subprocess.Popen(  # noqa: S603  (the user's own till)
                    command,
                    cwd=self.folder,
                    env=_environment(card.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as problem:
                hint = "the command is looked for in the script's folder and on the PATH"
                raise Misuse(f"cannot start {command[0]!r}: {problem.strerror}", hint=hint) from None
            try:
                problem_told = _awaited(process, limit, look)
            finally:
                _stop(process)
            if problem_told is not None:
                output.seek(0)
                redactor = _redactor(card.environment)
                for line in output.read().decode("utf-8", "replace").splitlines()[-_SHOWN:]:
                    self.tell(f"   | {redactor.free(line)}")
            return problem_told


def _environment(told: Mapping[str, str]) -> dict[str, str]:
    """What the till is told, in our environment without what is ours: it knows no control interface."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OFFERPROOF_")} | dict(told)


def _redactor(told: Mapping[str, str]) -> Redactor:
    """What keeps credentials and people out of what a till prints: it may print all that it was told."""
    redactor = Redactor()
    for service in SERVICES:
        key, secret = f"TILL_{service.upper()}_KEY", f"TILL_{service.upper()}_SECRET"
        if secret in told:
            redactor.credentials(service, told[key], told[secret], (f"${key}", f"${secret}"))
    for name, value in told.items():
        if name == "TILL_API_KEY":
            redactor.api_key(value, f"${name}")
        elif kind := next((kind for end, kind in _PERSONAL.items() if name.endswith(end)), None):
            redactor.personal(kind, value)
    return redactor


def _awaited(process: subprocess.Popen[bytes], limit: float, look: Look) -> str | None:
    deadline = time.monotonic() + limit
    while process.poll() is None:
        if look(0.05) is None:
            return "the session was stopped"
        if time.monotonic() > deadline:
            return f"the till had not ended after {limit:g} s, and was stopped"
    code = process.returncode
    if code < 0:
        return f"the till was ended by {signal.Signals(-code).name}"
    return f"the till ended with exit code {code}" if code else None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it started, where it has not ended."""
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
            return
