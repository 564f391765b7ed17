"""A whole answer has a deadline, and a run does not wait for a target that is gone."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from offerproof.client import HttpRequest, HttpResponse, RequestsTransport, TargetLost, TransportFailed, TurnedAway

PIECES = 500
"""So many fiftieths of a second a drip lasts at least; then it breaks off: who waits for it sees no time-out."""


def dripping(first: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(first)
        for _ in range(PIECES):
            connection.sendall(piece)
            time.sleep(0.02)

    return handle


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    ],
    ids=["status line", "header", "continue", "body", "chunks", "chunk size"],
)
def test_a_drip_of_bytes_does_not_outlast_the_time_of_the_answer(serve, first, piece):
    address = serve(dripping(first, piece))
    with pytest.raises(TransportFailed, match="timeout"):
        RequestsTransport(timeout_s=0.2).send(HttpRequest("GET", address, {}, b"", "core"))


def test_a_target_that_is_gone_is_not_asked_for_ever(make_bench):
    bench = make_bench("timeout")
    for _ in range(10):
        assert bench.api.fetch_offer("o").failure == "timeout"  # a read: it is sent twice
    with pytest.raises(TargetLost, match="has not answered the last 20 requests"):
        bench.api.fetch_offer("o")
    assert len(bench.transport.sent) == 20


def test_one_answer_among_them_is_a_sign_of_life(make_bench):
    bench = make_bench(*["closed"] * 19, HttpResponse(500, {}, b""), *["closed"] * 19, HttpResponse(200, {}, b"{}"))
    assert [bench.api.fetch_offer("o").status for _ in range(40)][-1] == 200


def test_what_is_no_call_may_be_answered_by_closing(make_bench):
    bench = make_bench("closed")
    for _ in range(30):
        assert bench.api.raw("core", "GET", "/x").failure == "closed"


def test_who_turns_us_away_three_times_to_the_last_is_left_alone(make_bench):
    bench = make_bench(HttpResponse(429, {"retry-after": "1"}, b"{}"))
    for _ in range(4):
        with pytest.raises(TurnedAway):
            bench.api.fetch_offer("o")
    assert len(bench.transport.sent) == 3 * 5


@pytest.mark.parametrize("text", ["²", "-5", "soon", "", "1e3", "Wed, 99 Foo 2026 00:00:00 GMT"])
def test_an_odd_retry_after_is_a_second(make_bench, text):
    bench = make_bench(HttpResponse(429, {"retry-after": text}, b"{}"), HttpResponse(200, {}, b"{}"))
    assert bench.api.fetch_offer("o").status == 200
    assert bench.slept == [1.0]
