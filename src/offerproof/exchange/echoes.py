"""How a target may write what it was told: escaped, encoded, broken into lines, in other letters, in any case."""

from __future__ import annotations

import base64
import html
import quopri
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Final

from offerproof import content

SHORTEST_SECRET: Final = 6
"""Characters from which on a credential is looked for in any text; a shorter one is part of too many words."""

_ESCAPE: Final = re.compile(
    r"%[0-7][0-9A-Fa-f]|%[c-fC-F][0-9A-Fa-f](?:%[89abAB][0-9A-Fa-f])+|%u[0-9A-Fa-f]{4}"
    r"|&(?:#[0-9]{1,7};?|#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};)"
    r"|\\{1,8}u[dD][89abAB][0-9A-Fa-f]{2}\\{1,8}u[dD][c-fC-F][0-9A-Fa-f]{2}|\\{1,8}u[0-9A-Fa-f]{4}"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}|\\U[0-9A-Fa-f]{8}|\\x[0-9A-Fa-f]{2}|\\[0-3][0-7]{2}|\\[nrtbf]|\\[^\w\s]"
    # quoted-printable: letters of two bytes or more, and three escapes in a row; "limit=50" is none
    r"|=[C-F][0-9A-F](?:=[89AB][0-9A-F])+"
    r"|=[2-7][0-9A-F](?=(?:=[2-9A-F][0-9A-F]){2})|(?<==[2-9A-F][0-9A-F])=[2-7][0-9A-F](?==[2-9A-F][0-9A-F])"
    r"|(?<==[2-9A-F][0-9A-F]=[2-9A-F][0-9A-F])=[2-7][0-9A-F]"
)
_ROUNDS: Final = 5
"""How often a value may have been escaped, one way upon another."""
TOKEN: Final = r"A-Za-z0-9_"  # noqa: S105  (signs of a token, for a regular expression)
WORD: Final = r"\w"
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_BLANKS: Final = {"n": "\n", "r": "\r", "t": " ", "b": " ", "f": " "}
PHONE_DIGITS: Final = 7
"""Digits of a telephone number from which on it is looked for in texts."""
_PHONE: Final = re.compile(r"[0-9](?:[\s().+/_-]{0,3}[0-9]){6,}")
_INVISIBLE: Final = "\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff"
_BREAK: Final = re.compile(rf"[ \t]*(?:=(?=\r?\n\S))?\r?\n\s*|[{_INVISIBLE}]+")
"""What may stand within a value and mean nothing: the end of a line, also quoted-printable's, and what is not seen."""
_ACCENTS: Final = "[\u0300-\u036f]"
_UNIT: Final = re.compile(
    rf"(?P<broken>{_BREAK.pattern})|(?P<blank>\s+)|(?:(?!=\r?\n\S)[!-~](?!{_ACCENTS}))+|.{_ACCENTS}*", re.DOTALL
)
_ENCODINGS: Final = (
    (base64.b64encode, 3, 6),
    (base64.urlsafe_b64encode, 3, 6),
    (base64.b32encode, 5, 5),
    (base64.b16encode, 1, 4),
)
"""How bytes are written as letters: by what, how many bytes begin a new group, how many bits a letter holds."""
_SHORTEST_CORE: Final = 7


@dataclass(frozen=True, slots=True)
class Unescaped:
    """A text as it reads, in folded case, and where each of its characters begins and ends in ``text``."""

    text: str
    read: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def as_written(self, found: re.Match[str]) -> str:
        """What was found in what it reads: in its own letter case, where no escape is in the way."""
        return self.text[found.start() : found.end()] if self.starts is None else found.group()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the text that a part of what it reads stands for."""
        return (start, end) if not (self.starts and self.ends) else (self.starts[start], self.ends[end - 1])


def unescaped(text: str) -> tuple[Unescaped, ...]:
    """Read a text through whatever escapes it is written with: where it is broken, with a blank there, and without."""
    read, places = text, None
    for _ in range(_ROUNDS):
        if not ("%" in read or "&" in read or "\\" in read or "=" in read):
            break
        once, starts = _unescaped_once(read)
        if once == read:
            break
        read, places = once, starts if places is None else [places[start] for start in starts]
    if read.isascii() and "\n" not in read and "  " not in read:
        return (Unescaped(text, read.lower(), places, places and places[1:]),)
    spaced = _folded(text, read, places, " ")
    return (spaced, _folded(text, read, places, "")) if _BREAK.search(read) else (spaced,)


def _folded(text: str, read: str, places: list[int] | None, at_breaks: str) -> Unescaped:
    """What a text reads without letter case, accents and widths, with one blank for any."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for unit in _UNIT.finditer(read):
        signs, (start, end) = unit.group(), unit.span()
        if signs.isascii() and not unit.lastgroup:
            parts.append(signs.lower())
            starts += range(start, end)
            ends += range(start + 1, end + 1)
            continue
        shown = at_breaks if unit["broken"] else " " if unit["blank"] else _letter(signs)
        parts.append(shown)
        starts += [start] * len(shown)
        ends += [end] * len(shown)
    if places:
        starts, ends = [places[start] for start in starts], [places[end] for end in ends]
    return Unescaped(text, "".join(parts), starts, ends)


@lru_cache(4096)
def _letter(sign: str) -> str:
    kind = unicodedata.category(sign[0])
    if kind == "Pd":
        return "-"
    if sign in "\u2018\u2019\u02bc":
        return "'"
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold())
    return "".join(one for one in plain if unicodedata.category(one) not in ("Mn", "Cf")) if kind != "Cf" else ""


def folded(value: str) -> str:
    """A value without letter case, accents and widths, as texts are read: ``ZOË`` and ``zoe`` are one."""
    return value.lower() if value.isascii() and "\n" not in value and "  " not in value else _fold(value)


@lru_cache(4096)
def _fold(value: str) -> str:
    return _folded(value, value, None, " ").read


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
    if escape[:2] == "%u":
        return chr(int(escape.lstrip("%u"), 16))
    if escape[0] in "%=":
        return bytes.fromhex(escape.replace(escape[0], "")).decode("utf-8", "replace")
    if escape[0] == "&":
        return html.unescape(escape)
    bare = escape.lstrip("\\")
    if bare[:2] == "u{" or (bare[:1] == "U" and len(bare) > 1):
        number = int(bare[1:].strip("{}"), 16)
        return chr(number) if number <= sys.maxunicode else " "
    if bare[:1] == "u" and len(bare) > 1:
        units = "".join(re.findall(r"u([0-9A-Fa-f]{4})", escape))
        return bytes.fromhex(units).decode("utf-16-be", "replace")
    if bare[:1] == "x" and len(bare) > 1:
        return chr(int(bare[1:], 16))
    if len(bare) == 3 and bare.isdigit():
        return chr(int(bare, 8))
    return _BLANKS.get(bare, bare or "\\")


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


def _forms_of(secret: str) -> set[str]:
    """How a secret may be told by itself, besides with escapes: as it is, in quoted-printable, byte by byte in hex."""
    raw = secret.encode()
    printable = quopri.encodestring(raw, quotetabs=True).decode()
    apart = {raw.hex(between) for between in (":", " ", "-")}
    return readings(secret) | readings(secret.rstrip("=")) | readings(printable) | apart


def _cores_of(secret: str) -> set[str]:
    """What stands in base64, base32 or hex of anything that holds a secret, wherever in it that begins."""
    raw, cores = secret.encode(), set()
    for encode, group, bits in _ENCODINGS:
        for before in range(group):
            told = encode(bytes(before) + raw).decode()
            core = told[-(before * 8 // -bits) : (before + len(raw)) * 8 // bits]
            if len(core) >= _SHORTEST_CORE:
                cores.add(core.casefold())
    return cores


def dates_of(date: str) -> set[str]:
    """How a day of the calendar, told as ``1977-07-07`` or with a time, may be written otherwise, in folded case."""
    try:
        day = datetime.fromisoformat(date)
    except ValueError:
        return set()
    year, padded = day.year, (f"{day.month:02}", f"{day.day:02}")
    found = {f"{year}-{padded[0]}-{padded[1]}{time}" for time in ("", "t00:00:00", "t00:00:00z", "t00:00:00.000z")}
    found.add(f"{year}{''.join(padded)}")
    for month, number in (padded, (str(day.month), str(day.day))):
        for sign in "/.-":
            found |= {f"{month}{sign}{number}{sign}{year}", f"{number}{sign}{month}{sign}{year}"}
            found.add(f"{year}{sign}{month}{sign}{number}")
    for month in (_MONTHS[day.month - 1], _MONTHS[day.month - 1][:3]):
        found |= {f"{day.day} {month} {year}", f"{month} {day.day}, {year}", f"{padded[1]} {month} {year}"}
    return found


def readings(value: str) -> set[str]:
    """A value in folded case, and what it reads as where it looks escaped itself (``a%20b``, ``x&amp;y``)."""
    found = {folded(value)}
    for _ in range(_ROUNDS):
        once, _ = _unescaped_once(value)
        if once == value:
            break
        value = once
        if too_plain(value) is None:
            found.add(folded(value))
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
        self._cores: dict[str, Mark] = {}
        """Of secrets: what stands in whatever holds them, encoded."""

    def add(self, value: str, mark: Mark) -> None:
        """Make a value known, in folded case; its first mark stays. A blank may be a plus, as in forms."""
        if value and value not in self._marks:
            self._marks[value] = mark
            first = self._run.search(value)
            self._begins.setdefault(first.group() if first else "", []).append(value)

    def secret(self, secret: str, mark: Mark) -> None:
        """Make a secret known in all forms that it may be told in."""
        for form in _forms_of(secret):
            self.add(form, mark)
        for core in _cores_of(secret):
            self._cores.setdefault(core, mark)

    def mark_of(self, value: str) -> Mark | None:
        """The mark of a whole value."""
        return self._marks.get(value)

    def spans(self, read: str) -> Iterator[tuple[int, int, Mark]]:
        """Where its values stand in a text in folded case: from, to, and the mark."""
        for begin in {"", *self._run.findall(read)}:
            for value in list(self._begins.get(begin, ())):
                for found in _alone(value, self._signs).finditer(read):
                    yield *found.span(), self._marks[value]
        for core, mark in list(self._cores.items()) if len(read) >= _SHORTEST_CORE else ():
            if core in read:
                for found in re.finditer(f"[a-z0-9]*{re.escape(core)}[a-z0-9]*(?:[+/_-]?={{1,6}})?", read):
                    yield *found.span(), mark


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
