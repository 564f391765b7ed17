"""What program patches are made of: replacing a public method of a part of one ``App``, or a setting."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from offerproof.simulator.app import App
    from offerproof.simulator.planting import Hit

_ABSENT = object()


def replace(app: App, owner: object, name: str, make: Callable[[Any], Any]) -> None:
    """Replace the method ``name`` of one object by ``make(original)``."""
    before = vars(owner).get(name, _ABSENT)
    setattr(owner, name, make(getattr(owner, name)))

    def undo() -> None:
        if before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)

    app.planting.undo.append(undo)


def counted(app: App, hit: Hit, operation: str) -> None:
    """Count the calls of an operation that meet what is wrong."""

    def make(original: Any) -> Any:
        def call(now: int, request: Any) -> Any:
            hit()
            return original(now, request)

        return call

    app.calls[operation], before = make(app.calls[operation]), app.calls[operation]
    app.planting.undo.append(lambda: app.calls.__setitem__(operation, before))


def plays(operation: str, section: str, **changes: Any) -> Callable[[App, Hit], None]:
    """Let the program play by another reading than the one it declares; calls of the operation count as hits."""

    def patch(app: App, hit: Hit) -> None:
        declared = app.program.state.settings
        other = dataclasses.replace(getattr(declared, section), **changes)
        app.program.state.settings = dataclasses.replace(declared, **{section: other})
        app.planting.undo.append(lambda: setattr(app.program.state, "settings", declared))
        counted(app, hit, operation)

    return patch
