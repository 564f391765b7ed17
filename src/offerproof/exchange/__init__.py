"""One request and its answer. What can be printed or stored of it holds no secret and no personal data.

A :class:`Redactor` knows the run's secrets, learns the personal data that passes by (by the names of members, and
every e-mail address by its form), and puts stable placeholders in their place: ``{email-1}`` is the same address
everywhere in a run. JSON keeps its structure: values are replaced, members keep their names. The parsed answer itself
(``Exchange.answer``) is there for checks, in memory only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from offerproof.contract import utc_text
from offerproof.exchange.echoes import too_plain
from offerproof.exchange.parsing import NOT_JSON, encode_exactly, parse_json
from offerproof.exchange.redaction import BODY_LIMIT, Redacted, Redactor, personal_kind
from offerproof.exchange.withheld import PLACEHOLDER

__all__ = [
    "BODY_LIMIT",
    "GATEWAY",
    "NOT_JSON",
    "NO_ANSWER",
    "Exchange",
    "Redacted",
    "Redactor",
    "encode_exactly",
    "parse_json",
    "personal_kind",
    "too_plain",
]

NO_ANSWER: Final = frozenset({"timeout", "closed", "unreachable", "tls"})
"""Failures of the transport that are no answer."""
GATEWAY: Final = frozenset({502, 503, 504})
"""What a gateway says when it has no answer of the target."""


@dataclass(slots=True, repr=False)
class AsTravelled:
    """The bytes of an exchange, secrets and personal data in them: url, headers and body of the request; the answer."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    answer: bytes


@dataclass(slots=True)
class Exchange:
    """One request and its answer, or the way it failed. Printing one shows no secret.

    ``status`` is None and ``failure`` a word (``timeout``, ``closed``, ``unreachable``, ``tls``, ``too_large``) when no
    answer came. Instants are aware UTC, durations integer microseconds.
    """

    number: int
    operation: str
    service: str
    method: str
    started: datetime
    duration_us: int
    status: int | None
    failure: str | None
    answer: Any = field(repr=False)
    answer_headers: Mapping[str, str] = field(repr=False)
    """By lower-case name."""
    redactor: Redactor = field(repr=False)
    raw: AsTravelled = field(repr=False)
    check: str | None = None
    setup: bool = False
    documented: bool = True
    """Whether the request followed the documents, so that its answer is judged against the operation's schema."""

    @property
    def unanswered(self) -> str | None:
        """How the target itself gave no answer, in a word or two; None when it did.

        Either nothing came (``timeout``, ``closed``, …), or a gateway's page did: 502, 503 or 504 that is no JSON.
        """
        if self.failure in NO_ANSWER:
            return self.failure
        return f"a gateway's {self.status}" if self.status in GATEWAY and self.answer is NOT_JSON else None

    @property
    def sent(self) -> Any:
        """The parsed request body as it was sent, for judging in memory."""
        return parse_json(self.raw.body)

    @property
    def url(self) -> str:
        return self.redactor.url(self.raw.url)

    @property
    def answer_text(self) -> Redacted:
        """The answer's body as text with placeholders."""
        shown = self.redactor.body(self.raw.answer)
        return Redacted(shown if isinstance(shown, str) else encode_exactly(shown))

    @property
    def described(self) -> Redacted:
        """What an answer is, for messages: status and beginning; where it is no JSON, content type and form as well."""
        if self.answer is not NOT_JSON:
            return Redacted(f"HTTP {self.status}: {_beginning(self.answer_text, 400)}")
        kind = self.redactor.text(self.answer_headers.get("content-type", "no Content-Type"))
        form, text = _form(self.raw.answer)
        known = (
            self.redactor.body(text.encode()) if text else ""
        )  # behind a mark or in UTF-16 there may be JSON, with names in it
        shown = _beginning(known if isinstance(known, str) else encode_exactly(known), 120)
        return Redacted(f"HTTP {self.status}, {kind}, {form}{': ' if shown else ''}{shown}")

    def record(self) -> dict[str, Any]:
        """What a run file keeps of it: placeholders only."""
        return {
            "number": self.number,
            "check": self.check,
            "operation": self.operation,
            "service": self.service,
            "method": self.method,
            "url": self.url,
            "request_headers": self.redactor.headers(self.raw.headers),
            "request_body": self.redactor.body(self.raw.body),
            "status": self.status,
            "answer_headers": self.redactor.headers(self.answer_headers),
            "answer_body": self.redactor.body(self.raw.answer),
            "started": utc_text(self.started),
            "duration_us": self.duration_us,
            "failure": self.failure,
            "setup": self.setup,
            "curl": self.curl(),
        }

    def curl(self) -> str:
        """A command that sends the same request; credentials and personal data are environment variables."""
        headers = self.redactor.headers(self.raw.headers)
        parts = ["curl", "-i"]
        split = urlsplit(self.raw.url)
        pairs = parse_qsl(split.query, keep_blank_values=True) if self.method == "GET" else []
        address = self.redactor.url(self.raw.url)
        if pairs:
            parts.append("-G")
            address = address.partition("?")[0]
        else:
            parts += ["-X", self.method]
        for name, value in headers.items():
            if name.lower() == "authorization":
                parts += self._authorization(value)
            elif name.lower() in ("content-type", "accept"):
                parts += ["-H", self._quoted(f"{name}: {value}")]
        parts.append(self._quoted(address))
        for name, value in pairs:
            shown = self.redactor.url(f"/?{quote(name)}={quote(value)}").partition("=")[2]
            parts += ["--data-urlencode", self._quoted(f"{name}={shown}")]
        if self.raw.body:
            body = self.redactor.body(self.raw.body)
            text = body if isinstance(body, str) else encode_exactly(body)
            parts += ["--data-binary", self._quoted(text)]
        return " ".join(parts)

    def _authorization(self, value: str) -> list[str]:
        own = f"{{{self.service}_credentials}}"
        for service in ("core", "offers", "cloudpos"):
            if f"{{{service}_credentials}}" in value:
                own = service
        key, secret = self.redactor.shell.get(f"{{{own}_key}}"), self.redactor.shell.get(f"{{{own}_secret}}")
        if key and secret:
            return ["-u", f'"{key}:{secret}"']
        return ["-H", self._quoted(f"Authorization: {value}")]

    def _quoted(self, text: str) -> str:
        """One shell word: literal in single quotes, placeholders as double-quoted variables."""
        word, start = "", 0
        for found in PLACEHOLDER.finditer(text):
            variable = self.redactor.shell.get(found.group())
            if variable:
                word += _single(text[start : found.start()]) + f'"{variable}"'
                start = found.end()
        return word + _single(text[start:]) if start < len(text) or not word else word


def _single(text: str) -> str:
    if not text:
        return ""
    return text if re.fullmatch(r"[\w./:=-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _beginning(text: str, most: int) -> str:
    left = len(text) - most
    return text if left <= 0 else f"{text[:most]}… ({left:,} more characters)"


def _form(body: bytes) -> tuple[str, str]:
    """What a body is that is no JSON, and its text as far as it is one."""
    if not body:
        return "an empty body", ""
    if body.startswith(b"\xef\xbb\xbf"):
        return "UTF-8 behind a byte order mark, not plain JSON", body[3:].decode("utf-8", "replace")
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16, not JSON in UTF-8", body.decode("utf-16", "replace")
    text = body.decode("utf-8", "replace")
    return ("a page, not JSON" if text.lstrip().startswith("<") else "not JSON"), text
