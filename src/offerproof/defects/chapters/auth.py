"""Three services, three credential pairs."""

from __future__ import annotations

from collections.abc import Callable

from offerproof.defects import wire
from offerproof.defects.asked import Document, pair_of
from offerproof.defects.rewrites import SEARCH, When, always, on, turned_away
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer, Service


def admit(operations: str, when: When) -> Rewrite:
    """Let requests in that the server turns away."""

    @on(operations)
    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        return flow.admitted() if answer.status == 401 and flow.operation and when(flow) else answer

    return rewrite


def told(change: Callable[[Flow, Document], object], when: When = always) -> Rewrite:
    """Change what is told to those who are turned away."""

    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        if answer.status != 401 or not when(flow):
            return answer
        return flow.edit(answer, lambda document: change(flow, document))

    return rewrite


def stranger(flow: Flow) -> bool:
    """Whether there are no credentials."""
    return not flow.header


def basic(flow: Flow) -> bool:
    """Whether there is a pair, right or wrong."""
    return pair_of(flow.header) is not None


def known(flow: Flow) -> bool:
    """Whether some service knows the key."""
    given = pair_of(flow.header)
    return given is not None and given[0] in {pair[0] for pair in map(pair_of, flow.pairs()) if pair}


def cut_at_eight(flow: Flow) -> bool:
    """Whether the first eight characters of the secret are right."""
    given, right = pair_of(flow.header), pair_of(flow.right(flow.service))
    return bool(given and right and given[0] == right[0] and len(given[1]) >= 8 and given[1][:8] == right[1][:8])


def nearly(fits: Callable[[str, str], bool]) -> When:
    """Whether the key is right, and the secret fits the right one."""

    def when(flow: Flow) -> bool:
        given, right = pair_of(flow.header), pair_of(flow.right(flow.service))
        return bool(given and right and given != right and given[0] == right[0] and fits(given[1], right[1]))

    return when


def key_nearly(flow: Flow) -> bool:
    """Whether the secret is right, and the key but for its last letter."""
    given, right = pair_of(flow.header), pair_of(flow.right(flow.service))
    return bool(given and right and given != right and given[0][:-1] == right[0][:-1] and given[1] == right[1])


wire("transactions-need-no-key", "robustness", "AUTH-1", "send_transaction is open to whoever sends no credentials")(
    admit("send_transaction", stranger)
)
wire("unlock-needs-no-key", "robustness", "AUTH-1", "unlock and reinstate are open to whoever sends no credentials")(
    admit("unlock reinstate", stranger)
)
wire("lock-needs-permission", "robustness", "AUTH-1", "a Lock without credentials is answered with 403")(
    on("lock")(turned_away(403, stranger))
)
wire("issue-checks-no-secret", "robustness", "AUTH-2", "issue_offer looks at the key and not at the secret")(
    admit("issue_offer", basic)
)
wire("any-credentials", "robustness", "AUTH-2", "any Basic pair opens every service")(admit("*", basic))
wire("wrong-secret-is-400", "robustness", "AUTH-2", "create_offer answers a wrong secret with 400")(
    on("create_offer")(turned_away(400, known))
)
wire("secret-cut-at-eight", "robustness", "AUTH-2", "of a secret only the first eight characters count")(
    admit("*", cut_at_eight)
)
wire("secret-in-any-case", "robustness", "AUTH-2", "letter case does not count in a secret")(
    admit("*", nearly(lambda given, right: given.lower() == right.lower()))
)
wire("secret-but-for-its-end", "robustness", "AUTH-2", "the last letter of a secret does not count")(
    admit("*", nearly(lambda given, right: given[:-1] == right[:-1] and given != ""))
)
wire("secret-with-blanks", "robustness", "AUTH-2", "blanks around a secret do not count")(
    admit("*", nearly(lambda given, right: given.strip() == right))
)
wire("key-but-for-its-end", "robustness", "AUTH-3", "the last letter of a key does not count")(admit("*", key_nearly))
wire("odd-signs-in-a-token", "robustness", "AUTH-5", "signs that base64 lacks are passed over in a token")(
    admit("*", lambda flow: (bare := flow.header.rstrip(b"!")) != flow.header and bare == flow.right(flow.service))
)
wire("pair-as-bearer", "robustness", "AUTH-5", "the right pair is let in as a Bearer token, too")(
    admit("*", lambda flow: flow.header == flow.right(flow.service).replace(b"Basic", b"Bearer"))
)
wire("unknown-key-is-403", "robustness", "AUTH-3", "a key nobody has is answered with 403 instead of 401")(
    turned_away(403, lambda flow: basic(flow) and not known(flow))
)
wire("one-pair-opens-all", "robustness", "AUTH-4", "the pair of any service opens the other services too")(
    admit("*", lambda flow: flow.header in flow.pairs())
)
wire("bearer-opens-all", "robustness", "AUTH-5", "a Bearer token is let in without being looked at")(
    admit("*", lambda flow: flow.header.startswith(b"Bearer "))
)
wire("no-pair-is-400", "robustness", "AUTH-5", "an Authorization header that is no pair is called a bad request")(
    turned_away(400, lambda flow: flow.header and not basic(flow))
)
wire("any-api-key", "robustness", "AUTH-6", "the API key in the path of the core service is not looked at")(
    admit("*", lambda flow: flow.service is Service.CORE and flow.header == flow.right(Service.CORE))
)
wire("401-says-nothing", "robustness", "AUTH-7", "a refusal of credentials has an envelope with empty errors")(
    told(lambda flow, document: document.update(errors={}), lambda flow: flow.service is Service.OFFERS)
)
wire("401-is-a-page", "robustness", "AUTH-7", "a refusal of credentials is a page of HTML")(
    turned_away(401, always, b"<html>Unauthorized</html>")
)
wire("body-is-read-first", "robustness", "AUTH-9", "a malformed body is refused before the credentials are looked at")(
    turned_away(400, lambda flow: flow.problem)
)
wire(
    "shared-path-reads-first", "robustness", "AUTH-9", "on the shared path a malformed body is refused before strangers"
)(turned_away(400, lambda flow: flow.problem and b"get_user_offers" in flow.message.target.lower()))
wire("401-names-the-key", "robustness", "AUTH-10", "a refusal of credentials repeats the key that was sent")(
    told(lambda flow, document: document.update(received=flow.header[6:].decode("latin-1")), basic)
)


@wire("cache-before-the-door", "robustness", "AUTH-1", "a search answered once is answered again without credentials")
@on(SEARCH)
def _(flow: Flow) -> Answer:
    answer, cached = flow.send(), flow.memory.notes["answers"]
    if answer.status == 200:
        cached[flow.message.target] = answer
    kept: Answer | None = cached.get(flow.message.target)
    return flow.wrong(kept) if answer.status == 401 and kept is not None else answer


@wire("done-before-checked", "robustness", "AUTH-8", "a Lock with wrong credentials is done, then refused")
@on("lock")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if answer.status == 401 and flow.header:
        flow.admitted()
    return answer
