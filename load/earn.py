"""Transactions without offers: every one earns points.

Run it with ``offerproof load --scenario earn``, or with Locust alone:
``locust -f load/earn.py --target profile.toml`` (``docs/load-runs.md`` says how to audit that).
"""

from offerproof.load import Earn, LoyaltyUser, Mix


class EarnUser(LoyaltyUser):
    """One user of the scenario."""

    mix = Mix((Earn(), 1))
