"""``offerproof init``: a commented target profile, from answers, options or a recording."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
from jinja2 import Environment, StrictUndefined

from offerproof.audit.setting_up import Told, told_by
from offerproof.cli import say
from offerproof.contract import OPERATIONS, SERVICES
from offerproof.errors import ExitCode, Misuse
from offerproof.files import FULL, cannot_write
from offerproof.target import load_profile

_TEMPLATE: Final = Path(__file__).with_name("profile.toml.jinja")
_KINDS: Final = ("sandbox", "staging", "production")
ASKED: Final = {
    "name": "What is the target called, in reports",
    "environment": "What is it",
    "core": "Address of the core service (customer search), such as https://core.staging.example.com",
    "offers": "Address of the offers service",
    "cloudpos": "Address of the CloudPOS service (Lookup, Lock, send_transaction)",
    "retailer": "Id of the retailer",
    "store": "Id of a store",
    "client": "Id of the client",
}
"""What a profile cannot be written without, in the order in which it is asked."""


@click.command("init")
@click.argument("profile", type=click.Path(path_type=Path), metavar="PROFILE")
@click.option("--name", help="What the target is called in reports.")
@click.option("--environment", type=click.Choice(_KINDS), help="What it is.")
@click.option("--core", metavar="URL", help="Address of the core service; of the others too, if they have none.")
@click.option("--offers", metavar="URL", help="Address of the offers service.")
@click.option("--cloudpos", metavar="URL", help="Address of the CloudPOS service.")
@click.option("--retailer", metavar="ID", help="Id of the retailer.")
@click.option("--store", metavar="ID", help="Id of a store.")
@click.option("--client", metavar="ID", help="Id of the client.")
@click.option("--allow-writes", is_flag=True, help="Customers, offers and transactions may be made on it.")
@click.option(
    "--recording",
    "recordings",
    multiple=True,
    metavar="FILE",
    help="Take hosts, spellings, ids and calls from recorded traffic (what audit reads); repeatable.",
)
def command(profile: Path, allow_writes: bool, recordings: tuple[str, ...], **given: str | None) -> ExitCode:
    """Write PROFILE, a commented target profile; a file that is there is left alone.

    What neither options nor recordings say is asked, in a terminal. Credentials are not asked: the profile names
    environment variables, and which ones is printed.
    """
    if profile.exists():
        raise Misuse(f"{profile} is there already", hint="name another file, or take that one away first")
    told = told_by(recordings) if recordings else None
    if told is not None and not told.calls:
        raise Misuse(f"no call of the API in {', '.join(recordings)}", hint="offerproof audit FILE says what is in it")
    answers = _answers({name: value for name, value in given.items() if value}, told)
    if not allow_writes and answers["environment"] != "production" and somebody_answers():
        allow_writes = click.confirm("May customers, offers and transactions be made on it", default=False)
    write(profile, answers, told, allow_writes=allow_writes)
    prefix = _prefix(answers)
    say(f"wrote {profile}. Its credentials are taken from the environment:")
    for variable in re.findall(rf'"({prefix}_\w+)"', profile.read_text("utf-8")):
        say(f"  export {variable}=…")
    if told is not None and told.guessed:
        names = ", ".join(sorted(told.guessed))
        say(f"spelled like no document, and known by what was asked: {names}. Look at [paths]")
    if told is not None and (unseen := _unseen(told)):
        say(f"not in the recording, so not declared and not judged: {', '.join(unseen)}. Look at [capabilities]")
    say(f"then: offerproof check --target {profile}")
    return ExitCode.OK


def _answers(given: dict[str, str], told: Told | None) -> dict[str, str]:
    """An answer for each of ``ASKED``: given, recorded, or asked for where there is somebody to ask."""
    answers = {**told.base_urls, **told.ids} if told is not None else {}
    answers |= given
    if "core" in given:
        answers = dict.fromkeys(SERVICES, given["core"]) | answers
    missing = [name for name in ASKED if name not in answers]
    if missing and not somebody_answers():
        options = ", ".join(f"--{name}" for name in missing)
        raise Misuse(f"a profile needs {options}", hint="give them, or run this in a terminal, where it asks")
    for name in missing:
        kind = click.Choice(_KINDS) if name == "environment" else click.STRING
        answers[name] = click.prompt(ASKED[name], type=kind, default=answers.get("core") if name in SERVICES else None)
    return answers


def somebody_answers() -> bool:
    """Whether questions reach somebody."""
    return sys.stdin is not None and sys.stdin.isatty()


def write(profile: Path, answers: Mapping[str, str], told: Told | None = None, *, allow_writes: bool = False) -> None:
    """Write a profile that loads.

    Raises:
        Misuse: an answer cannot stand in a profile, or the file cannot be written.
    """
    hosts = list(dict.fromkeys((urlsplit(answers[name]).hostname or "").lower() for name in SERVICES))
    seen = None if told is None else {OPERATIONS[name].capability for name in told.accepted}
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701  (TOML)
    text = environment.from_string(_TEMPLATE.read_text("utf-8")).render(
        {name: _quoted(answers[name]) for name in ASKED},
        file=profile.name,
        allow_writes="true" if allow_writes else "false",
        employee=_quoted(answers.get("employee", "1000")),
        prefix=_prefix(answers),
        paths={name: _quoted(_short(name, line)) for name, line in (told.paths if told else {}).items()},
        hosts=json.dumps(hosts),
        has=lambda capability: "true" if seen is None or capability in seen else "false",
    )
    try:
        with profile.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as problem:
        if problem.errno in FULL:
            profile.unlink(missing_ok=True)  # ours, and cut: it would be in the way
        raise cannot_write(profile, problem) from problem
    try:
        load_profile(profile, {}, planning=True)
    except Misuse:
        profile.unlink()
        raise


def _unseen(told: Told) -> list[str]:
    """The calls that a target need not have, and that no recording shows it to have."""
    return [name for name, one in OPERATIONS.items() if one.capability and name not in told.accepted]


def _prefix(answers: Mapping[str, str]) -> str:
    """What the variables that hold its credentials begin with."""
    return answers["environment"].upper()


def _short(operation: str, line: str) -> str:
    """Method and path, the method only where it is another one."""
    method, _, path = line.partition(" ")
    return path if method == OPERATIONS[operation].method else line


def _quoted(value: Any) -> str:
    """A value as a TOML string; its escapes are those of JSON."""
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
