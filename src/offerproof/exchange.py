"""One request and its answer. What can be printed or stored of it holds no secret and no personal data.

A :class:`Redactor` knows the run's secrets, learns the personal data that passes by (by the names of members, and
every e-mail address by its form), and puts stable placeholders in their place: ``{email-1}`` is the same address
everywhere in a run. The parsed answer itself (``Exchange.answer``) is there for checks, in memory only.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import msgspec

BODY_LIMIT: Final = 64 * 1024
"""Bytes of a body that are kept as evidence; longer ones are cut, and the cut is said."""

_SHORTEST: Final = 4
"""Shorter values ("Li") are replaced where a member's name says what they are, not in running text."""

_KINDS: Final = {
    **dict.fromkeys(("email", "emailaddress", "emails"), "email"),
    **dict.fromkeys(("phone", "mobilenumber", "phonenumber", "phonenumbers", "mobile", "telephone"), "phone"),
    **dict.fromkeys(("firstname", "lastname", "middlename", "fullname", "nickname"), "name"),
    **dict.fromkeys(("dob", "dateofbirth", "birthdate", "birthday"), "date-of-birth"),
    **dict.fromkeys(
        ("address", "address1", "address2", "street", "city", "zip", "currentzip", "postalcode"), "address"
    ),
    **dict.fromkeys(("profilephotourl",), "photo"),
    **dict.fromkeys(("userprofile", "profilefields"), "attribute"),
}
_EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PLACEHOLDER: Final = re.compile(r"\{(?:[a-z]+-)*[a-z_]+(?:-[0-9]+)?\}")

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)


def _plain(name: str) -> str:
    """A member's name without case and separators: ``first_name`` and ``firstName`` are one."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


class _NotJson:
    """The type of ``NOT_JSON``."""

    def __repr__(self) -> str:
        return "NOT_JSON"

    def __bool__(self) -> bool:
        return False


NOT_JSON: Final = _NotJson()
"""Stands where an answer would be when its body is no JSON (or holds NaN or Infinity)."""


def parse_json(body: bytes) -> Any:
    """Parse JSON exactly: integers as int, other numbers as Decimal; ``NOT_JSON`` when it is none."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOT_JSON


class Redactor:
    """Puts placeholders in the place of secrets and personal data; the same value always gets the same placeholder."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._numbers: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        self.shell: dict[str, str] = {}
        """How a shell command names what a placeholder stands for."""
        self.private: dict[str, str] = {}
        """Environment variable → personal value, for the private file of the run's folder."""

    def secret(self, placeholder: str, value: str, shell: str) -> None:
        """Make known a credential; it is shown as ``{placeholder}`` and written ``shell`` in a command."""
        marked = "{" + placeholder + "}"
        for form in {value, quote(value, safe="")}:
            self._texts[form.casefold()] = marked
        self.shell[marked] = shell

    def credentials(self, service: str, key: str, secret: str, shell: tuple[str, str]) -> None:
        """Make known a service's key and secret, alone and as the token of its Authorization header."""
        self.secret(f"{service}_key", key, shell[0])
        self.secret(f"{service}_secret", secret, shell[1])
        token = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self.secret(f"{service}_credentials", token, f'$(printf %s "{shell[0]}:{shell[1]}" | base64)')

    def personal(self, kind: str, value: object) -> str:
        """Return the placeholder of a personal value."""
        text = str(value)
        known = self._known.get((kind, text.casefold()))
        if known:
            return known
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        placeholder = f"{{{kind}-{number}}}"
        self._known[kind, text.casefold()] = placeholder
        variable = f"OFFERPROOF_{kind}_{number}".upper().replace("-", "_")
        self.shell[placeholder] = f"${variable}"
        self.private[variable] = text
        if len(text) >= _SHORTEST:
            self._texts.setdefault(text.casefold(), placeholder)
        return placeholder

    def learn(self, value: Any, kind: str | None = None) -> None:
        """Make known the personal data of a JSON value without rendering it, so that it is known in later texts."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if inner is None or inner == "" or isinstance(inner, bool):
                    continue
                own = _KINDS.get(_plain(str(name)), kind)
                if own or isinstance(inner, Mapping | list):
                    self.learn(inner, own)
        elif isinstance(value, list):
            for inner in value:
                self.learn(inner, kind)
        elif kind and value not in (None, "") and not isinstance(value, bool):
            self.personal(kind, value)

    def text(self, text: str) -> str:
        """Any text, with every known value and every e-mail address replaced."""
        lowered = text.casefold()
        hits = sorted((known for known in self._texts if known in lowered), key=len, reverse=True)
        if hits:
            pattern = re.compile("|".join(map(re.escape, hits)), re.IGNORECASE)
            text = pattern.sub(lambda found: self._texts.get(found.group().casefold(), "{personal}"), text)
        return _EMAIL.sub(lambda found: self.personal("email", found.group()), text)

    def document(self, value: Any, kind: str | None = None, free: bool = False) -> Any:
        """A JSON value, with personal data replaced by the names of its members and known values everywhere."""
        if isinstance(value, Mapping):
            return {
                self.text(str(name)): self._member(str(name), inner, kind if free else None)
                for name, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.document(inner, kind, free) for inner in value]
        if kind and value not in (None, "") and not isinstance(value, bool):
            return self.personal(kind, value)
        return self.text(value) if isinstance(value, str) else value

    def _member(self, name: str, value: Any, inherited: str | None) -> Any:
        own = _KINDS.get(_plain(name))
        return self.document(value, own or inherited, free=bool(inherited) or own in ("attribute", "phone"))

    def url(self, url: str) -> str:
        """An address: known values in its path, personal data in its query by the names of the parameters."""
        parts = urlsplit(url)
        path = self.text(unquote(parts.path)) if "%" in parts.path else self.text(parts.path)
        base = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        if not parts.query:
            return base + path
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        shown = "&".join(f"{self.text(name)}={self._member(name, value, None)}" for name, value in pairs)
        return f"{base}{path}?{shown}"

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers; cookies and foreign credentials are dropped to a mark."""
        shown = {}
        for name, value in headers.items():
            clean = self.text(value)
            if name.lower() in ("cookie", "set-cookie"):
                clean = "{cookie}"
            elif name.lower() in ("authorization", "proxy-authorization") and "{" not in clean:
                clean = clean.partition(" ")[0] + " {other_credentials}"
            shown[name] = clean
        return shown

    def body(self, body: bytes) -> Any:
        """A body as evidence: JSON with placeholders, else text; cut at ``BODY_LIMIT``."""
        if not body:
            return None
        if len(body) > BODY_LIMIT:
            return f"{self.text(body[:BODY_LIMIT].decode('utf-8', 'replace'))}… (cut, {len(body)} bytes in all)"
        parsed = parse_json(body)
        if parsed is NOT_JSON:
            return self.text(body.decode("utf-8", "replace"))
        return self.document(parsed)


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
    raw_url: str = field(repr=False)
    raw_headers: Mapping[str, str] = field(repr=False)
    raw_body: bytes = field(repr=False)
    raw_answer: bytes = field(repr=False)
    check: str | None = None
    setup: bool = False
    documented: bool = True
    """Whether the request followed the documents, so that its answer is judged against the operation's schema."""

    @property
    def sent(self) -> Any:
        """The parsed request body as it was sent, for judging in memory."""
        return parse_json(self.raw_body)

    @property
    def url(self) -> str:
        return self.redactor.url(self.raw_url)

    @property
    def answer_text(self) -> str:
        """The answer's body as text with placeholders."""
        shown = self.redactor.body(self.raw_answer)
        return shown if isinstance(shown, str) else _encode_exactly(shown)

    def record(self) -> dict[str, Any]:
        """What a run file keeps of it: placeholders only."""
        return {
            "number": self.number,
            "check": self.check,
            "operation": self.operation,
            "service": self.service,
            "method": self.method,
            "url": self.url,
            "request_headers": self.redactor.headers(self.raw_headers),
            "request_body": self.redactor.body(self.raw_body),
            "status": self.status,
            "answer_headers": self.redactor.headers(self.answer_headers),
            "answer_body": self.redactor.body(self.raw_answer),
            "started": self.started.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "duration_us": self.duration_us,
            "failure": self.failure,
            "setup": self.setup,
            "curl": self.curl(),
        }

    def curl(self) -> str:
        """A command that sends the same request; credentials and personal data are environment variables."""
        headers = self.redactor.headers(self.raw_headers)
        parts = ["curl", "-i"]
        split = urlsplit(self.raw_url)
        pairs = parse_qsl(split.query, keep_blank_values=True) if self.method == "GET" else []
        address = self.redactor.url(self.raw_url)
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
        if self.raw_body:
            body = self.redactor.body(self.raw_body)
            text = body if isinstance(body, str) else _encode_exactly(body)
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
        for found in _PLACEHOLDER.finditer(text):
            variable = self.redactor.shell.get(found.group())
            if variable:
                word += _single(text[start : found.start()]) + f'"{variable}"'
                start = found.end()
        return word + _single(text[start:]) if start < len(text) or not word else word


def _single(text: str) -> str:
    if not text:
        return ""
    return text if re.fullmatch(r"[\w./:=-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _encode_exactly(body: Any) -> str:
    return msgspec.json.Encoder(decimal_format="number").encode(body).decode()
