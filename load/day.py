"""A day in the store: mostly checkouts with offers, people who only look, people who only buy.

Run it with ``offerproof load --scenario day``, or with Locust alone:
``locust -f load/day.py --target profile.toml`` (``docs/load-runs.md`` says how to audit that).
"""

from offerproof.loadtest.till import Till
from offerproof.loadtest.workflows import Browse, Checkout, Earn, Mix


class DayTill(Till):
    """One till of the scenario; the weights are shares of visits."""

    mix = Mix((Checkout(), 50), (Browse(), 30), (Earn(), 20))
