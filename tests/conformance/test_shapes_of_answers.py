"""Answers against the schemas of their calls: what fits, what does not, and that a message never quotes a value."""

from __future__ import annotations

import json
from decimal import Decimal

import jsonschema_rs
import pytest

from offerproof import content
from offerproof.client import Api, HttpRequest, HttpResponse, Minter, Wire
from offerproof.contract import BESIDE_SHAPES, IDENTIFIER, OFFSET, OPERATIONS
from offerproof.exchange import NOT_JSON
from offerproof.judgement import shapes

DISCOUNT = {
    "reference_id": "757144c2-6693-4a29-9f2c-f1d3aa2fa24f",
    "user_id": "7a5d1ba6-b1e3-11e8-842b-88002c64166c",
    "reference_id_type": "userofferid",
    "pos_discount_id": None,
    "status": "LOCKED",
    "display_name": "$20 coupon",
    "image_url": None,
    "discounted_line_ids": ["0", "1"],
    "discount_source": "sessionm",
    "amount": 12,
    "stack_order": 0,
    "applied_time": "2018-09-07T16:29:11.299505Z",
}


def lock(**changes: object) -> dict[str, object]:
    return {"status": "OK", "payload": {**DISCOUNT, **changes}, "errors": None}


def test_every_operation_has_a_schema():
    assert shapes.operations() == set(OPERATIONS)


def test_every_other_form_is_a_word_that_clauses_may_name():
    assert shapes.OTHER_FORMS.keys() <= BESIDE_SHAPES.keys()


def test_the_documented_answer_fits():
    assert shapes.check("lock", lock()) == []


@pytest.mark.parametrize("amount", [12, Decimal("12.00"), Decimal("0.1"), Decimal("1E+2")])
def test_numbers_fit_in_any_spelling(amount):
    assert shapes.check("lock", lock(amount=amount, stack_order=Decimal("0.0"))) == []


def test_a_wrong_type_is_told_with_its_place_and_without_its_value():
    (problem,) = shapes.check("lock", lock(amount="planted-value"))
    assert (problem.pointer, problem.keyword) == ("/payload/amount", "type")
    assert problem.place == ("payload", "amount")
    assert "planted-value" not in repr(problem)


@pytest.mark.parametrize(
    "time", ["2018-09-07T18:29:11+02:00", "2018-09-07T16:29:11.2+00:00", "2018-09-07T12:29:11-0400"]
)
def test_an_instant_with_an_offset_has_the_right_shape_and_is_told_apart(time):
    assert shapes.check("lock", lock(applied_time=time)) == []
    assert [one.pointer for one in shapes.look("lock", lock(applied_time=time)).others[OFFSET]] == [
        "/payload/applied_time"
    ]
    assert shapes.look("lock", lock()).others == {}
    both = lock(applied_time=time, amount="x")
    assert [one.pointer for one in shapes.check("lock", both)] == ["/payload/amount"]
    assert [one.pointer for one in shapes.look("lock", both).others[OFFSET]] == ["/payload/applied_time"]


@pytest.mark.parametrize("time", ["2018-09-07T18:29:11", "2018-09-07 18:29:11+02:00", "2018-09-07T18:29:11+2", "soon"])
def test_what_is_no_instant_with_an_offset_stays_wrong(time):
    assert [one.pointer for one in shapes.check("lock", lock(applied_time=time))] == ["/payload/applied_time"]
    assert shapes.look("lock", lock(applied_time=time)).others == {}


@pytest.mark.parametrize("name", ["7", "member 7", "not-a-guid", "757144c2669343299f2cf1d3aa2fa24f"])
def test_an_id_that_is_no_guid_has_the_right_shape_and_is_told_apart(name):
    shape = shapes.look("lock", lock(reference_id=name))
    assert (shape.problems, [one.pointer for one in shape.others[IDENTIFIER]]) == ([], ["/payload/reference_id"])
    both = shapes.look("lock", lock(reference_id=name, amount="x", applied_time="2018-09-07T18:29:11+02:00"))
    assert [one.pointer for one in both.problems] == ["/payload/amount"]
    assert [one.pointer for one in both.others[IDENTIFIER]] == ["/payload/reference_id"]
    assert [one.pointer for one in both.others[OFFSET]] == ["/payload/applied_time"]


@pytest.mark.parametrize("name", ["", None, 7, ["757144c2-6693-4a29-9f2c-f1d3aa2fa24f"]])
def test_what_is_no_text_that_says_something_is_no_id(name):
    shape = shapes.look("lock", lock(reference_id=name))
    assert ([one.pointer for one in shape.problems], shape.others) == (["/payload/reference_id"], {})


def test_a_missing_member_is_named():
    answer = lock()
    del answer["payload"]["status"]  # type: ignore[attr-defined]
    assert [problem.message for problem in shapes.check("lock", answer)] == ["required: status"]


def test_places_in_lists_are_one_place():
    problems = shapes.check("lock", lock(discounted_line_ids=[1.5, {}, []]))
    assert {problem.pointer for problem in problems} == {"/payload/discounted_line_ids/*"}


def test_an_answer_is_judged_as_what_it_claims_to_be():
    refused = {"status": "error", "payload": None, "errors": {"code": "x", "message": "m"}}
    assert shapes.check("lock", refused, 400) == []
    assert shapes.check("lock", refused, 200) == []
    assert shapes.check("lock", lock(), 400) != []
    assert shapes.check("lock", NOT_JSON) == [shapes.Problem("", "json", "the body is not JSON", ())]


def test_problems_are_bounded():
    many: dict[str, object] = {"status": "success", "payload": [{} for _ in range(200)], "errors": None}
    assert 0 < len(shapes.check("lookup", many)) <= shapes.PROBLEMS_MAX


class Recording:
    """A transport that keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        return HttpResponse(200, {}, b"{}")


@pytest.mark.parametrize("operation", sorted(name for name in OPERATIONS if OPERATIONS[name].method == "POST"))
def test_what_our_own_client_sends_fits_the_schema_of_the_request(make_profile, operation):
    transport = Recording()
    declared = {one.capability: True for one in OPERATIONS.values() if one.capability}
    api = Api(Wire(make_profile(capabilities=declared), transport, minter=Minter(1, "unit")))
    api.send(operation, api.example(operation))
    folder = content.folder("schemas")
    documents = [
        json.loads(file.read_text()) for file in [*folder.glob("*.json"), *(folder / "operations").glob("*.json")]
    ]
    registry = jsonschema_rs.Registry([(one["$id"], one) for one in documents if "$id" in one])
    reference = f"https://offerproof.example/schemas/operations/{operation}.schema.json#/$defs/request"
    validator = jsonschema_rs.Draft202012Validator({"$ref": reference}, registry=registry)
    errors = [error.message for error in validator.iter_errors(json.loads(transport.sent[0].body))]
    assert errors == []
