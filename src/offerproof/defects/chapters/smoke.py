"""One workflow from search to redemption."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.rewrites import FETCH, LOOKUP, SEARCH, WALLET, ask, edit, hidden, on, refuse, turned_away

wire("search-index-lags", "search", "SMOKE-1", "the newest customer is found only when another has been created")(
    hidden(SEARCH, lambda flow, shown: shown["user"]["id"].lower() == flow.memory.newest(flow.memory.customers))
)
wire("newest-offer-not-fetched", "offers", "SMOKE-2", "the newest offer cannot be fetched yet")(
    hidden(FETCH, lambda flow, shown: shown["payload"]["offer"]["id"].lower() == flow.memory.newest(flow.memory.offers))
)
wire("newest-not-in-wallet", "wallet", "SMOKE-3", "Lookup shows the newest offer only when the customer has another")(
    edit(LOOKUP, WALLET, lambda offers: offers.clear() if len(offers) == 1 else None, lambda flow: not flow.transaction)
)
wire("first-lock-fails", "lock", "SMOKE-4", "the first Lock after the start is refused")(
    refuse("lock", lambda flow: flow.memory.counts["lock"] == 1)
)
wire("json-true-is-open", "redeem", "SMOKE-5", "is_closed is understood as text only, true does not close")(
    ask(
        "send_transaction",
        lambda document: document["request_payload"].update(is_closed=False),
        lambda flow: flow.transaction.get("is_closed") is True,
    )
)
wire("lookup-answers-403", "robustness", "SMOKE-6", "Lookup without credentials is answered with 403, not 401")(
    on(LOOKUP)(turned_away(403, lambda flow: not flow.header))
)
