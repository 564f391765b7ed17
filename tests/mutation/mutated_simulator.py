"""``python -m tests.mutation.mutated_simulator MODULE INDEX [option…]``: a simulator with one fault in one module.

The fault is made while the module is imported; no file is written. A negative index makes none. ``--lines FILE`` before
the options of the simulator writes, at the end, which lines of the package were executed.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from tests.mutation.mutator import mutated

_MEMORY = 2 * 1024**3


class _FaultyLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, index: int) -> None:
        super().__init__(name, path)
        self._index = index

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source with the fault; what was compiled before is not asked."""
        path = self.get_filename(fullname)
        return compile(mutated(Path(path).read_text(encoding="utf-8"), self._index), path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, module: str, index: int) -> None:
        self._module, self._index = module, index

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the one module; leave all others to the usual finders."""
        if fullname != self._module:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert found is not None
        assert found.origin is not None
        return importlib.util.spec_from_file_location(
            fullname, found.origin, loader=_FaultyLoader(fullname, found.origin, self._index)
        )


class _Lines:
    """Remembers which lines of the judged packages were executed."""

    def __init__(self) -> None:
        self.seen: dict[str, set[int]] = {}

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(("offerproof.program", "offerproof.simulator")):
            return None
        lines = self.seen.setdefault(name, set())

        def each(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                lines.add(frame.f_lineno)
            return each

        return each

    def write(self, path: Path) -> None:
        path.write_text(json.dumps({name: sorted(lines) for name, lines in self.seen.items()}), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Start the simulator and serve until it is asked to stop."""
    module, index, *rest = arguments
    try:
        import resource
    except ImportError:  # not on this platform: a fault that eats memory is then not stopped early
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    sys.meta_path.insert(0, _Finder(module, int(index)))
    lines = _Lines()
    written = None
    if rest[:1] == ["--lines"]:
        written, rest = Path(rest[1]), rest[2:]
        sys.settrace(lines.trace)
    from offerproof.cli import main as command

    try:
        command(["simulate", *rest])
    finally:
        sys.settrace(None)
        if written is not None:
            lines.write(written)


if __name__ == "__main__":
    main(sys.argv[1:])
