"""Ids that are never repeated: made from the run's seed, its nonce and a counter, so that a run can be done again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import UUID

_TERMINAL: Final[ContextVar[str]] = ContextVar("terminal", default="")


class Minter:
    """Makes ids. The same seed and nonce give the same ids in the same order; each kind counts for itself.

    So does each terminal of a race: what one draws does not depend on which of them was faster.
    """

    def __init__(self, seed: int, nonce: str, *, digits_of_words: int = 12) -> None:
        self.seed = seed
        self._root = f"{seed}|{nonce}"
        self._digits_of_words = digits_of_words
        self._counters: dict[str, int] = {}
        self._guard = threading.Lock()

    def uuid(self, kind: str) -> str:
        """A fresh version-4 UUID, lower case."""
        return str(UUID(bytes=self._digest(kind)[:16], version=4))

    def email(self) -> str:
        """A fresh address in a domain nobody receives mail for."""
        return f"offerproof-{self._digest('email').hex()[:16]}@example.com"

    def digits(self, count: int = 10) -> str:
        """Fresh digits for a phone number, the first one not 0 or 1."""
        number = int.from_bytes(self._digest("phone")[:16], "big")
        return str(2 + number % 8) + str(number // 8 % 10 ** (count - 1)).zfill(count - 1)

    def name(self) -> str:
        """A fresh first or last name in letters; it cannot be taken for a word of an answer."""
        return "Proof" + "".join(chr(ord("a") + byte % 26) for byte in self._digest("name")[:8])

    def word(self, kind: str) -> str:
        """A fresh short word, for external ids and titles."""
        return f"{kind}-{self._digest(kind).hex()[: self._digits_of_words]}"

    def race(self) -> str:
        """A name for the next race; terminals of different races draw different ids."""
        with self._guard:
            return f"race-{self._count('race')}"

    @contextmanager
    def terminal(self, name: str) -> Iterator[None]:
        """Let this thread draw the ids of the terminal of this name."""
        before = _TERMINAL.set(f"{name}|")
        try:
            yield
        finally:
            _TERMINAL.reset(before)

    def trace(self, number: int) -> str:
        """The ``traceparent`` of a request (W3C Trace Context), one trace for the whole run."""
        trace = hashlib.blake2b(f"{self._root}|trace".encode(), digest_size=16).hexdigest()
        return f"00-{trace}-{number:016x}-01"

    def _digest(self, kind: str) -> bytes:
        place = f"{_TERMINAL.get()}{kind}"
        with self._guard:
            count = self._count(place)
        return hashlib.blake2b(f"{self._root}|{place}|{count}".encode(), digest_size=32).digest()

    def _count(self, place: str) -> int:
        self._counters[place] = self._counters.get(place, 0) + 1
        return self._counters[place]
