"""Random journeys: a Hypothesis state machine whose rules are the commands of a journey."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from offerproof.conformance.hypothesis_seed import without_source_literals
from offerproof.conformance.journeys import values
from offerproof.conformance.journeys.commands import SLOTS, Command

_PLACE = st.integers(0, 5)
_SLOT = st.integers(0, SLOTS - 1)
_CUSTOMER = st.integers(0, 3)
_KINDS = st.sampled_from(
    (
        "manual_fulfillment",
        "fixed_amount_check_discount",
        "fixed_amount_item_discount",
        "percent_check_discount",
        "percent_item_discount",
    )
)
_RARELY = st.sampled_from((False,) * 7 + (True,))
_FLAGS = st.lists(st.sampled_from(("user_profile", "expand_incentives", "show_identifiers")), unique=True)


def _often(plain: Any, odd: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """Draw the plain value two times in three: depth is reached by steps that are accepted."""
    return st.sampled_from((plain,) * (2 * len(odd)) + odd)


@st.composite
def _new_offer(draw: st.DrawFn) -> dict[str, Any]:
    arguments: dict[str, Any] = {"kind": draw(_KINDS)}
    if draw(st.booleans()):
        arguments |= {"title": draw(st.sampled_from(values.TEXTS)), "description": draw(st.sampled_from(values.TEXTS))}
    if draw(st.booleans()):
        arguments |= draw(st.sampled_from(values.DATES)) | draw(st.sampled_from(values.VALIDITY))
    if draw(st.booleans()):
        arguments["custom_data"] = draw(st.sampled_from(values.CUSTOM_DATA))
    return arguments


@st.composite
def _lock(draw: st.DrawFn) -> dict[str, Any]:
    arguments: dict[str, Any] = {"held": draw(_PLACE), "slot": draw(_SLOT), "upper": draw(_RARELY)}
    arguments["basket"] = draw(_often(0, tuple(range(len(values.PRICES)))))
    arguments |= draw(_often({}, values.ODD_MEMBERS))
    return arguments


def _fixed(**arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(arguments)


_HELD = _fixed(held=_PLACE)
STEPS: Mapping[str, tuple[str, st.SearchStrategy[dict[str, Any]]]] = {
    "create_offer": ("create_offer", _new_offer()),
    "fetch": ("fetch", _fixed(offer=_PLACE, culture=st.sampled_from(values.CULTURES), upper=_RARELY)),
    "issue": ("issue", _fixed(customer=_CUSTOMER, offer=_PLACE, quantity=_often(1, (2, 0, -1)))),
    "welcome": ("create_customer", _fixed(first=st.sampled_from(values.NAMES), last=st.sampled_from(values.NAMES))),
    "lock": ("lock", _lock()),
    "lock_again": ("lock", _lock()),
    "redeem": ("redeem", _fixed(held=_PLACE, slot=_SLOT)),
    "send": (
        "send",
        _fixed(
            held=_PLACE,
            slot=_SLOT,
            closed=_often(True, (False,)),
            spelled=st.sampled_from(("json", "text")),
            discounts=_often("all", ("first", "none")),
        ),
    ),
    "resend": (
        "resend",
        _fixed(held=_PLACE, slot=_SLOT, how=st.sampled_from(("same", "newer", "older", "return"))),
    ),
    "unlock": ("unlock", _fixed(held=_PLACE, upper=_RARELY)),
    "reinstate": ("reinstate", _HELD),
    "revoke": ("revoke", _HELD),
    "repeat": ("repeat", st.just({})),
    "lookup": (
        "lookup",
        _fixed(
            customer=_CUSTOMER,
            by=st.sampled_from(("user_id", "email", "phone", "external_customer_id")),
            slot=st.sampled_from((None, 0)),
            basket=st.integers(0, len(values.PRICES) - 1),
        ),
    ),
    "search": (
        "search",
        _fixed(customer=_CUSTOMER, by=st.sampled_from(("email", "external_id", "mobile_number")), flags=_FLAGS),
    ),
    "list": ("list", _fixed(customer=_CUSTOMER)),
    "history": (
        "history",
        _fixed(
            customers=st.lists(_CUSTOMER, min_size=1, max_size=3),
            skip=_often(0, (1, 50)),
            take=st.sampled_from((1, 2, 3, 100)),
        ),
    ),
    "stranger": ("stranger", _fixed(operation=st.sampled_from(values.STRANGERS))),
    "invalid": ("invalid", _fixed(kind=st.sampled_from(tuple(values.INVALID)), held=_PLACE)),
}
"""Rule name → command and the strategy of its arguments."""

_LOOKED_AT = ("held", "customer")


class JourneyRunner(Protocol):
    """What plays random journeys, one after the other; it raises nothing, so that Hypothesis only generates."""

    def begin(self) -> None:
        """Begin the next journey."""

    def play(self, command: Command) -> None:
        """Play one command of it."""


def machine(runner: JourneyRunner) -> type[RuleBasedStateMachine]:
    """Return a state machine class whose every instance is a journey of the runner."""

    def begin(self: Any) -> None:
        RuleBasedStateMachine.__init__(self)
        runner.begin()

    members: dict[str, Any] = {"__init__": begin}
    for name, (command, strategy) in STEPS.items():
        members[name] = rule(arguments=strategy)(_step(runner, command))
    return type("JourneyMachine", (RuleBasedStateMachine,), members)


def _step(runner: JourneyRunner, name: str) -> Callable[[Any, dict[str, Any]], None]:
    def play(self: Any, arguments: dict[str, Any]) -> None:
        runner.play(Command(name, arguments))
        looked_at = next((arguments[one] for one in _LOOKED_AT if one in arguments), 0)
        runner.play(Command("look", {"customer": looked_at}))

    return play


def play_random(runner: JourneyRunner, number: int, journeys: int, steps: int) -> None:
    """Play journeys of ``steps`` steps, chosen by the seed ``number``. Shrinking is ours: by replays on fresh data."""
    chosen = seed(number)(machine(weakref.proxy(runner)))  # Hypothesis keeps every class, which must not keep the run
    with without_source_literals():
        run_state_machine_as_test(
            chosen,
            settings=settings(
                max_examples=journeys + 1,  # the first one is always the simplest
                stateful_step_count=steps,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
                print_blob=False,
                verbosity=Verbosity.quiet,
            ),
        )
