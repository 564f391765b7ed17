"""The schemas, compiled: what is wrong with the shape of an answer.

Every answer of a run passes here, so the fast validator (jsonschema-rs) decides, and the readable one (jsonschema) is
only asked about an answer that failed. Messages name places and rules, never values: an answer holds personal data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

import jsonschema_rs
import msgspec

from offerproof import content
from offerproof.contract import IDENTIFIER, OFFSET, is_success_word
from offerproof.exchange import NOT_JSON, Exchange

PROBLEMS_MAX: Final = 10
"""Most problems told of one answer."""
ERRORS_MAX: Final = 1_000
"""Most errors that are looked at for them: a long answer that is wrong throughout says so at its beginning."""
_BASE: Final = "https://offerproof.example/schemas/"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: where (a JSON pointer, list positions as ``*``), which keyword, a sentence without values."""

    pointer: str
    keyword: str
    message: str
    place: tuple[str | int, ...]
    """The exact path."""


@dataclass(frozen=True, slots=True)
class OtherForm:
    """A form that the documents print and do not ask for: another one is read all the same, and told apart."""

    what: str
    """What is said of a place where it is otherwise, with {operation} and {pointer}."""
    expected: str
    none: str
    """What is said when there was no such place, with {count} answers."""


OTHER_FORMS: Final[Mapping[str, OtherForm]] = MappingProxyType(
    {
        OFFSET: OtherForm(
            "an instant of {operation}'s answer is written with an offset, at {pointer}",
            "written in UTC, ended by Z",
            "none of {count} answers writes an instant with an offset",
        ),
        IDENTIFIER: OtherForm(
            "an id of {operation}'s answer is no GUID, at {pointer}",
            "a GUID of 36 characters, as the samples print it",
            "all ids of {count} answers are GUIDs",
        ),
    }
)
"""By the word in a clause's ``shapes`` that judges it."""
_AS_IS: Final = frozenset[str]()
_ANY_ID: Final = frozenset({IDENTIFIER})
_ANY_FORM: Final = frozenset(OTHER_FORMS)


@dataclass(frozen=True, slots=True)
class Shape:
    """What is to be said of the shape of one answer."""

    problems: list[Problem]
    """Where it breaks its schema."""
    others: Mapping[str, list[Problem]]
    """By word of ``OTHER_FORMS``: where it keeps its schema in another form than the one printed."""


_AS_PRINTED: Final = Shape([], MappingProxyType({}))


def claims_success(answer: Any, status: int | None = 200) -> bool:
    """Whether an answer claims success: a 2xx status and a success word, in any case."""
    if status is None or not 200 <= status < 300 or not isinstance(answer, Mapping):
        return False
    return is_success_word(answer.get("status"))


def look(operation: str, answer: Any, status: int | None = 200) -> Shape:
    """Judge an answer against the schema of its operation: success or error, as the answer itself claims.

    Args:
        operation: an operation id; ``answer``: the parsed body (Decimals welcome) or ``NOT_JSON``.
        status: the HTTP status; an answer outside 2xx is judged as an error.
    """
    if answer is NOT_JSON:
        return Shape([Problem("", "json", "the body is not JSON", ())], {})
    part = "answer_success" if claims_success(answer, status) else "answer_error"
    if validator(operation, part).is_valid(answer):
        return _AS_PRINTED
    plain = _plain(answer)  # 2.0 is an integer to JSON Schema, but not to a validator that is given Decimal("2.0")
    if validator(operation, part).is_valid(plain):
        return _AS_PRINTED
    written = _in_utc(plain)
    wrong = [] if validator(operation, part, forms=_ANY_ID).is_valid(written) else _explain(operation, part, written)
    told = {one.place for one in wrong}
    otherwise = {OFFSET: _explain(operation, part, plain)} if written != plain else {}
    if not validator(operation, part).is_valid(written):
        otherwise[IDENTIFIER] = _explain(operation, part, written, forms=_AS_IS)
    others = {form: [one for one in found if one.place not in told] for form, found in otherwise.items()}
    return Shape(wrong, {form: found for form, found in others.items() if found})


def check(operation: str, answer: Any, status: int | None = 200) -> list[Problem]:
    """Where an answer breaks the schema of its operation (see :func:`look`)."""
    return look(operation, answer, status).problems


def look_at(exchange: Exchange) -> Shape:
    """Judge the answer of an exchange; one without an answer, or of no documented call, has no shape to judge."""
    if exchange.failure or not exchange.documented:
        return _AS_PRINTED
    return look(exchange.operation, exchange.answer, exchange.status)


def keeps_request(operation: str, request: Any, *, any_form: bool = False) -> bool:
    """Whether a request keeps the schema of its operation (of a GET: the object of its query and path values).

    ``any_form`` is for requests with what a target gave: ids that are no GUIDs, instants (see :func:`validator`).
    """
    schema = validator(operation, "request", forms=_ANY_FORM if any_form else _AS_IS)
    return bool(schema.is_valid(request) or schema.is_valid(_plain(request)))


@cache
def accepts(operation: str, part: str) -> Callable[[Any], bool]:
    """What tells, fast, whether an answer keeps its schema, as printed or in a form that is read all the same."""
    keeps = validator(operation, part, forms=_ANY_FORM).is_valid
    return lambda answer: keeps(answer) or keeps(_plain(answer))


@cache
def operations() -> frozenset[str]:
    """The operations that have a schema."""
    return frozenset(path.name.partition(".")[0] for path in (content.folder("schemas") / "operations").glob("*.json"))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        whole = value.is_finite() and abs(value.adjusted()) < 400 and value == value.to_integral_value()
        return int(value) if whole else float(value)
    return value


_ZONE: Final = "[+-][0-9]{2}:?[0-9]{2}"
_OFFSET: Final = re.compile(
    "([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,7})?)" + _ZONE,
)


def _in_utc(value: Any) -> Any:
    """An answer with each instant that has an offset as if it ended in Z: for its form, not for its value."""
    if isinstance(value, Mapping):
        return {name: _in_utc(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_in_utc(inner) for inner in value]
    found = _OFFSET.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}Z" if found else value


def _explain(operation: str, part: str, answer: Any, *, forms: frozenset[str] = _ANY_ID) -> list[Problem]:
    from jsonschema.exceptions import best_match  # 100 ms of import, for answers that failed

    problems: dict[tuple[str, str, str], Problem] = {}
    for error in islice(_readable(operation, part, forms).iter_errors(answer), ERRORS_MAX):
        deepest = best_match([error]) or error
        place = tuple(deepest.absolute_path)
        pointer = "".join(f"/{'*' if isinstance(step, int) else step}" for step in place)
        problem = Problem(pointer, str(deepest.validator), _sentence(deepest), place)
        problems.setdefault((pointer, problem.keyword, problem.message), problem)
        if len(problems) == PROBLEMS_MAX:
            break
    return list(problems.values())


def _sentence(error: Any) -> str:
    keyword, rule, found = error.validator, error.validator_value, error.instance
    match keyword:
        case "required":
            missing = [name for name in rule if isinstance(found, Mapping) and name not in found]
            return f"required: {', '.join(missing)}"
        case "type":
            wanted = rule if isinstance(rule, str) else " or ".join(rule)
            return f"must be {wanted}, is {_type_name(found)}"
        case "additionalProperties" | "unevaluatedProperties":
            return "holds a member that has no place here"
    text = msgspec.json.encode(rule).decode() if not isinstance(rule, str) else rule
    return f"breaks {keyword}: {text[:200]}"


def _type_name(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(value), "null")


@cache
def _documents(forms: frozenset[str]) -> tuple[tuple[str, Any], ...]:
    folder = content.folder("schemas")
    files = [*folder.glob("*.json"), *(folder / "operations").glob("*.json")]
    loaded = [(path, msgspec.json.decode(path.read_bytes())) for path in sorted(files)]
    (scalars,) = (document["$defs"] for path, document in loaded if path.name == "scalars.json")
    if IDENTIFIER in forms:
        scalars["guid"] = {"type": "string", "minLength": 1}
    if OFFSET in forms:
        instant = scalars["utc_instant"]
        instant["pattern"] = instant["pattern"].replace("Z(?!", f"(?:Z|{_ZONE})(?!")
    return tuple(
        (document.get("$id", _BASE + path.relative_to(folder).as_posix()), document)
        for path, document in loaded
        if isinstance(document, dict)
    )


@cache
def validator(operation: str, part: str, *, forms: frozenset[str] = _AS_IS) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema of one part of an operation: ``request``, ``answer_success`` or ``answer_error``.

    ``forms`` are words of ``OTHER_FORMS`` that are taken too: an id that is any text, an instant with an offset.
    """
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"{_BASE}operations/{operation}.schema.json#/$defs/{part}"},
        registry=jsonschema_rs.Registry(list(_documents(forms)), draft=jsonschema_rs.Draft202012),
    )


@cache
def _readable(operation: str, part: str, forms: frozenset[str]) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    resources = [(uri, DRAFT202012.create_resource(document)) for uri, document in _documents(forms)]
    registry: Any = Registry().with_resources(resources)
    return Draft202012Validator({"$ref": f"{_BASE}operations/{operation}.schema.json#/$defs/{part}"}, registry=registry)
