"""Reads the program file: rules for ``program``, wire settings for us, and a hash that a journal is bound to."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from offerproof.errors import Misuse
from offerproof.program import Settings, parse
from offerproof.simulator.refusals import HttpSettings, http_settings

DEFAULT = Path(__file__).with_name("acme.toml")
_LARGEST = 1024 * 1024


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
    place = path or DEFAULT
    try:
        data = place.read_bytes()
    except OSError as problem:
        raise Misuse(f"cannot read the program file {place}: {problem.strerror}", hint="give --program FILE") from None
    if len(data) > _LARGEST:
        raise Misuse(f"the program file {place} is larger than 1 MiB", hint="is it the right file?")
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise Misuse(f"the program file {place} is not TOML: {problem}", hint="see acme.toml for an example") from None
    http = http_settings(document.pop("http", {}))
    return ProgramFile(parse(document), http, hashlib.blake2b(data, digest_size=16).hexdigest())
