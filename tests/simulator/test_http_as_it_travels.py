"""The transport: split reads, chunks, pipelining, limits, slow and rude clients."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from offerproof.simulator.answers import Answer
from offerproof.simulator.request_reader import ANSWERING, BODY, HEAD

CORE = "/priv/v1/apps/test-api-key"
SEARCH = f"{CORE}/users/search?email=nobody"
USER = b'{"user":{"email":"a@example.com"}}'


def test_a_request_may_come_byte_by_byte(listening, request_bytes):
    wire = listening().wire()
    for byte in request_bytes(f"{CORE}/users", {"user": {"email": "a@example.com"}}):
        wire.send(bytes([byte]))
    status, headers, body = wire.answer()
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["user"]["email"] == "a@example.com"


def test_a_chunked_body_is_put_together(listening, request_bytes):
    wire = listening().wire()
    parts = (b'{"use', b"r", b'":{"email":"a@example.com"}', b"}", b"")
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    wire.send(request_bytes(f"{CORE}/users", extra="Transfer-Encoding: chunked\r\n", body=chunks))
    assert wire.answer()[0] == 200


@pytest.mark.parametrize(
    ("missing", "status"),
    [("Authorization", 401), ("Content-Type", 415), ("Host", 400)],
)
def test_a_trailer_is_no_header(listening, request_bytes, missing, status):
    wire = listening().wire()
    body = b"%x\r\n%b\r\n0\r\n" % (len(USER), USER)
    head, _, _ = request_bytes(f"{CORE}/users", extra="Transfer-Encoding: chunked\r\n", body=b"").partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    (trailer,) = (line for line in lines if line.startswith(missing.encode()))
    lines.remove(trailer)
    wire.send(b"\r\n".join(lines) + b"\r\n\r\n" + body + trailer + b"\r\n\r\n")
    assert wire.answer()[0] == status


def test_the_control_token_in_a_trailer_opens_nothing(listening):
    wire = listening().wire()
    head = b"POST /_control/reset HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
    wire.send(head + b"2\r\n{}\r\n0\r\nAuthorization: Bearer test-token\r\n\r\n")
    assert wire.answer()[0] == 401


def test_a_trailer_changes_neither_this_request_nor_the_next(listening, request_bytes):
    wire = listening().wire()
    body = b"%x\r\n%b\r\n0\r\n" % (len(USER), USER)
    trailer = b"X: y\r\nContent-Type: text/plain\r\nAuthorization: Basic eDp5\r\nExpect: much\r\n\r\n"
    request = request_bytes(f"{CORE}/users", extra="Transfer-Encoding: chunked\r\n", body=body + trailer)
    wire.send(request + request_bytes(SEARCH, method="GET"))
    assert [wire.answer()[0], wire.answer()[0]] == [200, 404]


def test_a_trailer_that_asks_to_close_ends_the_connection_and_breaks_nothing(listening, request_bytes):
    wire = listening().wire()
    body = b"%x\r\n%b\r\n0\r\nConnection: close\r\n\r\n" % (len(USER), USER)
    request = request_bytes(f"{CORE}/users", extra="Transfer-Encoding: chunked\r\n", body=body)
    wire.send(request + request_bytes(SEARCH, method="GET"))
    status, headers, _ = wire.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert wire.at_end()


def test_trailers_are_bounded_as_headers_are(listening, request_bytes):
    wire = listening().wire()
    body = b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 5_000
    wire.send(request_bytes(f"{CORE}/users", extra="Transfer-Encoding: chunked\r\n", body=body))
    assert wire.answer()[0] == 431
    assert wire.at_end()


def test_pipelined_requests_are_answered_in_order(listening, request_bytes):
    wire = listening().wire()
    paths = [f"{CORE}/users/search?email=a", "/nowhere", f"{CORE}/users/search", f"{CORE}/users/search?email=b"]
    wire.send(b"".join(request_bytes(path, method="GET") for path in paths) * 50)
    assert [wire.answer()[0] for _ in range(200)] == [404, 404, 400, 404] * 50


def test_a_connection_stays_open_unless_it_is_asked_to_close(listening, request_bytes):
    wire = listening().wire()
    wire.send(request_bytes(SEARCH, method="GET"))
    assert wire.answer()[0] == 404
    wire.send(request_bytes(SEARCH, method="GET", extra="Connection: close\r\n"))
    status, headers, _ = wire.answer()
    assert (status, headers["connection"]) == (404, "close")
    assert wire.at_end()


@pytest.mark.parametrize(("extra", "stays"), [("", False), ("Connection: keep-alive\r\n", True)])
def test_http_1_0_is_understood(listening, request_bytes, extra, stays):
    wire = listening().wire()
    wire.send(
        request_bytes(SEARCH, method="GET", extra=extra)
        .replace(b"HTTP/1.1", b"HTTP/1.0")
        .replace(b"Host: test\r\n", b"")
    )
    status, headers, _ = wire.answer()
    assert (status, headers["connection"]) == (404, "keep-alive" if stays else "close")
    if not stays:
        assert wire.at_end()


def test_expect_100_continue_is_answered_before_the_body(listening, request_bytes):
    wire = listening().wire()
    body = b'{"user":{"email":"a@example.com"}}'
    extra = f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n"
    wire.send(request_bytes(f"{CORE}/users", extra=extra, body=b""))
    assert wire.answer()[0] == 100
    wire.send(body)
    assert wire.answer()[0] == 200


def test_another_expectation_is_refused(listening, request_bytes):
    wire = listening().wire()
    wire.send(request_bytes(f"{CORE}/users", {}, extra="Expect: a miracle\r\n"))
    assert wire.answer()[0] == 417


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_beyond_the_limit_gets_413_in_its_envelope_and_the_end(listening, request_bytes, make_app, announced):
    wire = listening(make_app(max_body=2048)).wire()
    if announced:
        wire.send(request_bytes("/api/2.0/Lock", extra="Content-Length: 99999999\r\n", body=b"{"))
    else:
        wire.send(request_bytes("/api/2.0/Lock", extra="Transfer-Encoding: chunked\r\n", body=b"fff\r\n" + b"x" * 4095))
    status, headers, body = wire.answer()
    assert (status, headers["connection"]) == (413, "close")
    assert json.loads(body)["errors"][0]["code"] == "request_too_large"
    assert wire.at_end()


def test_an_unknown_path_wins_over_a_body_that_is_too_large(listening, request_bytes):
    wire = listening().wire()
    wire.send(request_bytes("/api/2.0/nowhere", extra="Content-Length: 99999999\r\n", body=b""))
    assert wire.answer()[0] == 404


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 5_000,
    ],
)
def test_a_head_beyond_the_limit_gets_431_and_the_end(listening, head):
    wire = listening().wire()
    wire.send(head)
    assert wire.answer()[0] == 431
    assert wire.at_end()


def test_an_endless_header_is_cut_off(listening):
    wire = listening().wire()
    wire.send(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
    with pytest.raises(ConnectionError):  # the answer may be read, or lost in the reset that follows
        _send_for_ever(wire, b"a" * 8192, 10_000)


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"hello\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: y\r\nhost: z\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: x\r\nHost: z\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_malformed_http_gets_400_and_the_end(listening, data):
    wire = listening().wire()
    wire.send(data)
    _is_refused_once_with(wire, 400)


def _is_refused_once_with(wire: Any, expected: int) -> None:
    status, headers, body = wire.answer()
    assert (status, headers["connection"]) == (expected, "close")
    assert json.loads(body)["status"] == "error"
    assert wire.at_end()


@pytest.mark.parametrize("offer", ["", "Connection: Upgrade\r\nUpgrade: h2c\r\n"])
def test_connect_is_refused_once(listening, offer):
    wire = listening().wire()
    wire.send(f"CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n{offer}\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    _is_refused_once_with(wire, 405)


@pytest.mark.parametrize("version", ["2.0", "0.9"])
@pytest.mark.parametrize("extra", ["", "Connection: keep-alive\r\n"])
def test_another_version_of_http_is_refused(listening, request_bytes, version, extra):
    wire = listening().wire()
    request = request_bytes(SEARCH, method="GET", extra=extra).replace(b"HTTP/1.1", f"HTTP/{version}".encode())
    wire.send(request + request_bytes(SEARCH, method="GET"))
    _is_refused_once_with(wire, 505)


def test_a_request_line_without_a_version_is_refused(listening):
    wire = listening().wire()
    wire.send(b"GET /\r\nHost: x\r\n\r\n")
    _is_refused_once_with(wire, 505)


@pytest.mark.parametrize("coding", ["gzip, chunked", "gzip", "identity", "xchunked", "chunked;q=1"])
def test_a_transfer_encoding_other_than_chunked_is_refused(listening, request_bytes, coding):
    wire = listening().wire()
    extra = f"Transfer-Encoding: {coding}\r\n"
    wire.send(request_bytes(f"{CORE}/users", extra=extra, body=b"2\r\n{}\r\n0\r\n\r\n"))
    _is_refused_once_with(wire, 501)


def test_chunked_may_be_written_in_any_case(listening, request_bytes):
    wire = listening().wire()
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(USER), USER)
    wire.send(request_bytes(f"{CORE}/users", extra="Transfer-Encoding: Chunked\r\n", body=body))
    assert wire.answer()[0] == 200


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
def test_a_target_may_be_absolute(listening, request_bytes, scheme):
    wire = listening().wire()
    wire.send(request_bytes(f"{scheme}://test:8443{CORE}/users", body=USER))
    assert wire.answer()[0] == 200


def test_another_scheme_is_no_path_of_ours(listening, request_bytes):
    wire = listening().wire()
    wire.send(request_bytes(f"ftp://test{CORE}/users", body=USER))
    assert wire.answer()[0] == 404


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/plain"])
@pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("br", 415), ("identity", 200)])
def test_an_encoded_body_is_refused_whatever_its_type(listening, request_bytes, kind, coding, status):
    wire = listening().wire()
    request = request_bytes(f"{CORE}/users", extra=f"Content-Encoding: {coding}\r\n", body=USER)
    wire.send(request.replace(b"application/json", kind.encode()))
    assert wire.answer()[0] == (415 if kind == "text/plain" else status)


def test_blank_lines_do_not_keep_an_idle_connection_open(listening):
    running = listening(idle=30)
    wire = running.wire()
    _wait_for(lambda: len(running.server.connections) == 1)
    for _ in range(3):
        wire.send(b"\r\n" * 8)
        running.tick(11)
    assert wire.at_end()


def test_blank_lines_before_a_request_are_ignored(listening, request_bytes):
    wire = listening().wire()
    wire.send(b"\r\n\r\n" + request_bytes(SEARCH, method="GET") + b"\r\n" + request_bytes(SEARCH, method="GET"))
    assert [wire.answer()[0], wire.answer()[0]] == [404, 404]


def test_what_came_before_malformed_bytes_is_still_answered(listening, request_bytes):
    wire = listening().wire()
    wire.send(request_bytes(SEARCH, method="GET") + b"\x00\x00\x00")
    assert [wire.answer()[0], wire.answer()[0]] == [404, 400]


OFFERS = {
    "h2c": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n",
    "TLS": "Upgrade: TLS/1.2\r\nConnection: Upgrade\r\n",
    "a list": "Connection: keep-alive, Upgrade\r\nUpgrade: h2c, TLS/1.2\r\n",
}


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_an_offer_to_change_protocol_is_ignored(listening, request_bytes, offer):
    wire = listening().wire()
    wire.send(request_bytes(SEARCH, method="GET", extra=offer) * 2)
    assert [wire.answer()[0], wire.answer()[0]] == [404, 404]
    wire.send(request_bytes(SEARCH, method="GET"))
    assert wire.answer()[0] == 404


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
@pytest.mark.parametrize("pause", [False, True], ids=["at once", "the body in a later packet"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with length", "chunked"])
def test_an_offer_to_change_protocol_never_costs_the_body(listening, request_bytes, offer, pause, chunked):
    running = listening()
    wire = running.wire()
    body = b"5\r\n%b\r\n1d\r\n%b\r\n0\r\n\r\n" % (USER[:5], USER[5:]) if chunked else USER
    framing = "Transfer-Encoding: chunked\r\n" if chunked else f"Content-Length: {len(body)}\r\n"
    request = request_bytes(f"{CORE}/users", extra=offer + framing, body=body)
    if pause:
        wire.send(request[: -len(body)])
        _wait_for(lambda: any(one.state is BODY for one in running.server.connections))
        request = body
    wire.send(request + request_bytes(SEARCH, method="GET"))
    status, _, answer = wire.answer()
    assert (status, json.loads(answer)["user"]["email"]) == (200, "a@example.com")
    assert wire.answer()[0] == 404


def test_many_offers_in_one_packet_are_served_each(listening, request_bytes):
    wire = listening().wire()
    wire.send(request_bytes(f"{CORE}/users", extra=OFFERS["h2c"], body=b"{}") * 1_500)
    assert [wire.answer()[0] for _ in range(1_500)] == [400] * 1_500


def test_an_offer_waits_for_word_to_send_its_body_like_any_other(listening, request_bytes):
    wire = listening().wire()
    extra = f"{OFFERS['h2c']}Expect: 100-continue\r\nContent-Length: {len(USER)}\r\n"
    wire.send(request_bytes(f"{CORE}/users", extra=extra, body=b""))
    assert wire.answer()[0] == 100
    wire.send(USER)
    assert wire.answer()[0] == 200


def test_an_offer_with_a_body_beyond_the_limit_gets_413(listening, request_bytes, make_app):
    wire = listening(make_app(max_body=2048)).wire()
    wire.send(request_bytes("/api/2.0/Lock", extra=f"{OFFERS['h2c']}Content-Length: 4096\r\n", body=b"x" * 4096))
    assert wire.answer()[0] == 413
    assert wire.at_end()


def test_head_gets_405_without_a_body(listening, request_bytes):
    wire = listening().wire()
    wire.send(request_bytes("/api/2.0/Lock", method="HEAD") + request_bytes("/api/2.0/Lock", method="OPTIONS"))
    start = wire.file.readline()
    assert start.startswith(b"HTTP/1.1 405")
    while wire.file.readline().strip():
        pass
    status, headers, body = wire.answer()
    assert (status, headers["allow"]) == (405, "PATCH, POST")
    assert len(body) > 0


def test_a_request_that_comes_too_slowly_gets_408(listening):
    running = listening(request=10)
    wire = running.wire()
    wire.send(b"POST /api/2.0/Lock HTTP/1.1\r\nHost: x\r\n")
    _wait_for(lambda: any(one.state is HEAD for one in running.server.connections))
    running.tick(9)
    wire.send(b"X: y\r\n")
    running.tick(3)
    assert wire.answer()[0] == 408
    assert wire.at_end()


def test_an_idle_connection_is_closed(listening):
    running = listening(idle=30)
    wire = running.wire()
    _wait_for(lambda: len(running.server.connections) == 1)
    running.tick(32)
    assert wire.at_end()


def test_more_connections_than_allowed_are_sent_away_with_503(listening, request_bytes):
    running = listening(connections=1)
    first = running.wire()
    first.send(request_bytes(SEARCH, method="GET"))
    assert first.answer()[0] == 404
    second = running.wire()
    status, headers, _ = second.answer()
    assert (status, headers["retry-after"]) == (503, "1")
    first.send(request_bytes(SEARCH, method="GET"))
    assert first.answer()[0] == 404


def test_a_client_that_does_not_read_is_not_read_from(listening, request_bytes, make_app, make_till):
    app = make_app()
    till = make_till(app)
    user = till.customer()
    offer = till.offer()
    for _ in range(40):
        till.issue(user, offer)
    running = listening(app)
    wire = running.wire()
    request = request_bytes("/api/2.0/Lookup", till.container({"user_id": user}))
    _wait_for(lambda: len(running.server.connections) == 1)
    connection = next(iter(running.server.connections))
    rest, left = b"", 1000

    def is_read_no_more() -> bool:
        """Send until the socket takes nothing more."""
        nonlocal rest, left
        with suppress(BlockingIOError):
            while left:
                left, rest = (left, rest) if rest else (left - 1, request * 20)
                rest = rest[wire.socket.send(rest) :]
        return connection.state is ANSWERING or not left

    wire.socket.setblocking(False)
    _wait_for(is_read_no_more, 30)
    assert left > 0, "everything was read, although no answer was"
    assert connection._write_buffer.size < 8 * 1024 * 1024
    wire.socket.settimeout(5)
    assert [wire.answer()[0] for _ in range(100)] == [200] * 100


def test_half_a_goodbye_still_gets_its_answers(listening, request_bytes):
    wire = listening().wire()
    wire.send(request_bytes(SEARCH, method="GET") * 3)
    wire.socket.shutdown(1)
    assert [wire.answer()[0] for _ in range(3)] == [404] * 3
    assert wire.at_end()


def test_a_head_just_below_the_limit_may_come_in_pieces(listening, request_bytes):
    wire = listening().wire()
    request = request_bytes(SEARCH, method="GET", extra=f"X: {'a' * 15_000}\r\n")
    for start in range(0, len(request), 1000):
        wire.send(request[start : start + 1000])
    assert wire.answer()[0] == 404


def test_the_standard_event_loop_serves_as_well(listening, request_bytes):
    wire = listening(loop=asyncio.new_event_loop()).wire()
    request = request_bytes(f"{CORE}/users", {"user": {"email": "a@example.com"}})
    for byte in request:
        wire.send(bytes([byte]))
    wire.send(request_bytes(SEARCH, method="GET") * 3 + b"\x00")
    assert [wire.answer()[0] for _ in range(5)] == [200, 404, 404, 404, 400]
    assert wire.at_end()


def test_stopping_lets_go_of_idle_connections(listening, request_bytes):
    running = listening()
    wire = running.wire()
    wire.send(request_bytes(SEARCH, method="GET"))
    wire.answer()
    running._do(running.server.close())
    assert wire.at_end()


def test_answers_wait_for_the_commit_of_their_turn_and_fail_with_it(listening, request_bytes):
    outcome: list[Answer | None] = [None]
    commits: list[int] = []

    def commit() -> Answer | None:
        commits.append(1)
        return outcome[0]

    running = listening(commit=commit)
    wire = running.wire()
    wire.send(request_bytes(SEARCH, method="GET") * 20)
    assert [wire.answer()[0] for _ in range(20)] == [404] * 20
    assert 1 <= len(commits) < 20
    outcome[0] = Answer(503, b"{}")
    wire.send(request_bytes(SEARCH, method="GET"))
    assert wire.answer()[0] == 503
    assert wire.at_end()


def _send_for_ever(wire: Any, data: bytes, times: int) -> None:
    for _ in range(times):
        wire.send(data)


def _wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
