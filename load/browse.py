"""Customer search and Lookup only: nothing is written.

Run it with ``offerproof load --scenario browse``, or with Locust alone:
``locust -f load/browse.py --target profile.toml`` (``docs/load-runs.md`` says how to audit that).
"""

from offerproof.load import Browse, LoyaltyUser, Mix


class BrowseUser(LoyaltyUser):
    """One user of the scenario."""

    mix = Mix((Browse(), 1))
