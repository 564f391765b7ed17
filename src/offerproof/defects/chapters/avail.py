"""Availability: calls that never have an answer while others have."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer

PAGE = b"<html><body>502 Bad Gateway</body></html>"


def lost(operation: str) -> Rewrite:
    """Answer a call with a gateway's page, whoever asks and whatever for: its server gave it nothing to pass on."""

    def rewrite(flow: Flow) -> Answer:
        return flow.wrong(Answer(502, PAGE)) if flow.operation == operation else flow.send()

    return rewrite


wire("creating-customers-is-never-answered", "robustness", "AVAIL-2", "No request to create a customer is answered")(
    lost("create_customer")
)
wire("lookups-are-never-answered", "robustness", "AVAIL-2", "No Lookup is answered")(lost("lookup"))
