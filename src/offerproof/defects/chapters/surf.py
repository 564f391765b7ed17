"""The surface: requests that nobody writes by hand."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.rewrites import HISTORY, LOOKUP, broken, edit, instead, misshapen, on, refuse
from offerproof.defects.wire import Flow
from offerproof.simulator.answers import Answer

SLOW = 30.0
"""Seconds: longer than any client waits."""
PAGE = b"<html><body>Bad Request</body></html>"
TRACE = "Traceback (most recent call last): at Handler.Execute() in RevokeOffer.java:42"


@on(HISTORY)
def slow(flow: Flow) -> Answer:
    """Keep the answers to one odd value back, however often it is asked with: whoever asks waits each time."""
    answer, asked = flow.send(), flow.document.get("rollback_option")
    if asked in (0, None) or flow.memory.notes["slow"].setdefault("value", asked) != asked:
        return answer
    return flow.wrong(flow.hold(answer, SLOW))


def in_small_letters(flow: Flow) -> bool:
    """Whether the path is spelled without capitals."""
    path = flow.message.target.partition(b"?")[0]
    return path == path.lower()


wire("empty-culture-breaks-it", "robustness", "SURF-1", "an empty culture in the container gets HTTP 500 from Lookup")(
    broken(LOOKUP, lambda flow: flow.problem is None and flow.document.get("culture") == "")
)
wire("rollback-option-required", "robustness", "SURF-4", "a history is refused that leaves rollback_option out")(
    refuse(HISTORY, lambda flow: "rollback_option" not in flow.document)
)
wire("odd-pages-are-slow", "robustness", "SURF-5", "a history with an odd rollback_option takes half a minute")(slow)
wire("small-letters-show-less", "wallet", "SURF-6", "Lookup under a path in small letters shows no accounts")(
    edit(LOOKUP, "payload.*", lambda customer: customer.pop("accounts"), in_small_letters)
)
wire("odd-revoke-echoes", "robustness", "SURF-9", "a revoke of the wrong shape repeats the credentials")(
    instead("revoke_offer", misshapen, lambda flow: flow.refuse(400, "invalid_request", flow.header.decode("latin-1")))
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
