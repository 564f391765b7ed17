"""Waivers: known failures somebody answers for until a date, read from a TOML file.

::

    [[waiver]]
    clause = "LOCK-3"
    reason = "fixed in release 12"
    owner = "till team"
    expires = 2027-01-31
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from offerproof.errors import Misuse
from offerproof.findings.model import Waiver


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read a waiver file.

    Raises:
        Misuse: the file cannot be read, an entry lacks a member, or two entries name one clause.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise Misuse(f"cannot read the waivers {path}: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Misuse(f"{path} is not TOML: {problem}") from problem
    unknown = sorted(set(document) - {"waiver"})
    if unknown:
        raise Misuse(f"{path}: unknown key {unknown[0]!r}", hint="entries are written as [[waiver]]")
    entries = document.get("waiver", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Misuse(f"{path}: waiver is no array of tables", hint="entries are written as [[waiver]]")
    waivers = tuple(_waiver(path, number, entry) for number, entry in enumerate(entries, 1))
    names = [waiver.clause for waiver in waivers]
    for name in names:
        if names.count(name) > 1:
            raise Misuse(f"{path}: {name} is waived twice")
    return waivers


def _waiver(path: Path, number: int, entry: dict[str, Any]) -> Waiver:
    expires = entry.get("expires")
    if isinstance(expires, date):
        entry = {**entry, "expires": expires.isoformat()[:10]}
    try:
        waiver = msgspec.convert(entry, Waiver)
        waiver = msgspec.structs.replace(waiver, expires=date.fromisoformat(waiver.expires).isoformat())
    except (msgspec.ValidationError, ValueError) as problem:
        hint = "each [[waiver]] has clause, reason, owner and expires (a date such as 2027-01-31)"
        raise Misuse(f"{path}: waiver {number}: {problem}", hint=hint) from problem
    for name in ("clause", "reason", "owner"):
        if not getattr(waiver, name).strip():
            raise Misuse(f"{path}: waiver {number}: {name} is empty")
    return waiver
