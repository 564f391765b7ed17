"""Customers with offers: Lookup, Lock with a basket, send_transaction, which redeems; some change their mind.

Run it with ``offerproof load --scenario checkout``, or with Locust alone:
``locust -f load/checkout.py --target profile.toml`` (``docs/load-runs.md`` says how to audit that).
"""

from offerproof.load import Checkout, LoyaltyUser, Mix


class CheckoutUser(LoyaltyUser):
    """One user of the scenario."""

    mix = Mix((Checkout(), 1))
