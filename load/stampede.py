"""Everyone wants the last one: many users fight for one user offer, then for the next.

Run it with ``offerproof load --scenario stampede``, or with Locust alone:
``locust -f load/stampede.py --target profile.toml`` (``docs/load-runs.md`` says how to audit that).
"""

from offerproof.load import LoyaltyUser, Mix, Stampede


class StampedeUser(LoyaltyUser):
    """One user of the scenario."""

    mix = Mix((Stampede(), 1))
