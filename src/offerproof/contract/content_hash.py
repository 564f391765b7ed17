"""By what exactly a run judged: hashes over the files that decide, the same in a wheel and in a checkout.

Every run carries :func:`content_hash`; a load run carries :func:`load_hash` as well, for what it sent is decided by
scenarios and load profiles. Printed samples and notes decide nothing, so they are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from offerproof import content


def content_hash(contracts: Path | None = None) -> str:
    """SHA-256 over what judges: the schemas and the contract suite (our own, or another folder), by name and content.

    Returns:
        64 hexadecimal digits.
    """
    schemas = content.folder("schemas")
    suite = contracts or content.folder("contracts")
    documents = [*schemas.glob("*.json"), *(schemas / "operations").glob("*.json")]
    return _hash([("schemas", schemas, documents), ("contracts", suite, [*suite.glob("*.toml"), *suite.glob("*.py")])])


def added_hash(folder: Path) -> str:
    """SHA-256 over what a team added to a run: its clauses, checks and planted defects, by name and content.

    Returns:
        64 hexadecimal digits.
    """
    return _hash([("clauses", folder, [*folder.glob("*.toml"), *folder.glob("*.py")])])


def load_hash(scenario: Path) -> str:
    """SHA-256 over what decides on the load: the bundled scenarios and profiles, and ``scenario`` where it is another.

    Returns:
        64 hexadecimal digits.
    """
    load = content.folder("load")
    parts = [("load", load, [*load.glob("*.py"), *(load / "profiles").glob("*.toml")])]
    if scenario.is_file() and not scenario.resolve().is_relative_to(load.resolve()):
        parts.append(("scenario", scenario.parent, [scenario]))
    return _hash(parts)


def _hash(parts: Iterable[tuple[str, Path, Iterable[Path]]]) -> str:
    """Hash files below folders; each stands under the folder's label, so that where a folder lies does not matter."""
    digest = hashlib.sha256()
    for label, folder, files in parts:
        for file in sorted(files):
            digest.update(f"{label}/{file.relative_to(folder).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()
