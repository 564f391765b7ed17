"""The same answers in the other spellings that the documents allow: ``simulate --vary``.

A target may write a success as ok, OK or success, leave a null member out, add members that nobody has heard of, cut
the fraction of a second, and write ids in capitals. Whoever calls understands all of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from offerproof.simulator.answers import Answer, encode

WORDS: Final = ("OK", "success", "ok", "Success")
ADDED: Final = "added_in_a_later_version"
_GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FRACTION: Final = re.compile(
    r"(?P<whole>20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2})\.[0-9]+(?P<zone>Z?)"
)
_DIGITS: Final = (3, 0, 7)
_EXACT: Final = msgspec.json.Decoder(float_hook=Decimal)


class Spellings:
    """Spells the answers of each call in turn: as they are, then each time otherwise. ``turn``: which comes first."""

    def __init__(self, turn: int = 0) -> None:
        self._turns: Counter[str] = Counter()
        self._first = turn

    def spell(self, operation: str, answer: Answer) -> Answer:
        """Return a success in the spelling whose turn it is; a refusal, or no JSON, as it is."""
        turn = self._first + self._turns[operation]
        self._turns[operation] += 1
        if turn % len(WORDS) == 0 or answer.status != 200:
            return answer
        try:
            body = _EXACT.decode(answer.body)
        except msgspec.DecodeError:
            return answer
        told = {name: _spelled(value, turn) for name, value in body.items()}
        return msgspec.structs.replace(answer, body=encode(told | {"status": WORDS[turn % len(WORDS)]}))


def _spelled(value: Any, turn: int) -> Any:
    if isinstance(value, dict):
        return dict(_members(value, turn))
    if isinstance(value, list):
        return [_spelled(one, turn) for one in value]
    if not isinstance(value, str):
        return value
    if _GUID.fullmatch(value):
        return value.upper() if turn % 2 else value
    found, digits = _FRACTION.fullmatch(value), _DIGITS[turn % len(_DIGITS)]
    if found is None:
        return value
    fraction = value.partition(".")[2].rstrip("Z")[:digits].ljust(digits, "0")
    return f"{found['whole']}{'.' if digits else ''}{fraction}{found['zone']}"


def _members(value: dict[str, Any], turn: int) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if inner is not None or turn % 2 == 0:
            yield name, _spelled(inner, turn)
    if value and turn > 1 and not any(_GUID.fullmatch(name) for name in value):  # what ids name is a list, not a record
        yield ADDED, {"turn": turn}
