"""request_id: a given request is processed once, a repeat gets the stored answer (api.md section 5).

Answers stand in a ring of stated size, the oldest leaves first. "The same request" means the same bytes of body.
Apart, as one rule of the API.
"""

from __future__ import annotations

from offerproof.simulator.answers import Answer


class Ring:
    """Remembers the answers of the newest ``size`` requests by key; ``pending``: those whose answers are held back."""

    def __init__(self, size: int) -> None:
        self._answers: dict[str, tuple[int, Answer]] = {}
        self._keys: list[str | None] = [None] * max(size, 1)
        self._next = 0
        self.pending: set[object] = set()

    def get(self, key: str) -> tuple[int, Answer] | None:
        """Return the digest of the request's body and its answer, or None."""
        return self._answers.get(key)

    def put(self, key: str, body: bytes, answer: Answer) -> None:
        """Remember an answer in place of the oldest."""
        at = self._next
        oldest = self._keys[at]
        if oldest is not None:
            self._answers.pop(oldest, None)
        self._keys[at] = key
        self._next = at + 1 if at + 1 < len(self._keys) else 0
        self._answers[key] = (hash(body), answer)

    def __len__(self) -> int:
        return len(self._answers)
