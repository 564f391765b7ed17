"""A body is what went over the wire, or it is said that it was not recorded; never is it guessed."""

from __future__ import annotations

import base64
import gzip

import pytest

from offerproof.recording import Fact
from offerproof.recording.bodies import absent_body, byte_list, from_parameters, text_body

JSON = '{"title":"Café"}'


def length(count: int, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (("Content-Length", str(count)), *more)


def test_text_base64_and_gzip_give_the_same_bytes():
    plain = JSON.encode()
    packed = base64.b64encode(plain).decode()
    zipped = base64.b64encode(gzip.compress(plain)).decode()
    for body in (text_body(JSON, ()), text_body(packed, (), "base64"), text_body(zipped, (), "base64")):
        assert (body.data, body.fact) == (plain, Fact.KNOWN)


def test_decoded_text_beside_a_header_that_still_says_gzip_is_taken_as_it_is():
    body = text_body(JSON, length(12, ("content-encoding", "gzip")))
    assert (body.data, body.fact) == (JSON.encode(), Fact.KNOWN)


def test_utf8_that_was_written_as_latin_1_is_mended_where_the_length_proves_it():
    mangled = JSON.encode().decode("latin-1")
    assert text_body(mangled, length(len(JSON.encode()))).data == JSON.encode()
    assert text_body(mangled, length(len(mangled.encode()))).data == mangled.encode()


@pytest.mark.parametrize(
    ("headers", "status", "method", "fact"),
    [
        (length(200), 200, "POST", Fact.NOT_RECORDED),
        ((("Transfer-Encoding", "chunked"),), 200, "POST", Fact.NOT_RECORDED),
        ((), 200, "POST", Fact.NOT_RECORDED),
        (length(0), 200, "POST", Fact.KNOWN),
        (length(200), 200, "HEAD", Fact.KNOWN),
        ((), 204, "POST", Fact.KNOWN),
    ],
)
def test_no_text_is_no_empty_body_unless_nothing_else_can_be(headers, status, method, fact):
    assert absent_body(headers, status, method).fact is fact


def test_a_body_that_was_cut_short_was_not_recorded():
    assert text_body('{"status":"ok","pay', length(300)).fact is Fact.NOT_RECORDED
    assert text_body("<h1>no JSON</h1>", length(16)).fact is Fact.KNOWN


def test_half_a_surrogate_and_replaced_characters_are_not_what_was_sent():
    for text in ('{"a":"\udce9"', 'caf\ufffd"'):
        body = text_body(text, ())
        assert body.fact is Fact.ALTERED
        assert not body.readable


def test_parameters_are_put_together_to_json_whose_spelling_is_unknown():
    body = from_parameters([{"name": "n", "value": '{"a": [1]}'}, {"name": "t", "value": "x"}])
    assert body.data == b'{"n":{"a":[1]},"t":"x"}'
    assert body.fact is Fact.ALTERED
    assert body.readable


def test_lists_of_bytes_are_bytes():
    assert byte_list({"type": "Buffer", "data": [123, 125]}) == b"{}"
    assert byte_list({"type": "Buffer", "data": [300]}) is None
