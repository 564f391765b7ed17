"""A seed is a seed: Hypothesis draws the same whatever else is imported. Apart, as journeys and surface both draw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock


@contextmanager
def no_harvest() -> Iterator[None]:
    """Hypothesis mixes literals of the imported modules into its draws; then a seed would not be a seed."""
    from hypothesis.internal.conjecture import providers
    from hypothesis.internal.constants_ast import Constants

    cache = getattr(providers, "CONSTANTS_CACHE", None)
    if cache is None or not hasattr(providers, "_get_local_constants"):
        yield
        return
    # What was drawn before is kept with its literals, so there is another cache too.
    none, fresh = Constants(), type(cache)(cache.max_size)
    with mock.patch.multiple(providers, _get_local_constants=lambda: none, CONSTANTS_CACHE=fresh):
        yield
