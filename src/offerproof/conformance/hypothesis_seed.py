"""A seed is a seed: Hypothesis draws the same whatever else is imported. Apart, as journeys and surface both draw."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest import mock

_DRAWING: Final = threading.Lock()
"""One draws at a time: who draws seeds the random numbers of the whole process, and Schemathesis in several threads at
once generates less, and says nothing."""


@contextmanager
def without_source_literals() -> Iterator[None]:
    """Hypothesis mixes literals of the imported modules into its draws; then a seed would not be a seed.

    Nor would it be with two who draw at once: the others wait.
    """
    from hypothesis.internal.conjecture import providers
    from hypothesis.internal.constants_ast import Constants

    with _DRAWING:
        cache = getattr(providers, "CONSTANTS_CACHE", None)
        if cache is None or not hasattr(providers, "_get_local_constants"):
            yield
            return
        # What was drawn before is kept with its literals, so there is another cache too.
        none, fresh = Constants(), type(cache)(cache.max_size)
        with mock.patch.multiple(providers, _get_local_constants=lambda: none, CONSTANTS_CACHE=fresh):
            yield
