"""What was used of a profile's pools, by any run of any kind: written down for good, beside the runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import IO

from filelock import FileLock

from offerproof.errors import Misuse


class Ledger:
    """Which entries were used, by any run. Another run, or thread, is kept out by a lock on a file beside it.

    Without a ``path`` nothing is written down, and what was used is forgotten in the end.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._memory = StringIO()

    @property
    def name(self) -> str:
        """Where used entries are written down, for messages: somebody who sees a full pool wants to know."""
        return self.path.name if self.path else "by this run"

    def used(self) -> frozenset[str]:
        """Ids that are used up."""
        if self.path is None:
            return self._ids(self._memory.getvalue())
        return self._ids(self.path.read_text("utf-8")) if self.path.exists() else frozenset()

    def take(self, choose: Callable[[frozenset[str]], str | None], run_id: str) -> str | None:
        """Let ``choose`` pick an id among what is not used and write it down, while nobody else can."""
        with self._alone() as file:
            chosen = choose(self._ids(file.read()))
            if chosen is not None:
                file.write(json.dumps({"id": chosen, "run": run_id}) + "\n")
            return chosen

    def take_all(self, wanted: Iterable[str], run_id: str) -> frozenset[str]:
        """Write down those of many ids that are not used yet, and return them."""
        with self._alone() as file:
            fresh = dict.fromkeys(wanted)
            for name in self._ids(file.read()) & fresh.keys():
                del fresh[name]
            file.writelines(json.dumps({"id": name, "run": run_id}) + "\n" for name in fresh)
            return frozenset(fresh)

    def _ids(self, text: str) -> frozenset[str]:
        try:
            return frozenset(json.loads(line)["id"] for line in text.split("\n") if line)
        except (ValueError, TypeError, KeyError):
            hint = "a run was cut short while it wrote? remove the broken line"
            raise Misuse(f"the ledger {self.path} is damaged: a line is no record of an id", hint=hint) from None

    @contextmanager
    def _alone(self) -> Iterator[IO[str]]:
        """The file, readable by its owner only, while nobody else has it: each lock object is somebody of its own."""
        if self.path is None:
            self._memory.seek(0)
            yield self._memory
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock"), mode=0o600):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
                yield file
