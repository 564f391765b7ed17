"""A day in the store: mostly checkouts with offers, customers who only look, customers who only buy.

Run it with ``offerproof load --scenario day``, or with Locust alone:
``locust -f load/day.py --target profile.toml`` (``docs/load-runs.md`` says how to audit that).
"""

from offerproof.load import Browse, Checkout, Earn, LoyaltyUser, Mix


class DayUser(LoyaltyUser):
    """One user of the scenario; the weights are shares of visits."""

    mix = Mix((Checkout(), 50), (Browse(), 30), (Earn(), 20))
