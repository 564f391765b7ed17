"""Waivers: known failures somebody answers for until a date, read from a TOML file (``examples/waivers.toml``).

Apart, as one file format that only commands read: the model stays free of files.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from offerproof.findings.model import Waiver
from offerproof.toml_file import read_toml


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read a waiver file.

    Raises:
        Misuse: the file cannot be read, an entry lacks a member or has one more, or two entries name one clause.
    """
    document = read_toml(path, "waivers", "the waivers", hint="examples/waivers.toml shows some")
    waivers: list[Waiver] = []
    for index, entry in enumerate(document.values["waiver"]):
        try:
            expires = datetime.fromisoformat(entry["expires"]).date().isoformat()
        except ValueError as problem:
            raise document.wrong(("waiver", index, "expires"), f"{entry['expires']!r} is no date: {problem}") from None
        if entry["clause"] in {waiver.clause for waiver in waivers}:
            raise document.wrong(("waiver", index, "clause"), f"{entry['clause']} is waived twice")
        waivers.append(Waiver(**{**entry, "expires": expires, "also": tuple(entry["also"])}))
    return tuple(waivers)
