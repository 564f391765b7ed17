"""Customer search: who is found, and what is shown without or with its flags."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote, unquote_plus

from offerproof.defects import wire
from offerproof.defects.asked import Document, done
from offerproof.defects.rewrites import (
    OTHER,
    SEARCH,
    USERS,
    When,
    alike,
    always,
    drop,
    edit,
    hidden,
    in_ascii,
    on,
    put,
    turn,
    without_zeros,
    zeros_apart,
)
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer

PROFILE, INCENTIVES, IDENTIFIERS = FLAGS = ("user[user_profile]", "expand_incentives", "show_identifiers")


def query(change: Callable[[dict[str, str]], dict[str, str]], when: When = always) -> Rewrite:
    """Let the server get another query string."""

    @on(SEARCH)
    def rewrite(flow: Flow) -> Answer:
        return flow.ask_query(change(dict(flow.query))) if when(flow) else flow.send()

    return rewrite


def unasked(flag: str) -> Rewrite:
    """Answer every search as if a flag had been asked for."""
    return query(lambda given: {**given, flag: "true"})


def forgotten(flag: str, when: When) -> Rewrite:
    """Answer searches that fit as if a flag had not been asked for."""
    return query(lambda given: {name: value for name, value in given.items() if name != flag}, when)


def nobody(answer: Answer) -> bool:
    """Whether it is the documented answer for an identifier that nobody has."""
    return not done(answer) and b'"user_not_found"' in answer.body


def by_part(member: str, fits: Callable[[str, str], bool]) -> Rewrite:
    """Where nobody has an identifier, find the customer created with one that it fits."""

    @on(SEARCH)
    def rewrite(flow: Flow) -> Answer:
        answer, given = flow.send(), flow.query.get(member, "").lower()
        if not given or not nobody(answer):
            return answer
        known = [str(one.get(member) or "").lower() for one in flow.memory.customers.values()]
        whole = next((one for one in reversed(known) if fits(one, given)), None)
        return answer if whole is None else flow.ask_query({**flow.query, member: whole})

    return rewrite


def by_look(member: str, fits: Callable[[str, str], bool]) -> Rewrite:
    """Where nobody has an identifier, find the customer whose own only looks like it."""

    @on(SEARCH)
    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        known = [one.get(member) for one in flow.memory.customers.values()]
        own = alike(known, flow.query.get(member), fits) if nobody(answer) else None
        return answer if own is None else flow.ask_query({**flow.query, member: own})

    return rewrite


def spelled_otherwise(member: str, change: Callable[[str], str]) -> Rewrite:
    """Search for another spelling of an identifier than the one given."""
    return query(lambda given: {**given, member: change(given[member])}, lambda flow: member in flow.query)


def path_by_look(fits: Callable[[str, str], bool]) -> Rewrite:
    """Where nobody has the external id in the path, show the customer whose own only looks like it."""

    @on("get_customer_by_external_id")
    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        ids = {str(one.get("external_id")): user_id for user_id, one in flow.memory.customers.items()}
        own = alike(ids, flow.subject, fits) if nobody(answer) else None
        return answer if own is None else flow.wrong(flow.customer(ids[own]))

    return rewrite


def without_tag(email: str) -> str:
    """Return an address without what stands between a plus sign and the at sign."""
    name, _, domain = email.partition("@")
    return f"{name.partition('+')[0]}@{domain}"


def plain(text: str) -> str:
    """Return the letters and digits of an identifier."""
    return "".join(filter(str.isalnum, text))


def equal_in_bytes(text: str, other: str) -> bool:
    """Whether two numbers are one, as a number of 64 bits holds them."""
    return text.isdigit() and other.isdigit() and len(text) == len(other) > 17 and float(text) == float(other)


def newest_in_any_case(flow: Flow) -> Answer:
    """Find the customer created last whose external id is the one given in any letter case."""
    given = flow.query.get("external_id", "")
    known = [str(one.get("external_id") or "") for one in flow.memory.customers.values()]
    own = next((one for one in reversed(known) if given and one.lower() == given.lower()), given)
    return flow.ask_query({**flow.query, "external_id": own}) if given else flow.send()


@on(SEARCH)
def kept_by_external_id(flow: Flow) -> Answer:
    """Answer a search by external id as the same one was answered first."""
    answer = flow.send()
    if "external_id" not in flow.query or not done(answer):
        return answer
    first = flow.memory.notes["found"].setdefault(tuple(sorted(flow.query.items())), answer)
    return answer if first.body == answer.body else flow.wrong(first)


def newest_shown(operation: str, when: Callable[[Flow, Answer], object]) -> Rewrite:
    """Show the customer created last instead of some refusals."""

    @on(operation)
    def rewrite(flow: Flow) -> Answer:
        answer, newest = flow.send(), flow.memory.newest(flow.memory.customers)
        return flow.wrong(flow.customer(newest)) if newest and when(flow, answer) else answer

    return rewrite


@on("get_customer")
def newest_nearly(flow: Flow) -> Answer:
    """Show the customer whose id is the one in the path but for its last letter."""
    answer, given = flow.send(), flow.subject.lower()
    near = next((one for one in flow.memory.customers if nobody(answer) and one[:-1] == given[:-1]), None)
    return answer if near is None else flow.wrong(flow.customer(near))


def own_missing(user: Document) -> None:
    """Leave the customer's own external id out of the identifiers."""
    if "identifiers" in user:
        user["identifiers"] = [one for one in user["identifiers"] if one["external_id"] != user["external_id"]]


def with_number(flow: Flow, shown: Document) -> bool:
    """Whether a customer that is shown was created with a phone number."""
    created = flow.memory.customers.get(shown["user"]["id"].lower(), {})
    return bool(created.get("mobile_number") or created.get("phone_numbers") or shown["user"].get("phone_numbers"))


def first_time(flow: Flow, shown: Document) -> bool:
    """Whether a customer is shown for the first time."""
    seen = flow.memory.notes["shown"]
    return bool(seen.setdefault(shown["user"]["id"], flow) is flow)


wire("email-not-searched", "search", "CUST-1", "customers with a mobile number are not found by e-mail")(
    hidden(SEARCH, lambda flow, shown: "email" in flow.query and with_number(flow, shown))
)
wire("found-under-another-id", "search", "CUST-1", "a search shows the customer under an id that is not theirs")(
    put(SEARCH, "user.id", OTHER)
)
wire("external-id-cut-at-dash", "search", "CUST-2", "an external id is looked for up to its first dash only")(
    hidden(SEARCH, lambda flow, shown: "-" in flow.query.get("external_id", ""))
)
wire("mobile-number-not-searched", "search", "CUST-3", "a number without a country code is not found")(
    hidden(SEARCH, lambda flow, shown: len(flow.query.get("mobile_number", "")) == 10)
)
wire("external-id-in-capitals", "search", "CUST-4", "the user object shows the external id in capitals")(
    turn(USERS, "user.external_id", lambda text: text and text.upper())
)
wire("email-of-somebody", "search", "CUST-4", "the user object shows an e-mail address that is not the customer's")(
    put(USERS, "user.email", "somebody@example.com")
)
wire("user-profile-unasked", "search", "CUST-5", "user_profile comes without user[user_profile]")(unasked(PROFILE))
wire("tier-details-unasked", "search", "CUST-6", "tier_details comes without expand_incentives")(unasked(INCENTIVES))
wire("identifiers-unasked", "search", "CUST-7", "identifiers come without show_identifiers")(unasked(IDENTIFIERS))
wire("user-profile-flag-ignored", "search", "CUST-8", "user[user_profile] works only together with another flag")(
    forgotten(PROFILE, lambda flow: not flow.flag(INCENTIVES) and not flow.flag(IDENTIFIERS))
)
wire("incentives-flag-ignored", "search", "CUST-9", "expand_incentives is ignored where no user_profile is asked for")(
    forgotten(INCENTIVES, lambda flow: not flow.flag(PROFILE))
)
wire("own-identifier-missing", "search", "CUST-10", "identifiers leave out the customer's own external id")(
    edit(SEARCH, "user", own_missing)
)
wire("third-flag-dropped", "search", "CUST-11", "of three flags only the first two are honoured")(
    forgotten(IDENTIFIERS, lambda flow: flow.flag(PROFILE) and flow.flag(INCENTIVES))
)
wire("reading-touches-the-record", "search", "CUST-12", "asking for user_profile sets updated_at")(
    turn(SEARCH, "user.updated_at", lambda text: "2099" + text[4:], lambda flow: flow.flag(PROFILE))
)
wire("flag-by-presence", "search", "CUST-13", "a flag counts as soon as it is there, also with the value false")(
    query(lambda given: given | {name: "true" for name in FLAGS if name in given})
)
wire("search-for-nothing", "search", "CUST-15", "a search with an empty identifier finds the newest customer")(
    newest_shown(
        SEARCH,
        lambda flow, answer: (
            not done(answer) and any(flow.query.get(name) == "" for name in ("email", "external_id", "mobile_number"))
        ),
    )
)
wire("path-id-case-sensitive", "search", "CUST-16", "the SessionM id in the path is looked for in capitals")(
    hidden("get_customer", lambda flow, shown: flow.subject != flow.subject.upper())
)
wire("path-external-id-cut", "search", "CUST-17", "an external id in the path is cut at the first dash")(
    hidden("get_customer_by_external_id", lambda flow, shown: "-" in flow.subject)
)
wire("nearest-customer", "search", "CUST-18", "an id in the path that nobody has shows the nearest customer")(
    newest_shown("get_customer", lambda flow, answer: nobody(answer))
)
wire("search-by-prefix", "search", "CUST-19", "a search by the first part of an e-mail address finds the customer")(
    by_part("email", str.startswith)
)
wire("created-without-id", "search", "CUST-20", "the answer to creating a customer leaves out the id")(
    drop("create_customer", "user.id")
)
wire("found-the-second-time", "search", "CUST-21", "a created customer is not found by the first search")(
    hidden(SEARCH, first_time)
)
wire("names-in-ascii", "search", "CUST-22", "letters beyond ASCII in a first name come back as question marks")(
    turn(USERS, "user.first_name", in_ascii)
)
wire("points-as-text", "schema", "CUST-23", "available_points is a text instead of a number")(
    turn(USERS, "user.available_points", str)
)
wire("created-points-as-text", "schema", "CUST-24", "the answer to creating a customer has available_points as a text")(
    turn("create_customer", "user.available_points", str)
)
wire("external-id-by-prefix", "search", "CUST-25", "a search by the first part of an external id finds the customer")(
    by_part("external_id", str.startswith)
)
wire("number-by-its-end", "search", "CUST-26", "a search by the last digits of a mobile number finds the customer")(
    by_part("mobile_number", str.endswith)
)
wire("number-by-nine-digits", "search", "CUST-26", "of a mobile number only the last nine digits are looked at")(
    by_part("mobile_number", lambda one, given: one[-9:] == given[-9:])
)
wire("plus-sign-is-a-blank", "search", "CUST-27", "a plus sign in an e-mail address that is searched for is lost")(
    spelled_otherwise("email", lambda text: text.replace("+", " "))
)
wire("email-in-small-letters", "search", "CUST-27", "an address is searched for in small letters, and kept as it came")(
    spelled_otherwise("email", lambda text: text.lower() if text == text.lower() else f"not-{text}")
)
wire("email-tag-ignored", "search", "CUST-27", "what follows a plus sign in an e-mail address is not looked at")(
    by_look("email", lambda one, given: without_tag(one) == without_tag(given))
)
wire("email-tag-made-up", "search", "CUST-27", "an address with a tag that nobody has finds the one without")(
    by_look("email", lambda one, given: "+" not in one and without_tag(given) == one)
)
wire("email-dots-ignored", "search", "CUST-27", "dots in an e-mail address are not looked at")(
    by_look("email", lambda one, given: one.replace(".", "") == given.replace(".", ""))
)
wire("external-id-zeros-lost", "search", "CUST-28", "an external id of digits is searched for without leading zeros")(
    spelled_otherwise("external_id", without_zeros)
)
wire("external-id-is-a-number", "search", "CUST-28", "an external id is found by the same number with fewer zeros")(
    by_look("external_id", zeros_apart)
)
wire("external-id-is-rounded", "search", "CUST-28", "of a long external id of digits the last ones are not looked at")(
    by_look("external_id", equal_in_bytes)
)
wire("external-id-signs-ignored", "search", "CUST-28", "signs in an external id are not looked at")(
    by_look("external_id", lambda one, given: plain(one) == plain(given))
)
wire("external-id-decoded-twice", "search", "CUST-28", "an external id in a query is decoded twice")(
    spelled_otherwise("external_id", unquote_plus)
)
wire("external-id-cut-at-50", "search", "CUST-28", "of an external id the first fifty letters are looked at")(
    by_look("external_id", lambda one, given: len(one) > 50 and one[:50] == given[:50])
)
wire("external-id-in-any-case", "search", "CUST-28", "of external ids that differ in letter case the newer is found")(
    on(SEARCH)(newest_in_any_case)
)
wire("path-external-id-is-a-number", "search", "CUST-29", "an external id in the path is found with fewer zeros")(
    path_by_look(zeros_apart)
)
wire("path-external-id-decoded-twice", "search", "CUST-29", "an external id in the path is decoded twice")(
    hidden("get_customer_by_external_id", lambda flow, shown: unquote(flow.subject) != flow.subject)
)
wire("customer-by-most-of-the-id", "search", "CUST-18", "of a SessionM id the last letter is not looked at")(
    newest_nearly
)


@wire("unknown-number-is-invalid", "search", "CUST-14", "an unknown mobile number is called invalid")
@on(SEARCH)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    unknown = "mobile_number" in flow.query and nobody(answer)
    return flow.refuse(400, "validation", "the mobile number is not valid") if unknown else answer


@wire("unknown-customer-is-success", "search", "CUST-14", "a search that finds nobody answers ok with user null")
@on(SEARCH)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    return flow.succeed() if nobody(answer) else answer


wire("path-shows-the-old-address", "search", "CUST-30", "a customer under an id in the path has an e-mail of before")(
    turn("get_customer get_customer_by_external_id", "user.email", lambda email: f"old.{email}" if email else email)
)
wire(
    "path-knows-no-points",
    "search",
    "CUST-30",
    "a customer under an external id in the path has the tier points of day one",
)(turn("get_customer_by_external_id", "user.tier_points", lambda points: (points or 0) + 10))
wire(
    "path-shows-another-name", "search", "CUST-31", "a customer under an id in the path has the first name as last name"
)(edit("get_customer", "user", lambda user: user.update(last_name=user.get("first_name"))))
wire("created-as-somebody", "search", "CUST-31", "the answer to creating a customer shows the external id cut short")(
    turn("create_customer", "user.external_id", lambda name: name[:8] if name else name)
)


@wire("core-code-of-its-own", "robustness", "CUST-32", "a refusal of Core for an id in the path has a code of its own")
@on("get_customer get_customer_by_external_id")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    return answer if done(answer) or answer.status == 401 else flow.refuse(404, "no_such_profile")


wire("zip-without-zeros", "search", "CUST-33", "a zip is kept as a number: its leading zeros are lost")(
    turn(USERS, "user.zip", without_zeros)
)
wire("city-and-state-swapped", "search", "CUST-33", "city and state of a customer are swapped")(
    edit(USERS, "user", lambda user: user.update(city=user.get("state"), state=user.get("city")))
)
wire("external-id-from-a-copy", "search", "CUST-34", "a search by external id goes on showing what it showed first")(
    kept_by_external_id
)
