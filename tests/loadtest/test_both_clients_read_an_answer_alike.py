"""Whatever servers and proxies make of an answer on its way: certify's client and that of the load read the same."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from offerproof.client import HttpRequest, RequestsTransport, TransportFailed
from offerproof.loadtest.client.connection import Endpoint, HttpConnection
from offerproof.loadtest.client.gevent_connection import GeventConnection

TEXT = b'{"status":"success","payload":[{"word":"' + b"again " * 200 + b'"}]}'


def deflated(text: bytes, bits: int) -> bytes:
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(text) + packer.flush()


def answer(body: bytes = TEXT, *headers: str, first: str = "HTTP/1.1 200 OK", length: bool = True) -> bytes:
    lines = [first, "Content-Type: application/json", *headers, *([f"Content-Length: {len(body)}"] if length else [])]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body


def chunked(body: bytes, *headers: str) -> bytes:
    parts = [body[at : at + 100] for at in range(0, len(body), 100)]
    packed = b"".join(b"%X;x=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nX-Trailer: 1\r\n\r\n"
    return answer(b"", "Transfer-Encoding: chunked", *headers, length=False) + packed


ANSWERS = {
    "gzip": answer(gzip.compress(TEXT), "Content-Encoding: gzip"),
    "gzip by its old name": answer(gzip.compress(TEXT), "content-encoding: X-GZip"),
    "gzip of two members": answer(gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]), "Content-Encoding: gzip"),
    "gzip in chunks": chunked(gzip.compress(TEXT), "Content-Encoding: gzip"),
    "deflate": answer(zlib.compress(TEXT), "Content-Encoding: deflate"),
    "deflate without its frame": answer(deflated(TEXT, -15), "Content-Encoding: deflate"),
    "gzip and then deflate": answer(zlib.compress(gzip.compress(TEXT)), "Content-Encoding: gzip, deflate"),
    "no encoding, by name": answer(TEXT, "Content-Encoding: identity"),
    "an encoding nobody knows": answer(TEXT, "Content-Encoding: rot13"),
    "a folded header": answer(TEXT, "X-Folded: one\r\n two\r\n\tthree"),
    "150 headers": answer(TEXT, *(f"X-H-{number}: {'v' * 40}" for number in range(150))),
    "a header of another alphabet": answer(TEXT, "X-Umlaut: grüß"),
    "no reason": answer(TEXT, first="HTTP/1.1 200"),
    "HTTP/1.0": answer(TEXT, first="HTTP/1.0 200 OK"),
    "HTTP/1.0 without a length": answer(TEXT, first="HTTP/1.0 200 OK", length=False),
    "a connection that is closed after it": answer(TEXT, "Connection: close"),
    "chunks with extensions and a trailer": chunked(TEXT),
    "early hints before it": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(),
}
UNREADABLE = {
    "gzip that is none": answer(TEXT, "Content-Encoding: gzip"),
    "gzip that is cut": answer(gzip.compress(TEXT)[:-30], "Content-Encoding: gzip"),
}

Ask = Callable[[str, int], list[tuple[int, bytes]]]


def by_requests(url: str, times: int, most: int = 1 << 20) -> list[Any]:
    transport = RequestsTransport(timeout_s=5.0, body_max=most)
    request = HttpRequest("POST", f"{url}/api/2.0/Lookup", {"Content-Type": "application/json"}, b"{}", "cloudpos")
    heard: list[Any] = []
    try:
        for _ in range(times):
            try:
                came = transport.send(request)
                heard.append((came.status, came.body))
            except TransportFailed as problem:
                heard.append(problem.kind)
    finally:
        transport.close()
    return heard


def by(kind: type[HttpConnection]) -> Callable[..., list[Any]]:
    def ask(url: str, times: int, most: int = 1 << 20) -> list[Any]:
        connection = kind(Endpoint.from_url(url), timeout=5.0, max_bytes=most)
        head = connection.endpoint.head("POST", "/api/2.0/Lookup", {"Content-Type": "application/json"})
        try:
            came = [connection.exchange(head + b"Content-Length: 2\r\n\r\n{}") for _ in range(times)]
        finally:
            connection.close()
        return [one.failure or (one.status, one.body) for one in came]

    return ask


CLIENTS = {"requests": by_requests, "lean": by(HttpConnection), "lean, in Locust": by(GeventConnection)}


@pytest.fixture(params=CLIENTS)
def ask(request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    return CLIENTS[request.param]


@pytest.mark.parametrize("how", ANSWERS)
def test_it_is_read(ask, serve, request_reader, how):
    ends = how.startswith("HTTP/1.0") or "closed" in how

    def script(conn: Any, number: int) -> None:
        while request_reader(conn, bytearray()):
            conn.sendall(ANSWERS[how])
            if ends:
                return

    assert ask(serve(script).url, 3) == [(200, TEXT)] * 3


@pytest.mark.parametrize("how", UNREADABLE)
def test_what_cannot_be_unpacked_is_an_answer_without_a_text(ask, answering, how):
    heard = ask(answering(UNREADABLE[how]).url, 1)
    assert heard == [(200, b"")] or (how == "gzip that is cut" and heard == [(200, heard[0][1])])
    assert TEXT not in heard[0]


def test_a_small_body_that_unpacks_to_a_huge_one_is_too_large(ask, answering):
    bomb = answer(gzip.compress(b"0" * 50_000_000), "Content-Encoding: gzip")
    assert ask(answering(bomb).url, 1, 1_000_000) == ["too_large"]
