"""What a run judges by: a folder of clauses and checks, which is ours, and one that a team has added to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from offerproof import content
from offerproof.contract.clauses import Clause, Contract, add_clauses, load_contract
from offerproof.errors import Misuse


@dataclass(frozen=True)
class SuiteFolders:
    """``folder`` of clauses and checks, ours when None; ``added``: a team's own folder, beside it."""

    folder: Path | None = None
    added: Path | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the checks are."""
        own = self.folder or content.folder("contracts")
        return (own, self.added) if self.added else (own,)

    @property
    def contract(self) -> Contract:
        """All clauses, those that were added behind the others.

        Raises:
            Misuse: what was added cannot be read, its chapters are not its own, or its files are called like ours.
        """
        return self._read[0]

    @property
    def chapters(self) -> tuple[str, ...]:
        """The chapters that were added."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[Contract, tuple[str, ...]]:
        own = load_contract(self.folder)
        if self.added is None:
            return own, ()
        for file in sorted(self.added.glob("test_*.py")):
            if (self.folders[0] / file.name).exists():
                hint = "give it another name: checks are known by file and function"
                raise Misuse(f"{file} is called like a file of offerproof's checks", hint=hint)
        return add_clauses(own, self.added)

    def refuse_foreign(self, check: str, clauses: Iterable[Clause]) -> None:
        """What was added judges what was added, and nothing of ours.

        Raises:
            Misuse: a check of a file that was added names another clause.
        """
        if not self.is_added(check.partition("::")[0]):
            return
        for clause in clauses:
            if clause.chapter not in self.chapters:
                hint = "a team's own checks judge its own clauses; those of offerproof have theirs"
                raise Misuse(f"{check} judges {clause.id}, which is not a clause of {self.added}", hint=hint)

    def is_added(self, file: str) -> bool:
        """Whether a file of checks, by its name, is one of those that were added."""
        return self.added is not None and (self.added / file).is_file()


# By what exactly a run judged: hashes over the files that decide


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
