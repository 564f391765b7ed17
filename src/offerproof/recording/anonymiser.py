"""Values that look the same and name nobody: what a recording needs before it can be handed on.

The same value becomes the same other value wherever it stands (in bodies, addresses and texts): letters for letters,
digits for digits. What becomes what follows from a key that is forgotten with the process.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from offerproof.exchange import NOT_JSON, encode_exactly, parse_json, personal_kind, too_plain
from offerproof.exchange.echoes import (
    PHONE_DIGITS,
    TOKEN,
    Lexicon,
    Mark,
    Unescaped,
    basic_pair,
    digits_of,
    folded,
    phones_in,
    unescaped,
)

_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EMAIL: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_TOKEN: Final = re.compile(r"[\w+-]+(?:[.][\w+-]+)*")
_IDS: Final = frozenset(
    {
        "external_id",
        "external_customer_id",
        "user_id",
        "user_ids",
        "user_reference_id",
        "user_account_id",
        "employee_id",
    }
    | {"pos_employee_id", "proxy_ids"}
)
_APPS: Final = re.compile(r"(/apps/)([^/?]+)")
_SHORTEST: Final = 3
"""Shorter values are replaced where a name says what they are, not elsewhere: they are words and numbers."""


class Anonymiser:
    """Learn all of a recording first (``learn``), then replace (``document``, ``text``, ``url``)."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        self._hosts: dict[str, str] = {}
        self._secrets = Lexicon(TOKEN)
        self._phones: dict[str, Mark] = {}
        """Numbers by their digits: texts may punctuate them."""

    def learn(self, value: Any, kind: str | None = None) -> None:
        """Make known what is personal in a JSON value, by the names of its members."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                self.learn(inner, _kind(str(name), kind))
        elif isinstance(value, list):
            for inner in value:
                self.learn(inner, kind)
        elif kind and isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            self._note(kind, str(value))

    def _note(self, kind: str, value: str) -> None:
        self.other(value)
        digits = digits_of(value)
        if kind == "phone" and len(digits) >= PHONE_DIGITS:
            self._phones[digits] = digits

    def learn_url(self, url: str) -> None:
        """Make known the key in the path of an address, and what is personal in its query."""
        for _, key in _APPS.findall(url):
            if too_plain(key) is None:
                self._secrets.add(folded(key), self.other(key))
                self._learn_secret(key)
        for name, value in parse_qsl(urlsplit(url).query):
            if kind := _kind(name, None):
                self._note(kind, value)

    def learn_credentials(self, authorization: str) -> None:
        """Make known the credentials of an Authorization header, which an answer may repeat."""
        token = authorization.partition(" ")[2].strip()
        for secret in (token, *basic_pair(authorization)):
            if secret and too_plain(secret) is None:
                self._learn_secret(secret)

    def _learn_secret(self, secret: str) -> None:
        self._secrets.secret(secret, "masked")

    def other(self, value: str) -> str:
        """The value that stands for a personal one."""
        read = folded(value)
        found = self._given.get(read)
        if found is None:
            found = self._made(read)
            self._given[read] = found
            self._taken.add(found)
        return _cased(found, value)

    def _made(self, read: str) -> str:
        name, at, _ = read.rpartition("@")
        for salt in range(1_000):
            drawn = _drawn(self._key, name if at else read, salt)
            made = f"{drawn}{salt or ''}@example.com" if at else drawn
            if made not in self._taken and made != read:
                return made
        return f"{drawn}{len(self._taken)}"

    def document(self, value: Any, kind: str | None = None) -> Any:
        """A JSON value with other values in the place of personal ones."""
        if isinstance(value, Mapping):
            return {name: self.document(inner, _kind(str(name), kind)) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.document(inner, kind) for inner in value]
        if isinstance(value, bool) or value is None or isinstance(value, float | Decimal):
            return value
        if isinstance(value, int):
            known = str(value) in self._given and len(str(value)) >= _SHORTEST
            return int(f"1{self.other(str(value))[1:]}") if kind or known else value
        if kind and value:
            return self.other(value)
        return self.text(value)

    def text(self, text: str) -> str:
        """Any text: ids, addresses and whatever is known as personal, word by word, and secrets; however escaped."""
        if folded(text) in self._given and len(text) >= _SHORTEST:
            return self.other(text)
        parts: list[str] = []
        last = 0
        found = [
            (*shown.span(start, end), made) for shown in unescaped(text) for start, end, made in self._spans(shown)
        ]
        for start, end, made in sorted(found, key=lambda span: (span[0], -span[1])):
            if start >= last:
                parts += text[last:start], made
                last = end
        return "".join((*parts, text[last:]))

    def _spans(self, shown: Unescaped) -> Iterator[tuple[int, int, str]]:
        for start, end, mark in self._secrets.spans(shown.read):
            yield start, end, str(mark)
        for start, end, mark in phones_in(shown.read, self._phones):
            others = iter(self.other(str(mark)))
            yield start, end, "".join(next(others) if sign.isdigit() else sign for sign in shown.read[start:end])
        for pattern in (_EMAIL, _GUID, _TOKEN):
            for found in pattern.finditer(shown.read):
                known = len(found.group()) >= _SHORTEST and found.group() in self._given
                if known or pattern is not _TOKEN:
                    yield *found.span(), self.other(shown.as_written(found))

    def body(self, data: bytes) -> bytes:
        """A body: JSON member by member, else text."""
        parsed = parse_json(data)
        if parsed is NOT_JSON:
            return self.text(data.decode("utf-8", "replace")).encode()
        return encode_exactly(self.document(parsed)).encode()

    def url(self, url: str) -> str:
        """An address: its host, the key in its path, what its path and its query name."""
        try:
            parts = urlsplit(url)
            host = (
                parts.netloc
                if (parts.hostname or "") in ("127.0.0.1", "::1", "localhost", "")
                else self._host(parts.netloc)
            )
        except ValueError:
            return "http://unreadable.example/"
        path = _APPS.sub(lambda found: f"{found.group(1)}{self.other(found.group(2))}", parts.path)
        path = "/".join(quote(self.text(unquote(step)), safe="@+:,{}") for step in path.split("/"))
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        asked = "&".join(
            f"{quote(name, safe='[]')}={quote(self._asked(name, value), safe='@')}" for name, value in pairs
        )
        begin = f"{parts.scheme}://{host}" if parts.netloc else ""
        return f"{begin}{path}{'?' + asked if asked else ''}"

    def _asked(self, name: str, value: str) -> str:
        return self.other(value) if _kind(name, None) and value else self.text(value)

    def _host(self, name: str) -> str:
        return self._hosts.setdefault(name, f"host-{len(self._hosts) + 1}.example")


def _kind(name: str, inherited: str | None) -> str | None:
    return "id" if name.lower() in _IDS else personal_kind(name, inherited)


def _drawn(key: bytes, text: str, salt: int) -> str:
    """Text of the same shape: digits for digits, hexadecimal letters in GUIDs, letters for letters."""
    stream = hashlib.shake_256(hmac.digest(key, f"{salt}:{text}".encode(), "sha256")).digest(len(text))
    letters = "abcdef" if _GUID.fullmatch(text) else "abcdefghijklmnopqrstuvwxyz"
    return "".join(
        str(byte % 10) if sign.isdigit() else letters[byte % len(letters)] if sign.isalpha() else sign
        for sign, byte in zip(text, stream, strict=True)
    )


def _cased(made: str, value: str) -> str:
    """The made value in capitals where the value is."""
    return made.upper() if value.isupper() and not value.islower() else made
