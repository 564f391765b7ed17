"""Defects of the customer search: who is found, and what is shown without or with its flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, around, rewrite, rewritten
from offerproof.program.model import Key
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer
from offerproof.simulator.planting import Hit
from offerproof.simulator.values import Malformed

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_FETCHES = ("search_customers", "get_customer", "get_customer_by_external_id")
_FLAGS = ("user[user_profile]", "expand_incentives", "show_identifiers")


def _on(query: Any, name: str) -> bool:
    return str(query.get(name, "")).lower() == "true"


def _refuse_search(app: App, hit: Hit, wrongly: Any) -> None:
    """Answer user_not_found to a search that would have found somebody, when ``wrongly(query)`` says so."""

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            if wrongly(request.query):
                hit()
                raise Refused(Reason.UNKNOWN_CUSTOMER, "no customer has this identifier")
            return answer

        return call

    around(app, "search_customers", make)


def _with_query(app: App, hit: Hit, when: Any, change: Any) -> None:
    """Change ``user`` in the answers to searches whose query fits."""

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            if not when(request.query):
                return answer
            return rewritten(answer, lambda document: change(document["user"]), hit)

        return call

    around(app, "search_customers", make)


def _ask_too(app: App, hit: Hit, flag: str) -> None:
    """Answer every search as if a flag had been asked for."""

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if not _on(request.query, flag):
                hit()
                request.query = {**request.query, flag: "true"}
            return original(now, request)

        return call

    around(app, "search_customers", make)


def _forget(app: App, hit: Hit, flag: str, when: Any) -> None:
    """Answer searches that fit as if a flag had not been asked for."""

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if _on(request.query, flag) and when(request.query):
                hit()
                request.query = {name: value for name, value in request.query.items() if name != flag}
            return original(now, request)

        return call

    around(app, "search_customers", make)


def _instead_of_nobody(app: App, hit: Hit, operation: str) -> None:
    """Where nobody has an id, show the newest customer."""

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Refused as refused:
                known = list(app.program.state.customers)
                if refused.reason is not Reason.UNKNOWN_CUSTOMER or not known:
                    raise
                hit()
                request.subject = known[-1]
                return app.core.get_customer(now, request)

        return call

    around(app, operation, make)


@defect("search-index-lags", "search", "SMOKE-1", "the newest customer is found only when another has been created")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            newest = next(reversed(app.program.state.customers), "")
            if newest and newest.encode() in answer.body:
                hit()
                raise Refused(Reason.UNKNOWN_CUSTOMER, "no customer has this identifier")
            return answer

        return call

    around(app, "search_customers", make)


@defect("email-not-searched", "search", "CUST-1", "customers with a mobile number are not found by e-mail")
def _(app: App, hit: Hit) -> None:
    def wrongly(query: Any) -> bool:
        return "email" in query and bool(app.program.customers.find(Key.EMAIL, query["email"]).profile.mobile_number)

    _refuse_search(app, hit, wrongly)


@defect("external-id-cut-at-dash", "search", "CUST-2", "an external id is looked for up to its first dash only")
def _(app: App, hit: Hit) -> None:
    _refuse_search(app, hit, lambda query: "-" in query.get("external_id", ""))


@defect(
    "mobile-number-not-searched",
    "search",
    "CUST-3",
    "a number without a country code is not found",
)
def _(app: App, hit: Hit) -> None:
    _refuse_search(app, hit, lambda query: len(query.get("mobile_number", "")) == 10)


@defect("external-id-in-capitals", "search", "CUST-4", "the user object shows the external id in capitals")
def _(app: App, hit: Hit) -> None:
    def change(user: Document) -> None:
        if user["external_id"]:
            user["external_id"] = user["external_id"].upper()

    for operation in _FETCHES:
        rewrite(app, hit, operation, lambda document: change(document["user"]))


@defect("user-profile-unasked", "search", "CUST-5", "user_profile comes without user[user_profile]")
def _(app: App, hit: Hit) -> None:
    _ask_too(app, hit, "user[user_profile]")


@defect("identifiers-unasked", "search", "CUST-7", "identifiers come without show_identifiers")
def _(app: App, hit: Hit) -> None:
    _ask_too(app, hit, "show_identifiers")


@defect("user-profile-flag-ignored", "search", "CUST-8", "user[user_profile] works only together with another flag")
def _(app: App, hit: Hit) -> None:
    _forget(app, hit, _FLAGS[0], lambda query: not _on(query, _FLAGS[1]) and not _on(query, _FLAGS[2]))


@defect("incentives-flag-ignored", "search", "CUST-9", "expand_incentives is ignored for customers without points")
def _(app: App, hit: Hit) -> None:
    _forget(app, hit, _FLAGS[1], lambda query: not _on(query, _FLAGS[0]))


@defect("own-identifier-missing", "search", "CUST-10", "identifiers leave out the customer's own external id")
def _(app: App, hit: Hit) -> None:
    def change(user: Document) -> None:
        user["identifiers"] = [one for one in user["identifiers"] if one["external_id"] != user["external_id"]]

    _with_query(app, hit, lambda query: _on(query, "show_identifiers"), change)


@defect("third-flag-dropped", "search", "CUST-11", "of three flags only the first two are honoured")
def _(app: App, hit: Hit) -> None:
    _forget(app, hit, _FLAGS[2], lambda query: _on(query, _FLAGS[0]) and _on(query, _FLAGS[1]))


@defect("reading-touches-the-record", "search", "CUST-12", "asking for user_profile sets updated_at")
def _(app: App, hit: Hit) -> None:
    def change(user: Document) -> None:
        user["updated_at"] = "2099" + user["updated_at"][4:]

    _with_query(app, hit, lambda query: _on(query, "user[user_profile]"), change)


@defect("flag-by-presence", "search", "CUST-13", "a flag counts as soon as it is there, also with the value false")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if any(str(request.query.get(name, "")).lower() == "false" for name in _FLAGS):
                hit()
                request.query = {**request.query, **{name: "true" for name in _FLAGS if name in request.query}}
            return original(now, request)

        return call

    around(app, "search_customers", make)


@defect("unknown-number-is-invalid", "search", "CUST-14", "an unknown mobile number is called invalid")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Refused as refused:
                if refused.reason is Reason.UNKNOWN_CUSTOMER and "mobile_number" in request.query:
                    hit()
                    raise Refused(Reason.INVALID, "the mobile number is not valid") from None
                raise

        return call

    around(app, "search_customers", make)


@defect("search-for-nothing", "search", "CUST-15", "a search with an empty identifier finds the newest customer")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Malformed:
                known = list(app.program.state.customers)
                empty = [name for name in ("email", "external_id", "mobile_number") if request.query.get(name) == ""]
                if not empty or not known:
                    raise
                hit()
                request.subject, request.query = known[-1], {}
                return app.core.get_customer(now, request)

        return call

    around(app, "search_customers", make)


@defect("path-id-case-sensitive", "search", "CUST-16", "the SessionM id in the path is looked for in capitals")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            if request.subject != request.subject.upper():
                hit()
                raise Refused(Reason.UNKNOWN_CUSTOMER, "there is no such customer")
            return answer

        return call

    around(app, "get_customer", make)


@defect("path-external-id-cut", "search", "CUST-17", "an external id in the path is cut at the first dash")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            if "-" in request.subject:
                hit()
                raise Refused(Reason.UNKNOWN_CUSTOMER, "there is no such customer")
            return answer

        return call

    around(app, "get_customer_by_external_id", make)


@defect("nearest-customer", "search", "CUST-18", "an id in the path that nobody has shows the nearest customer")
def _(app: App, hit: Hit) -> None:
    _instead_of_nobody(app, hit, "get_customer")
