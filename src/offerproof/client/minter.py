"""Ids that are never repeated, and follow from the run's seed, its nonce and who asks for them.

Who asks is a *scope*: a check, and within it a settle, a journey, a terminal of a race. Each counts for itself, so what
one draws depends on nothing that others do, nor on how often something was waited for.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import UUID

_SCOPE: Final[ContextVar[str]] = ContextVar("scope", default="")


class Minter:
    """Makes ids. The same seed, nonce and scope give the same ids in the same order; each kind counts for itself."""

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

    def numbered(self, kind: str) -> str:
        """A name for the next thing of a kind in this scope: ``race-3``."""
        place = f"{_SCOPE.get()}{kind}"
        with self._guard:
            return f"{kind}-{self._count(place)}"

    @contextmanager
    def scope(self, name: str, *, whole: bool = False) -> Iterator[None]:
        """Draw in a scope of this name, within the present one; with ``whole`` within none.

        A thread takes it along when it is run in a copy of the context.
        """
        before = _SCOPE.set(f"{name}|" if whole else f"{_SCOPE.get()}{name}|")
        try:
            yield
        finally:
            _SCOPE.reset(before)

    def trace(self) -> str:
        """The ``traceparent`` of a request (W3C Trace Context), one trace for the whole run."""
        trace = hashlib.blake2b(f"{self._root}|trace".encode(), digest_size=16).hexdigest()
        return f"00-{trace}-{self._digest('span').hex()[:16]}-01"

    def _digest(self, kind: str) -> bytes:
        place = f"{_SCOPE.get()}{kind}"
        with self._guard:
            count = self._count(place)
        return hashlib.blake2b(f"{self._root}|{place}|{count}".encode(), digest_size=32).digest()

    def _count(self, place: str) -> int:
        self._counters[place] = self._counters.get(place, 0) + 1
        return self._counters[place]
