"""Transactions without offers: every one earns points.

Run it with ``offerproof load --scenario earn``, or with Locust alone:
``locust -f load/earn.py --target profile.toml`` (``docs/load-runs.md`` says how to audit that).
"""

from offerproof.loadtest.till import Till
from offerproof.loadtest.workflows import Earn, Mix


class EarnTill(Till):
    """One till of the scenario."""

    mix = Mix((Earn(), 1))
