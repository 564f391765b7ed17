"""Reads the program file: rules for ``program``, wire settings for us, and a hash that a journal is bound to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from offerproof.program import Settings, SettingsError, parse
from offerproof.simulator.refusals import HttpSettings, http_settings
from offerproof.toml_file import Document, read_toml

DEFAULT = Path(__file__).with_name("acme.toml")


@dataclass(frozen=True)
class ProgramFile:
    """A program file, checked."""

    settings: Settings
    http: HttpSettings
    digest: str
    overridden: Mapping[str, str] = field(default_factory=dict)
    """Settings that the command line gave instead of the file; a journal is bound to them as well."""

    def with_bounds(self, *, fold: int | None = None, request_ids: int | None = None) -> ProgramFile:
        """Return it with other bounds for what is remembered; None leaves what the file says."""
        settings, overridden = self.settings, dict(self.overridden)
        if fold is not None:
            settings = replace(settings, folding=replace(settings.folding, keep=fold))
            overridden["fold"] = str(fold)
        if request_ids is not None:
            settings = replace(settings, requests=replace(settings.requests, kept=request_ids))
            overridden["request-ids"] = str(request_ids)
        return replace(self, settings=settings, overridden=overridden)


def read(path: Path | None = None) -> ProgramFile:
    """Read and check a program file (None: the ACME program that comes with the simulator)."""
    hint = "acme.toml of the package is an example; give --program FILE"
    return checked(read_toml(path or DEFAULT, "program", "the program file", hint=hint))


def checked(document: Document) -> ProgramFile:
    """Turn a document that its schema allows into a program; raises :class:`Misuse` where it contradicts itself."""
    try:
        settings = parse(document.values)
    except SettingsError as problem:
        raise document.wrong(problem.path, problem.told, problem.hint) from None
    digest = hashlib.blake2b(document.text.encode(), digest_size=16).hexdigest()
    return ProgramFile(settings, http_settings(document), digest)
