"""Seeded identifiers: the same seed gives the same sequence of GUIDs, in this process and after a replay.

Apart, as nothing else in the simulator draws: its only source of randomness is seen at a glance.
"""

from __future__ import annotations

from random import Random

_VARIANT = 0x8000_0000_0000_0000
_VERSION = 0x4000 << 64
_MASK = ~((0xC000 << 48) | (0xF000 << 64))


class IdSource:
    """A sequence of version-4 GUIDs in lower case, drawn from ``seed``."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._bits = Random(seed).getrandbits

    def new(self) -> str:
        """Return the next GUID."""
        text = f"{self._bits(128) & _MASK | _VERSION | _VARIANT:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def reset(self) -> None:
        """Start the sequence again."""
        self._bits = Random(self.seed).getrandbits
