"""Which call of the API a recorded request is: by path in every documented spelling, on any host or on those named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from offerproof.contract import OPERATIONS, SPELLINGS
from offerproof.errors import Misuse
from offerproof.exchange import parse_json
from offerproof.recording import Recorded
from offerproof.target import Profile

_SHARED: Final = frozenset({"lookup", "get_user_offers"})
_SHOWN_MAX: Final = 20
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class CallMatch:
    """A call that was found: its operation, and what its path names."""

    operation: str
    api_key: str | None = None
    prefix: str = ""
    """What stands before the documented path."""
    spelled: str = ""
    """Method and path as they were written; of a path with names in it, its template."""

    @property
    def service(self) -> str:
        """The service that answers it."""
        return OPERATIONS[self.operation].service


@dataclass
class CallFinder:
    """Finds calls, and keeps what was found where and what was not."""

    profile: Profile | None = None
    bases: tuple[str, ...] = ()
    """Only requests below these addresses; all when there are none."""
    matched: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By service and address (scheme and host)."""
    unmatched: Counter[str] = field(default_factory=Counter)
    """By method and path, without what may be personal."""
    _patterns: list[tuple[str, str, str, re.Pattern[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for base in self.bases:
            if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).netloc:
                raise Misuse(f"--base-url {base!r} is no address", hint="such as https://api.example.com/offers")
        self._patterns = [
            (operation, method, path, _pattern(path))
            for operation in OPERATIONS
            for method, path in self._lines(operation)
        ]

    def _lines(self, operation: str) -> Iterator[tuple[str, str]]:
        known = OPERATIONS[operation]
        if self.profile is not None:
            yield self.profile.request_line(operation)
        yield known.method, known.path
        for spelled in SPELLINGS.get(operation, ()):
            method, _, path = spelled.rpartition(" ")
            yield method or known.method, path

    def named(self, method: str, path: str) -> str | None:
        """The operation that method and path name; of a path that two share, one of them."""
        return next((name for name, known, _, at in self._patterns if known == method and at.search(path)), None)

    def match(self, recorded: Recorded) -> CallMatch | None:
        """Return the call that an exchange is, or None: then it is counted under its path."""
        try:
            parts = urlsplit(recorded.url)
            host = parts.hostname or ""
            at = f"{parts.scheme}://{parts.netloc}"
        except ValueError:
            self.unmatched[f"{recorded.method} (an address that cannot be read)"] += 1
            return None
        found = self._of_path(recorded, parts.path) if self.wanted(recorded.url) and not recorded.placed else None
        if found is None:
            what = f" ({recorded.placed})" if recorded.placed else ""
            self.unmatched[f"{recorded.method} {_shown(parts.path)}{what}"] += 1
            return None
        self.matched[found.service, "loopback" if host in _LOOPBACK else at] += 1
        return found

    def wanted(self, url: str) -> bool:
        """Whether an address is below those that were named, if any were."""
        return not self.bases or any(url.startswith(base.rstrip("/") + "/") for base in self.bases)

    def _of_path(self, recorded: Recorded, path: str) -> CallMatch | None:
        for operation, method, template, pattern in self._patterns:
            if method != recorded.method:
                continue
            found = pattern.search(path)
            if found is None:
                continue
            if operation in _SHARED and path.lower().endswith("get_user_offers"):
                told = _container(recorded)
                if told is None:
                    return None
                operation = "lookup" if told else "get_user_offers"
            key = found.groupdict().get("api_key")
            written = template if "{" in template else path[found.start() :].rstrip("/")
            return CallMatch(operation, unquote(key) if key else None, path[: found.start()], f"{method} {written}")
        return None

    @property
    def ambiguous(self) -> str | None:
        """A service that several hosts answer, so that it is not sure whose state is looked at; None: there is none."""
        services = Counter(service for service, _ in self.matched)
        return next((service for service, count in services.items() if count > 1), None)

    def told_unmatched(self) -> list[str]:
        """Requests that are no call of the API, by path, the most frequent first."""
        listed = [f"no call of the API: {what} ({count})" for what, count in self.unmatched.most_common(_SHOWN_MAX)]
        rest = len(self.unmatched) - len(listed)
        return listed + ([f"no call of the API: {rest} further paths"] if rest else [])


def _pattern(template: str) -> re.Pattern[str]:
    """A template's path at the end of a path, whatever stands before it."""
    parts = re.split(r"\{(\w+)\}", template)
    whole = "".join(f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile(whole + "/?$", re.IGNORECASE)


def _container(recorded: Recorded) -> bool | None:
    """Whether the body is a container of CloudPOS; None when it was not recorded."""
    if not recorded.request.readable:
        return None
    sent = parse_json(recorded.request.data)
    return isinstance(sent, dict) and "request_payload" in sent


def _shown(path: str) -> str:
    """A path without what may name a person: ids, addresses, long numbers."""
    steps = [
        "…" if "@" in step or "%" in step or re.search(r"[0-9]{4}|[0-9a-f]{8}-", step, re.IGNORECASE) else step[:40]
        for step in path.split("/")
    ]
    return "/".join(steps[:8]) or "/"
