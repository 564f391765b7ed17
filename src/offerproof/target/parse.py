"""From a profile's TOML to checked values; whatever is wrong becomes one line that names the key."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from offerproof.contract import OPERATIONS, SERVICES
from offerproof.errors import Misuse
from offerproof.target.values import (
    Control,
    CustomerSource,
    Ids,
    Limits,
    OfferSource,
    Profile,
    Secret,
    TargetService,
    Timing,
    ascii_host,
)
from offerproof.toml_file import Document, load_toml, read_text

_INLINE = frozenset(
    {"key", "secret", "api_key", "token", "password", "user", "username", "authorization", "auth", "credentials"}
)


def load_profile(path: Path, environ: Mapping[str, str] | None = None, *, planning: bool = False) -> Profile:
    """Read a target profile and the credentials it points to.

    With ``planning`` nothing will be sent, so credentials that the environment does not hold may stay unknown.

    Raises:
        Misuse: the file is no profile; the message is one line, ``FILE: key: what is wrong``.
    """
    hint = f"offerproof init {path} writes one; offerproof simulate --profile-out writes a simulator's"
    document = load_toml(path, "the target profile", hint=hint)
    reader = _Reader(document, os.environ if environ is None else environ)
    reader.refuse_inline_credentials(document.values)
    reader.document = document.checked("target")
    profile = reader.profile(reader.document.values)
    if not planning:
        reader.refuse_unset()
    return profile


class _Reader:
    """One profile being read: knows the file for messages and the folder for relative names."""

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self.document = document
        self.path = document.path
        self.environ = environ
        self.unset: dict[str, str] = {}
        """Variables that a key names and the environment does not hold, each with that key."""

    def refuse_unset(self) -> None:
        """Name every variable that is missing at once, so that one look is enough."""
        if self.unset:
            names = list(self.unset)
            (first, place), several = next(iter(self.unset.items())), len(names) > 1
            told = f"these environment variables are not set: {', '.join(names)}"
            one = f"the environment variable {first} is not set"
            self.wrong(place, told if several else one, f"export {first}=…{', and so on' if several else ''}")

    def wrong(self, key: str, message: str, hint: str | None = None) -> NoReturn:
        raise self.document.wrong(key, message, hint)

    def refuse_inline_credentials(self, document: dict[str, Any]) -> None:
        """Say what to do instead, before the schema would only call the key unknown."""
        services = document.get("services")
        tables = {f"services.{name}": table for name, table in services.items()} if isinstance(services, dict) else {}
        tables["control"] = document.get("control")
        for place, table in tables.items():
            for key in table if isinstance(table, dict) else ():
                if key.lower() in _INLINE:
                    hint = f'put it into an environment variable and name that: {key}_env = "…", or use {key}_file'
                    self.wrong(f"{place}.{key}", "credentials never stand in a profile", hint)
            for key in ("base_url", "proxy"):
                url = table.get(key) if isinstance(table, dict) else None
                if isinstance(url, str) and "@" in url.partition("://")[2].partition("/")[0]:
                    self.wrong(f"{place}.{key}", "credentials never stand in a profile, neither in an address")

    def profile(self, document: dict[str, Any]) -> Profile:
        services = {name: self._service(name, document["services"][name]) for name in SERVICES}
        limits = document.get("limits", {})
        timing = document.get("timing", {})
        profile = Profile(
            name=document["name"],
            environment=document["environment"],
            allow_writes=document.get("allow_writes", False),
            services=services,
            ids=Ids(**document.get("ids", {})),
            paths=document.get("paths", {}),
            customers=self._customers(document),
            offers=self._offers(document),
            control=self._control(document.get("control")),
            capabilities=document.get("capabilities", {}),
            behaviours=_flat(document.get("behaviour", {})),
            timing=Timing(**timing),
            limits=Limits(**{**limits, "hosts": tuple(limits.get("hosts", ()))}),
            source=self.path,
        )
        self._check_sense(profile)
        return profile

    def _service(self, name: str, table: dict[str, Any]) -> TargetService:
        place = f"services.{name}"
        for address in ("base_url", "proxy"):
            self._check_address(f"{place}.{address}", table.get(address))
        if set("?#") & set(table["base_url"]):
            self.wrong(f"{place}.base_url", "has a query or a fragment")
        key, secret = (self._secret(place, table, part) for part in ("key", "secret"))
        if (key is None) != (secret is None):
            self.wrong(f"{place}.{'secret' if secret is None else 'key'}_env", "is missing: key and secret are a pair")
        api_key = self._secret(place, table, "api_key") if name == "core" else None
        if name == "core" and api_key is None:
            self.wrong(f"{place}.api_key_env", "is missing: the API key is part of every path of this service")
        ca_file = self._file(table.get("ca_file"))
        if ca_file and not ca_file.is_file():
            self.wrong(f"{place}.ca_file", f"there is no file {table['ca_file']!r}")
        return TargetService(name, table["base_url"].rstrip("/"), key, secret, api_key, ca_file, table.get("proxy"))

    def _check_address(self, place: str, url: str | None) -> None:
        """What a pattern cannot say: the port is a port, brackets are closed, nothing is blank."""
        try:
            usable = url is None or (urlsplit(url).port != 0 and not any(map(str.isspace, url)))
        except ValueError:
            usable = False
        if not usable:
            self.wrong(place, f"{url!r} is no address")

    def _secret(self, place: str, table: dict[str, Any], part: str) -> Secret | None:
        variable, file = table.get(f"{part}_env"), table.get(f"{part}_file")
        if variable and file:
            self.wrong(f"{place}.{part}_env", f"give either {part}_env or {part}_file, not both")
        if variable:
            value = self.environ.get(variable, "")
            if not value:
                self.unset.setdefault(variable, f"{place}.{part}_env")
            return Secret(value, f"${variable}")
        if file:
            try:
                value = read_text(self.path.parent / file, "the credential").strip()
            except Misuse as problem:
                self.wrong(f"{place}.{part}_file", str(problem), problem.hint)
            if not value:
                self.wrong(f"{place}.{part}_file", f"{file!r} is empty")
            return Secret(value, f"$(cat '{file}')")
        return None

    def _file(self, name: str | None) -> Path | None:
        return None if name is None else self.path.parent / name

    def _pool(self, document: dict[str, Any], table: str) -> Path | None:
        entry = document.get(table, {})
        file = self._file(entry.get("file"))
        if entry.get("from") == "pool":
            if file is None:
                self.wrong(f"{table}.file", "is missing: a pool is a JSON Lines file")
            if not file.is_file():
                self.wrong(f"{table}.file", f"there is no file {entry['file']!r}")
        elif file is not None:
            self.wrong(f"{table}.file", 'belongs to from = "pool"')
        return file

    def _customers(self, document: dict[str, Any]) -> CustomerSource:
        kind = document.get("customers", {}).get("from", "create")
        if kind == "control" and "control" not in document:
            self.wrong("customers.from", 'is "control", but there is no [control]')
        table = document.get("customers", {})
        standing = self._file(table.get("standing"))
        if standing is not None and not standing.is_file():
            self.wrong("customers.standing", f"there is no file {table['standing']!r}")
        if standing is None and "standing_max" in table:
            self.wrong("customers.standing_max", "belongs to standing, a JSON Lines file of customers that exist")
        return CustomerSource(kind, self._pool(document, "customers"), standing, table.get("standing_max", 200))

    def _offers(self, document: dict[str, Any]) -> OfferSource:
        table = document.get("offers", {"from": "issue"})
        kind = table["from"]
        if kind == "control" and "control" not in document:
            self.wrong("offers.from", 'is "control", but there is no [control]')
        for needed in ("type", "spend"):
            if kind == "earn" and needed not in table:
                self.wrong(
                    f"offers.{needed}", 'is missing: from = "earn" needs the type the rule issues and what to spend'
                )
        try:
            spend = Decimal(table["spend"]) if "spend" in table else None
        except InvalidOperation:
            self.wrong("offers.spend", f"{table['spend']!r} is not written as it must be")
        return OfferSource(kind, self._pool(document, "offers"), table.get("type"), spend, table.get("fixed", {}))

    def _control(self, table: dict[str, Any] | None) -> Control | None:
        if table is None:
            return None
        self._check_address("control.base_url", table["base_url"])
        return Control(table["base_url"].rstrip("/"), self._secret("control", table, "token"))

    def _check_sense(self, profile: Profile) -> None:
        addressed = {f"services.{name}": service.base_url for name, service in profile.services.items()}
        if profile.control is not None:
            addressed["control"] = profile.control.base_url
        for table, url in addressed.items():
            host = ascii_host(urlsplit(url).hostname or "")
            if profile.limits.hosts and host not in {ascii_host(name) for name in profile.limits.hosts}:
                self.wrong(f"{table}.base_url", f"the host {host!r} is not among limits.hosts")
        for service in profile.services.values():
            place = f"services.{service.name}.base_url"
            if profile.environment == "production" and urlsplit(service.base_url).scheme != "https":
                self.wrong(place, "production is addressed by https only")
        for capability in ("clock", "reset", "ttl_code"):
            if profile.capabilities.get(capability) and profile.control is None:
                self.wrong(f"capabilities.{capability}", "is declared, but there is no [control] to use it by")
        if profile.environment == "production" and profile.limits.load:
            self.wrong("limits.load", "load runs never go to production")
        for operation in OPERATIONS:
            self._check_prefix(profile, operation)
        self._check_paths(profile)

    def _check_prefix(self, profile: Profile, operation: str) -> None:
        """What every path of a service begins with does not stand in its base_url as well."""
        service = profile.services[OPERATIONS[operation].service]
        prefix, path = urlsplit(service.base_url).path.lower() + "/", profile.request_line(operation)[1].lower()
        for begins in ("/api/2.0/", "/priv/v1/"):
            if begins in prefix and path.startswith(begins) and profile.declares(operation):
                told = f"holds {begins[:-1]}, with which the path of {operation} begins: it would be sent twice"
                hint = f"leave {begins[:-1]} and what follows out of the address"
                self.wrong(f"services.{service.name}.base_url", told, hint)

    def _check_paths(self, profile: Profile) -> None:
        """What is called a read must not write, where nothing may be written."""
        if not profile.read_only:
            return
        why = "production is read-only" if profile.environment == "production" else "allow_writes is not true"
        for operation in profile.paths:
            known = OPERATIONS[operation]
            method, _ = profile.request_line(operation)
            if known.writes:
                continue
            if method not in ("GET", known.method):
                hint = f"{operation} is asked with {known.method} (or GET)"
                self.wrong(f"paths.{operation}", f"{method} could write, and {why}", hint)
            if written := writes_at(profile, operation):
                hint = f"name the path at which the target answers {operation}"
                self.wrong(f"paths.{operation}", f"that is the path of {written}, which writes, and {why}", hint)


def writes_at(profile: Profile, read: str) -> str | None:
    """Which writing call a server could take a read for by its path, however that is spelled; None: none."""
    method, _ = profile.request_line(read)
    asked = _address(profile, read)
    for known in OPERATIONS.values():
        if not known.writes or (known.service == "core" and method == "GET"):  # core's methods tell its calls apart
            continue
        if asked[-1:] == [_segments(known.path)[-1]] or asked == _address(profile, known.id):
            return known.id
    return None


def _address(profile: Profile, operation: str) -> list[str]:
    prefix = urlsplit(profile.services[OPERATIONS[operation].service].base_url).path
    return _segments(prefix + profile.request_line(operation)[1])


def _segments(path: str) -> list[str]:
    """The parts of a path as a lenient server may read them: decoded, in lower case, without dots and empty ones."""
    while (decoded := unquote(path)) != path:
        path = decoded
    path = re.split("[?#]", path.lower().replace("\\", "/"), maxsplit=1)[0]
    walked: list[str] = []
    for part in (part.partition(";")[0].strip() for part in path.split("/")):
        if part == "..":
            walked = walked[:-1]
        elif part not in ("", "."):
            walked.append(part)
    return walked


def _flat(behaviour: dict[str, Any]) -> dict[str, str]:
    """``{"paging": {"order": "newest first"}}`` as ``{"paging.order": "newest first"}``; booleans as yes and no."""
    flat: dict[str, str] = {}
    for question, answers in behaviour.items():
        if isinstance(answers, dict):
            for part, answer in answers.items():
                flat[f"{question}.{part}"] = (
                    {True: "yes", False: "no"}[answer] if isinstance(answer, bool) else str(answer)
                )
        else:
            flat[question] = str(answers)
    return flat
