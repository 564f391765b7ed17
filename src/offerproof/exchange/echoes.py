"""How a target may write what it was told: escaped for HTML, forms, addresses, JSON; as base64 or hex; in any case."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from offerproof import content

SHORTEST_SECRET: Final = 6
"""Characters from which on a credential is looked for in any text; a shorter one is part of too many words."""

_ESCAPE: Final = re.compile(
    r"%[0-7][0-9A-Fa-f]|%[c-fC-F][0-9A-Fa-f](?:%[89abAB][0-9A-Fa-f])+"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
    r"|\\{1,8}u[dD][89abAB][0-9A-Fa-f]{2}\\{1,8}u[dD][c-fC-F][0-9A-Fa-f]{2}|\\{1,8}u[0-9A-Fa-f]{4}"
    r"|\\x[0-9A-Fa-f]{2}|\\[nrtbf]|\\[^\w\s]"
)
_ROUNDS: Final = 3
"""How often a value may have been escaped, one way upon another."""
TOKEN: Final = r"A-Za-z0-9_"  # noqa: S105  (signs of a token, for a regular expression)
WORD: Final = r"\w"
PHONE_DIGITS: Final = 7
"""Digits of a telephone number from which on it is looked for in texts."""
_PHONE: Final = re.compile(r"[0-9](?:[\s().+/-]{0,3}[0-9]){6,}")


@dataclass(frozen=True, slots=True)
class Unescaped:
    """A text as it reads, in folded case. ``places``: where each of its characters begins in ``text``, and the end."""

    text: str
    read: str
    places: list[int] | None

    def as_written(self, found: re.Match[str]) -> str:
        """What was found in what it reads: in its own letter case, where no escape is in the way."""
        return self.text[found.start() : found.end()] if self.places is None else found.group()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the text that a part of what it reads stands for."""
        return (start, end) if self.places is None else (self.places[start], self.places[end])


def unescaped(text: str) -> Unescaped:
    """Read a text through whatever escapes it is written with."""
    read, places = text, None
    for _ in range(_ROUNDS):
        if not ("%" in read or "&" in read or "\\" in read):
            break
        once, starts = _unescaped_once(read)
        if once == read:
            break
        read, places = once, starts if places is None else [places[start] for start in starts]
    folded = read.casefold()
    if len(folded) != len(read):
        starts = [place for place, sign in enumerate(read) for _ in sign.casefold()] + [len(read)]
        places = starts if places is None else [places[start] for start in starts]
    return Unescaped(text, folded, places)


def _unescaped_once(text: str) -> tuple[str, list[int]]:
    parts: list[str] = []
    starts: list[int] = []
    last = 0
    for found in _ESCAPE.finditer(text):
        sign = _sign(found.group())
        parts += text[last : found.start()], sign
        starts += range(last, found.start())
        starts += [found.start()] * len(sign)
        last = found.end()
    parts.append(text[last:])
    starts += range(last, len(text) + 1)
    return "".join(parts), starts


def _sign(escape: str) -> str:
    if escape[0] == "%":
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
    if escape[0] == "&":
        return html.unescape(escape)
    bare = escape.lstrip("\\")
    if bare[:1] == "u" and len(bare) > 1:
        units = "".join(re.findall(r"u([0-9A-Fa-f]{4})", escape))
        return bytes.fromhex(units).decode("utf-16-be", "replace")
    if bare[:1] == "x" and len(bare) > 1:
        return chr(int(bare[1:], 16))
    return " " if bare and bare in "nrtbf" else bare or "\\"


def basic_pair(authorization: str) -> tuple[str, str]:
    """Key and secret of a Basic header; two empty texts where it is none."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        key, _, secret = base64.b64decode(token.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return key, secret


def forms_of(secret: str) -> set[str]:
    """How a secret may be told, besides with escapes: as it is, in hex, in base64 of both alphabets."""
    raw = secret.encode()
    encoded = {base64.b64encode(raw), base64.urlsafe_b64encode(raw)}
    return readings(secret) | {raw.hex(), *(one.decode().rstrip("=").casefold() for one in encoded)}


def readings(value: str) -> set[str]:
    """A value in folded case, and what it reads as where it looks escaped itself (``a%20b``, ``x&amp;y``)."""
    found = {value.casefold()}
    for _ in range(_ROUNDS):
        once, _ = _unescaped_once(value)
        if once == value:
            break
        value = once
        if too_plain(value) is None:
            found.add(value.casefold())
    return found


Mark = str | tuple[str, str]
"""What a value is shown as: a placeholder, or the kind and the value that get one when they are first shown."""


class Lexicon:
    """Values with a mark each, which are found in texts where they stand by themselves; in any number at once.

    ``signs``: what may not stand right before and behind one, as the inside of a character class.
    """

    def __init__(self, signs: str) -> None:
        self._signs = signs
        self._run = re.compile(f"[{signs}]+")
        self._begins: dict[str, list[str]] = {}
        """By its first run of signs: the values, which are looked for only where that stands."""
        self._marks: dict[str, Mark] = {}

    def add(self, value: str, mark: Mark) -> None:
        """Make a value known, in folded case; its first mark stays. A blank may be a plus, as in forms."""
        if value not in self._marks:
            self._marks[value] = mark
            first = self._run.search(value)
            self._begins.setdefault(first.group() if first else "", []).append(value)

    def mark_of(self, value: str) -> Mark | None:
        """The mark of a whole value."""
        return self._marks.get(value)

    def spans(self, read: str) -> Iterator[tuple[int, int, Mark]]:
        """Where its values stand in a text in folded case: from, to, and the mark."""
        for begin in {"", *self._run.findall(read)}:
            for value in list(self._begins.get(begin, ())):
                for found in _alone(value, self._signs).finditer(read):
                    yield *found.span(), self._marks[value]


@lru_cache(4096)
def _alone(value: str, signs: str) -> re.Pattern[str]:
    """The pattern of a value that stands by itself; base64 may have its padding, or not."""
    pattern = re.escape(value).replace(r"\ ", r"[ +]")
    return re.compile(f"(?<![{signs}]){pattern}={{0,2}}(?![{signs}])")


def digits_of(phone: str) -> str:
    """The digits of a telephone number, without its punctuation."""
    return "".join(sign for sign in phone if sign in "0123456789")


def phones_in(text: str, digits: dict[str, Mark]) -> Iterator[tuple[int, int, Mark]]:
    """Where the numbers of which ``digits`` holds the digits stand in a text, with or without punctuation."""
    lengths = {len(known) for known in list(digits)}  # other checks learn numbers meanwhile
    for run in _PHONE.finditer(text) if lengths else ():
        places = [place for place in range(*run.span()) if text[place].isdigit()]
        signs = "".join(text[place] for place in places)
        for length in lengths:
            for first in range(len(signs) - length + 1):
                if known := digits.get(signs[first : first + length]):
                    yield places[first], places[first + length - 1] + 1, known


def too_plain(secret: str) -> str | None:
    """Why a credential is not looked for in any text, in words; None where it is."""
    if len(secret) < SHORTEST_SECRET:
        return f"shorter than {SHORTEST_SECRET} characters"
    return "a word of the documented calls and answers" if is_documented(secret.casefold()) else None


@cache
def is_documented(word: str) -> bool:
    """Whether a word, in folded case, stands in the schemas, their samples or the clauses: it tells of nobody."""
    return re.search(rf"(?<![{TOKEN}]){re.escape(word)}(?![{TOKEN}])", _documented()) is not None


@cache
def _documented() -> str:
    """Whatever the schemas with their samples and the clauses say: words that any right answer may hold."""
    files = [file for place in ("schemas", "contracts") for file in sorted(content.folder(place).rglob("*"))]
    kinds = (".json", ".txt", ".toml", ".md")
    return "\n".join(file.read_text("utf-8", "replace") for file in files if file.suffix in kinds).casefold()
