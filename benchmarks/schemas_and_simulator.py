"""Requests that our schemas call right and our simulator refuses.

    python -m benchmarks.schemas_and_simulator [--examples 300] [--seed 1]

Schemathesis generates requests from ``schemas/openapi.json``, our schemas judge each, and the simulator answers those
they call right. What it refuses is counted by the word of its refusal. Words of states (nobody of that id, not this
offer's turn) a schema cannot know; ``_UNKNOWABLE`` says which refusals of form it cannot know either, and why. Exit
code 1 when something else is refused.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from offerproof import content
from offerproof.client.bodies import encode
from offerproof.exchange import NOT_JSON, parse_json
from offerproof.judgement import shapes
from offerproof.simulator import program_file
from offerproof.simulator.answers import Service
from offerproof.simulator.app import App

_OF_FORM = ("invalid_request", "argument_error", "validation")
_STATE = "another customer has"
_UNKNOWABLE = {
    r"expected a number of sensible size": "a number finer than 10^-20, or whose digits a power of ten hides",
    r"expected an instant|must be a date, YYYY-MM-DD$": "a day that no calendar has, as 31 February",
}
"""By the message of a refusal of form: what of it no schema of ours can say."""


class Talk:
    """A simulator in this process, asked what Schemathesis generates."""

    def __init__(self) -> None:
        self.app = App(program_file.read(None), seed=0)
        self.refused: Counter[tuple[str, str, str]] = Counter()
        self.sent: Counter[str] = Counter()
        self.valid: Counter[str] = Counter()

    def ask(self, case: Any) -> None:
        """Send one, where our schemas call it right."""
        operation = case.operation.definition.raw["operationId"]
        self.sent[operation] += 1
        query = {name: str(value) for name, value in (case.query or {}).items()}
        path = case.path
        names = {**(case.path_parameters or {}), "api_key": self.app.auth.keys.api_key}
        for name, value in names.items():
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        has_body = case.method.upper() != "GET"
        body = encode(case.body) if has_body else b""
        request = parse_json(body) if has_body else query | {k: v for k, v in names.items() if k != "api_key"}
        if request is NOT_JSON or not shapes.keeps_request(operation, request):
            return
        self.valid[operation] += 1
        service = Service(case.operation.definition.raw["tags"][0])
        headers = {
            b"authorization": self.app.auth.keys.pair(service).header(),
            b"content-type": b"application/json",
        }
        target = f"{path}?{urlencode(query)}" if query else path
        answer = self.app.handle(case.method.upper().encode(), target.encode(), headers, body)
        told = json.loads(answer.body)
        if shapes.claims_success(told, answer.status):
            return
        errors = told["errors"][0] if isinstance(told["errors"], list) else told["errors"]
        code, message = errors["code"], re.sub(r"^\S+: ", "", errors["message"])
        of_form = code in _OF_FORM and not message.startswith(_STATE)
        self.refused[operation, code if of_form or code not in _OF_FORM else _STATE, message if of_form else ""] += 1


def main() -> int:
    """Generate, ask, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given_options = parser.parse_args()
    talk = Talk()
    described = schemathesis.openapi.from_path(content.folder("schemas") / "openapi.json")
    for found in described.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # our own description: every one can be read
        strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)

        @seed(given_options.seed)
        @settings(
            max_examples=given_options.examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def ask(case: Any) -> None:
            talk.ask(case)

        ask()
    return _print(talk)


def _print(talk: Talk) -> int:
    columns = ("call", "generated", "right by our schemas", "refused for a state", "refused for its form")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    wrong = 0
    reasons: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for operation, count in talk.sent.items():
        mine = {key: number for key, number in talk.refused.items() if key[0] == operation}
        of_form = {key: number for key, number in mine.items() if key[1] in _OF_FORM}
        for (_, code, message), number in mine.items():
            if code not in _OF_FORM:
                states[code] += number
                continue
            why = next((why for pattern, why in _UNKNOWABLE.items() if re.search(pattern, message)), None)
            reasons[why or f"NOT KNOWN WHY: {operation}: {message}"] += number
            wrong += why is None
        formal = sum(of_form.values())
        print(f"| {operation} | {count} | {talk.valid[operation]} | {sum(mine.values()) - formal} | {formal} |")
    print("\nstates: " + ", ".join(f"{code} ({number})" for code, number in states.most_common()))
    for why, number in reasons.most_common():
        print(f"form: {why} ({number})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
