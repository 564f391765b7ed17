"""Reading one table of a program file: every member checked, every unknown key refused, every error names its key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final, TypeVar

from offerproof.errors import Misuse

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_Choice = TypeVar("_Choice", bound=StrEnum)
_REQUIRED: Final = object()


class SettingsError(Misuse):
    """A program file is wrong; ``path`` is the dotted key (``tier_systems[0].levels[1].rank``)."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"program file: {path}: {message}", hint="see the comments in the default program file")
        self.path = path


class Table:
    """One table. Ask for each member once, then call ``done``."""

    def __init__(self, members: object, path: str = "") -> None:
        if not isinstance(members, Mapping):
            raise SettingsError(path or "the file", "must be a table")
        self._members = members
        self._asked: set[str] = set()
        self.path = path

    def at(self, key: str) -> str:
        """The dotted path of a member."""
        return f"{self.path}.{key}" if self.path else key

    def error(self, key: str, message: str) -> SettingsError:
        """An error about one member."""
        return SettingsError(self.at(key), message)

    def _take(self, key: str, default: object) -> object:
        self._asked.add(key)
        if key in self._members:
            return self._members[key]
        if default is _REQUIRED:
            raise self.error(key, "is missing")
        return default

    def text(self, key: str, default: str | object = _REQUIRED) -> str:
        """A text that is not empty (a default may be)."""
        value = self._take(key, default)
        if not isinstance(value, str) or (not value and key in self._members and default is _REQUIRED):
            raise self.error(key, "must be a text")
        return value

    def guid(self, key: str) -> str:
        """A GUID, given back in lower case."""
        value = self.text(key).lower()
        if not _GUID.fullmatch(value):
            raise self.error(key, "must be a GUID (8-4-4-4-12 hexadecimal digits)")
        return value

    def flag(self, key: str, default: bool | object = _REQUIRED) -> bool:
        """true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def whole(self, key: str, default: int | object = _REQUIRED, *, least: int = 0) -> int:
        """A whole number of at least ``least``."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.error(key, f"must be a whole number, {least} or more")
        return value

    def number(self, key: str, default: str | object = _REQUIRED, *, above: Decimal | None = None) -> Decimal:
        """An exact number: an integer, or a decimal written as text ("0.5"); 0 or more, or more than ``above``."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self.error(key, 'must be a number; write a fraction as text, such as "0.5"')
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self.error(key, "must be a number") from None
        if not number.is_finite() or number < 0 or (above is not None and number <= above):
            raise self.error(key, f"must be more than {above}" if above is not None else "must not be negative")
        return number

    def choice(self, key: str, choices: type[_Choice], default: _Choice) -> _Choice:
        """One of an enumeration's values."""
        value = self._take(key, default.value)
        try:
            return choices(str(value))
        except ValueError:
            raise self.error(key, f"must be one of {', '.join(choices)}") from None

    def either(self, key: str, yes: str, no: str, *, default: bool) -> bool:
        """One of two words; True for ``yes``."""
        value = self._take(key, yes if default else no)
        if value not in (yes, no):
            raise self.error(key, f'must be "{yes}" or "{no}"')
        return value == yes

    def instant(self, key: str) -> int | None:
        """A TOML instant with its offset, in microseconds; None when left out."""
        value = self._take(key, None)
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self.error(key, "must be an instant with an offset, such as 2018-01-01T00:00:00Z")
        return (value - EPOCH) // timedelta(microseconds=1)

    def optional_text(self, key: str) -> str | None:
        """As ``text``; None when left out."""
        self._asked.add(key)
        return self.text(key) if key in self._members else None

    def optional_whole(self, key: str, *, least: int = 0) -> int | None:
        """As ``whole``; None when left out."""
        self._asked.add(key)
        return self.whole(key, least=least) if key in self._members else None

    def texts(self, key: str, default: Sequence[str] | object = _REQUIRED) -> tuple[str, ...]:
        """A list of texts, none twice."""
        value = self._take(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
            raise self.error(key, "must be a list of texts")
        if len(set(value)) < len(value):
            raise self.error(key, "names something twice")
        return tuple(value)

    def mapping(self, key: str) -> Mapping[str, object]:
        """A free table, as it stands; empty when left out."""
        value = self._take(key, {})
        if not isinstance(value, Mapping):
            raise self.error(key, "must be a table")
        return value

    def table(self, key: str) -> Table:
        """A table; an empty one when left out."""
        return Table(self._take(key, {}), self.at(key))

    def tables(self, key: str, *, least: int = 0) -> list[Table]:
        """A list of tables."""
        value = self._take(key, [])
        if not isinstance(value, list) or len(value) < least:
            raise self.error(
                key, f"must be a list of tables, at least {least}" if least else "must be a list of tables"
            )
        return [Table(one, f"{self.at(key)}[{index}]") for index, one in enumerate(value)]

    def done(self) -> None:
        """Refuse what was never asked for."""
        for key in self._members:
            if key not in self._asked:
                raise self.error(str(key), "is not a setting")


def distinct(tables: Sequence[Table], key: str, values: Sequence[str], what: Callable[[str], str]) -> None:
    """Refuse a value that stands twice; ``what`` says it in words."""
    seen: set[str] = set()
    for table, value in zip(tables, values, strict=True):
        if value in seen:
            raise table.error(key, what(value))
        seen.add(value)
