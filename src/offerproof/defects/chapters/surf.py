"""The surface: requests that nobody writes by hand."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.rewrites import LOOKUP, broken, instead, misshapen
from offerproof.defects.wire import Flow
from offerproof.simulator.answers import Answer

PAGE = b"<html><body>Bad Request</body></html>"
TRACE = "Traceback (most recent call last): at Handler.Execute() in RevokeOffer.java:42"

wire("empty-culture-breaks-it", "robustness", "SURF-1", "an empty culture in the container gets HTTP 500 from Lookup")(
    broken(LOOKUP, lambda flow: flow.problem is None and flow.document.get("culture") == "")
)
wire("error-page", "robustness", "SURF-2", "an issue or revoke of the wrong shape gets a page of HTML")(
    instead("issue_offer revoke_offer", misshapen, lambda flow: flow.wrong(Answer(400, PAGE)))
)
wire("odd-unlock-succeeds", "robustness", "SURF-3", "an unlock or reinstate of the wrong shape is a success")(
    instead("unlock reinstate", misshapen, Flow.succeed)
)
wire("odd-revoke-shows-trace", "robustness", "SURF-8", "a revoke of the wrong shape shows where the program broke")(
    instead("revoke_offer", misshapen, lambda flow: flow.refuse(400, "invalid_request", TRACE))
)
