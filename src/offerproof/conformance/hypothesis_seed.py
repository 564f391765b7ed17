"""A seed is a seed: Hypothesis draws the same whatever else is imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock


@contextmanager
def no_harvest() -> Iterator[None]:
    """Hypothesis mixes literals of the imported modules into its draws; then a seed would not be a seed."""
    from hypothesis.internal.conjecture import providers

    empty = getattr(providers, "Constants", None)
    cache = getattr(providers, "CONSTANTS_CACHE", None)
    if empty is None or not hasattr(providers, "_get_local_constants"):
        yield
        return
    if cache is not None and hasattr(cache, "clear"):
        cache.clear()
    with mock.patch.object(providers, "_get_local_constants", return_value=empty()):
        yield
