"""Secrets that are nearly right go out as asked for, and neither they nor most of a secret are ever shown."""

from __future__ import annotations

import base64
import json

import pytest

from offerproof.client import HttpResponse

SECRET = "core-test-secret"


@pytest.mark.parametrize(
    ("credentials", "sent"),
    [("cut", SECRET[:-1]), ("longer", f"{SECRET}x"), ("empty", ""), ("wrong", "not-the-secret")],
)
def test_a_secret_goes_out_as_asked_for(make_bench, credentials, sent):
    bench = make_bench(HttpResponse(401, {}, b"{}"))
    bench.api.send("search_customers", {"email": "a@example.com"}, credentials=credentials)
    scheme, _, token = bench.transport.sent[0].headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(token).decode().partition(":")[2] == sent


@pytest.mark.parametrize("credentials", ["cut", "longer"])
def test_who_echoes_a_nearly_right_secret_does_not_get_it_into_a_record(make_bench, credentials):
    told = {"cut": SECRET[:-1], "longer": f"{SECRET}x"}[credentials]
    body = json.dumps({"status": "error", "errors": {"code": "x", "message": f"not {told}!"}}).encode()
    bench = make_bench(HttpResponse(401, {"x-echo": told}, body))
    exchange = bench.api.send("search_customers", {"email": "a@example.com"}, credentials=credentials)
    assert SECRET[:-1] not in json.dumps(exchange.record())
