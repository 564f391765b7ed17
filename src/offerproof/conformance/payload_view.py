"""Payloads whose look-ups are expectations: a member that is missing is a finding, not a ``KeyError`` of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

Missing = Callable[[str, Any], NoReturn]
"""Called with the path that does not exist and what stands in its place; raises ``ExpectationFailed``."""


class SeenDict(dict[str, Any]):
    """A JSON object of an answer."""

    __slots__ = ("_missing", "_path")

    def __init__(self, members: dict[str, Any], path: str, missing: Missing) -> None:
        super().__init__((name, see(value, f"{path}.{name}", missing)) for name, value in members.items())
        self._path = path
        self._missing = missing

    def __missing__(self, name: str) -> NoReturn:
        self._missing(f"{self._path}.{name}", f"absent; there are {', '.join(sorted(self)) or 'no members'}")


class SeenList(list[Any]):
    """A JSON array of an answer."""

    __slots__ = ("_missing", "_path")

    def __init__(self, elements: list[Any], path: str, missing: Missing) -> None:
        super().__init__(see(value, f"{path}.*", missing) for value in elements)
        self._path = path
        self._missing = missing

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, str):
            self._missing(f"{self._path}.{place}", "an array stands there, not an object")
        try:
            return super().__getitem__(place)
        except IndexError:
            self._missing(f"{self._path}.{place}", f"absent; the array has {len(self)} elements")


def see(value: Any, path: str, missing: Missing) -> Any:
    """The value with its look-ups watched; scalars as they are."""
    if isinstance(value, dict):
        return SeenDict(value, path, missing)
    if isinstance(value, list):
        return SeenList(value, path, missing)
    return value
