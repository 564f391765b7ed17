"""What must not be shown: credentials and personal data, and where they stand in a text, in whatever form."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Final

from offerproof.contract import OPERATIONS
from offerproof.exchange.echoes import (
    PHONE_DIGITS,
    TOKEN,
    WORD,
    Lexicon,
    Mark,
    Unescaped,
    dates_of,
    digits_of,
    folded,
    phones_in,
    readings,
    too_plain,
)

_SHORTEST: Final = 4
"""Shorter values ("Li") are replaced where a member's name says what they are, not in running text."""

EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-][\w.+%'-]*@[\w-]+(?:\.[\w-]+)+")
PLACEHOLDER: Final = re.compile(r"\{(?:[a-z]+-)*[a-z_]+(?:-[0-9]+)?\}")
USERINFO: Final = re.compile(r"(?<=://)[^\s/@\"'<>?#]{1,200}(?=@[\w\[])")
_SEGMENT: Final = r"[^/?#\s\"'<>{][^/?#\s\"'<>]*"
_DOCUMENTED_PATHS: Final = tuple(operation.path for operation in OPERATIONS.values())
_WITH_COUNTRY: Final = 11
"""Digits of a number with the country code 1, which others leave out."""
_SHORTEST_EXTERNAL_ID: Final = 6
"""Shorter ones ("2018") are replaced where a member's name or the place in a path says what they are."""

_CREDENTIAL_NAMES: Final = frozenset({"apikey", "xapikey", "password", "secret", "clientsecret"})
"""Members and parameters where a credential stands, however short or plain it is."""
_LEAKS: Final = ("{api_key}", "_secret}", "_credentials}")


def plain_name(name: str) -> str:
    """A member's name without case and separators: ``first_name`` and ``firstName`` are one."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


class Withheld:
    """What a run knows that must not be shown, each value with its placeholder.

    A credential is known where credentials stand: in its header, before the @ of an address, as the key segment of a
    path, as the value of a member that is named like one. Elsewhere it is known as a whole token, in any form a target
    may echo it in, unless it is too short or too plain to be told from other words (``plain``).
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()  # several checks learn at once
        self._known: dict[tuple[str, str], str] = {}
        self._numbers: dict[str, int] = {}
        self._emails: dict[str, Mark] = {}
        """Those of an odd form; the others are known by it."""
        self._phones: dict[str, Mark] = {}
        """By their digits; whatever they stand in."""
        self._tokens = Lexicon(TOKEN)
        """Credentials in all their forms, and external ids; also as the name of a member."""
        self._words = Lexicon(WORD)
        """Other personal values, in values and in free text, never in the names of members."""
        self._named: dict[str, str] = {}
        """Credentials as the values of members that are named like one."""
        self._keys: set[re.Pattern[str]] = set()
        """Segments of paths where the API key stands."""
        self.external_ids: set[re.Pattern[str]] = set()
        """Segments of paths where an external id stands."""
        self.plain: dict[str, str] = {}
        """Secrets that nothing but their place tells from other words, by placeholder, and why."""
        self.shell: dict[str, str] = {}
        """How a shell command names what a placeholder stands for."""
        self.private: dict[str, str] = {}
        """Environment variable → personal value, for the private file of the run's folder."""
        self.api_key("", "")

    def secret(self, placeholder: str, value: str, shell: str, *, told: bool = False) -> None:
        """Make known a credential; it is shown as ``{placeholder}`` and written ``shell`` in a command.

        ``told``: a leak of it is looked for, so it is noted in ``plain`` where that cannot be done.
        """
        marked = "{" + placeholder + "}"
        if not value:
            return
        self.shell[marked] = shell
        self._named.setdefault(value.casefold(), marked)
        why = too_plain(value)
        if why is None:
            self._tokens.secret(value, marked)
        elif told:
            self.plain[marked] = why

    def api_key(self, value: str, shell: str, paths: Iterable[str] = _DOCUMENTED_PATHS) -> None:
        """Make known the API key and the paths it stands in, as ``{api_key}``; and where an external id stands."""
        self.secret("api_key", value, shell, told=True)
        for path in paths:
            if value:
                self._keys |= _segment(path, "{api_key}", re.escape(value), tells=1)
            self.external_ids |= _segment(path, "{external_id}", _SEGMENT, tells=2)

    def credentials(self, service: str, key: str, secret: str, shell: tuple[str, str]) -> None:
        """Make known a service's key and secret, alone and as the token of its Authorization header."""
        self.secret(f"{service}_key", key, shell[0])
        self.secret(f"{service}_secret", secret, shell[1], told=True)
        self.token(f"{service}_credentials", key, secret, f'$(printf %s "{shell[0]}:{shell[1]}" | base64)')

    def token(self, placeholder: str, key: str, secret: str, shell: str) -> None:
        """Make known the token of a Basic header, which no other text looks like."""
        marked = "{" + placeholder + "}"
        self.shell[marked] = shell
        token = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self._tokens.secret(token, marked)

    def leaked(self, told: str) -> bool:
        """Whether a text that was redacted held a credential: a secret, the token of a header, or the API key."""
        return any(mark in told for mark in _LEAKS)

    @property
    def untold(self) -> str | None:
        """Why nobody can tell whether a text repeats a credential, in words; None where all can be told."""
        reasons = [f"{name[1:-1]} is {why}" for name, why in self.plain.items()]
        return f"{', '.join(reasons)}: a leak of it cannot be told" if reasons else None

    def personal(self, kind: str, value: object) -> str:
        """Return the placeholder of a personal value."""
        text = str(value)
        with self._guard:
            return self._known.get((kind, _same(kind, text))) or self._placeholder(kind, text)

    def _placeholder(self, kind: str, text: str) -> str:
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        placeholder = f"{{{kind}-{number}}}"
        self._known[kind, _same(kind, text)] = placeholder
        variable = f"OFFERPROOF_{kind}_{number}".upper().replace("-", "_")
        self.shell[placeholder] = f"${variable}"
        self.private[variable] = text
        self.foresee(kind, text)
        return placeholder

    def foresee(self, kind: str, text: str) -> None:
        """Make a personal value known without a placeholder: it may never be shown."""
        read, mark = folded(text), (kind, text)
        if "@" in read:
            if not EMAIL.fullmatch(read):
                self._emails.setdefault(read, mark)
        elif kind == "phone":
            digits = digits_of(text)
            if len(digits) >= PHONE_DIGITS:
                self._phones.setdefault(digits, mark)
            if len(digits) == _WITH_COUNTRY:
                self._phones.setdefault(digits.removeprefix("1"), mark)
        elif kind == "external-id":
            for one in readings(text) if len(text) >= _SHORTEST_EXTERNAL_ID else ():
                self._tokens.add(one, mark)
        elif len(text) >= _SHORTEST:
            for one in readings(text) | (dates_of(text) if kind == "date-of-birth" else set()):
                self._words.add(one, mark)

    def shown(self, mark: Mark) -> str:
        """The placeholder of a value that is found."""
        return mark if isinstance(mark, str) else self.personal(*mark)

    def number(self, value: int) -> int | str:
        """A number, or the placeholder of what it is."""
        mark = self._tokens.mark_of(str(value)) or self._phones.get(str(value))
        return self.shown(mark) if mark else value

    def credential(self, name: str, value: Any) -> str | None:
        """The placeholder of what stands as the value of a member that is named like a credential, where it is one."""
        named = plain_name(name) in _CREDENTIAL_NAMES and isinstance(value, str)
        return self._named.get(value.casefold()) if named else None

    def spans(self, shown: Unescaped, words: bool) -> Iterator[tuple[int, int, Mark]]:
        """What stands in a text, as it reads, of all that is known: from, to, and as what it is shown."""
        read = shown.read
        if "{" in read:
            for found in PLACEHOLDER.finditer(read):
                if found.group() in self.shell:  # placed already
                    yield *found.span(), found.group()
        if "@" in read:
            for found in USERINFO.finditer(read):
                yield *found.span(), "{userinfo}"
            for found in EMAIL.finditer(read):
                yield *found.span(), ("email", shown.as_written(found))
            for known, mark in list(self._emails.items()):
                for found in re.finditer(re.escape(known), read):
                    yield *found.span(), mark
        if "/" in read:
            for key in self._keys:
                for found in key.finditer(read):
                    yield *found.span(), "{api_key}"
            for external_id in self.external_ids:
                for found in external_id.finditer(read):
                    yield *found.span(), ("external-id", shown.as_written(found))
        yield from self._tokens.spans(read)
        if words:
            yield from self._words.spans(read)
        yield from phones_in(read, self._phones)


def _segment(path: str, name: str, value: str, tells: int) -> set[re.Pattern[str]]:
    """The pattern of a segment of a path, which those before it tell (at most ``tells``), or else what follows."""
    before, found, after = path.partition(name)
    literal = [one for one in before.rpartition("}")[2].split("/") if one]
    begins = "/" + "".join(f"{one}/" for one in literal[-tells:])
    if not found or (begins == "/" and not after):
        return set()
    ends = r"(?![\w~%-]|\.\w)" if begins != "/" else f"(?={re.escape(after)})"
    return {re.compile(f"(?<={re.escape(begins)}){value}{ends}", re.IGNORECASE)}


def _same(kind: str, text: str) -> str:
    """What two values of a kind have in common that are one: external ids differ in letter case."""
    return text if kind == "external-id" else text.casefold()
