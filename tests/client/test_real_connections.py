"""The transport over real sockets: keep-alive, bounds of time and size, and one word for whatever goes wrong."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from offerproof.client import HttpRequest, RequestsTransport, TransportFailed


def get(address: str, path: str = "/") -> HttpRequest:
    return HttpRequest("GET", address + path, {"X-Test": "yes"}, b"", "core")


def read_request(connection: socket.socket) -> bytes | None:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65_536)
        if not chunk:
            return None
        received += chunk
    return received


Seen = list[tuple[object, bytes]]


def answering(body: bytes = b"{}", headers: bytes = b"", seen: Seen | None = None) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        while (received := read_request(connection)) is not None:
            if seen is not None:
                seen.append((connection.getpeername(), received))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n" % (len(body), headers) + body)

    return handle


def test_connections_are_kept_alive(serve):
    seen: Seen = []
    address = serve(answering(seen=seen))
    transport = RequestsTransport(timeout_s=5)
    for _ in range(3):
        assert transport.send(get(address)).body == b"{}"
    assert len({peer for peer, _ in seen}) == 1


def test_services_of_one_host_share_a_connection(serve):
    seen: Seen = []
    address = serve(answering(seen=seen))
    transport = RequestsTransport(timeout_s=5)
    for service in ("core", "offers", "cloudpos", "core"):
        transport.send(replace(get(address), service=service))
    assert len({peer for peer, _ in seen}) == 1


def test_nothing_comes_from_the_environment(serve, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login planted password planted\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    seen: Seen = []
    address = serve(answering(seen=seen))
    assert RequestsTransport(timeout_s=5).send(get(address)).status == 200
    assert b"uthorization" not in seen[0][1]


def test_a_proxy_of_the_profile_is_used(serve):
    seen: Seen = []
    proxy = serve(answering(seen=seen))
    transport = RequestsTransport(timeout_s=5, proxies={"core": proxy})
    assert transport.send(get("http://target.example", "/x")).status == 200
    assert seen[0][1].startswith(b"GET http://target.example/x HTTP/1.1")


def test_a_path_goes_out_as_it_is(serve):
    seen: Seen = []
    address = serve(answering(seen=seen))
    RequestsTransport(timeout_s=5).send(get(address, "/api/2.0/%7Bx%7D?a=%20b"))
    assert seen[0][1].startswith(b"GET /api/2.0/%7Bx%7D?a=%20b HTTP/1.1")


def test_a_compressed_answer_is_unpacked(serve):
    address = serve(answering(gzip.compress(b'{"a":1}'), b"Content-Encoding: gzip\r\n"))
    assert RequestsTransport(timeout_s=5).send(get(address)).body == b'{"a":1}'


@pytest.mark.parametrize("interim", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_an_interim_answer_is_not_the_answer(serve, interim):
    def handle(connection):
        read_request(connection)
        hints = b"HTTP/1.1 %s\r\nLink: </x>; rel=preload\r\n\r\n" % interim
        connection.sendall(hints * 2 + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    response = RequestsTransport(timeout_s=5).send(get(serve(handle)))
    assert (response.status, response.body) == (200, b"{}")


def test_a_redirect_is_an_answer(serve):
    def handle(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")

    response = RequestsTransport(timeout_s=5).send(get(serve(handle)))
    assert (response.status, response.headers["location"]) == (302, "http://127.0.0.1:9/")


def test_a_closed_port_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransportFailed) as caught:
        RequestsTransport(timeout_s=5).send(get(f"http://127.0.0.1:{port}"))
    assert caught.value.kind == "unreachable"


def test_silence_is_a_timeout(serve):
    released = threading.Event()
    address = serve(lambda connection: released.wait(10) and None)
    with pytest.raises(TransportFailed) as caught:
        RequestsTransport(timeout_s=0.1).send(get(address))
    released.set()
    assert caught.value.kind == "timeout"


def test_a_drip_of_bytes_does_not_outlast_the_bound(serve):
    stop = threading.Event()

    def drip(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.02):
            connection.sendall(b" ")

    address = serve(drip)
    with pytest.raises(TransportFailed) as caught:
        RequestsTransport(timeout_s=0.3).send(get(address))
    stop.set()
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"])
def test_a_connection_that_breaks_off_is_closed(serve, begun):
    def handle(connection):
        read_request(connection)
        connection.sendall(begun)

    with pytest.raises(TransportFailed) as caught:
        RequestsTransport(timeout_s=5).send(get(serve(handle)))
    assert caught.value.kind == "closed"


def test_an_answer_beyond_the_bound_is_too_large(serve):
    address = serve(answering(b"x" * 5000))
    with pytest.raises(TransportFailed) as caught:
        RequestsTransport(timeout_s=5, body_max=1000).send(get(address))
    assert caught.value.kind == "too_large"


def test_an_untrusted_certificate_is_tls(serve):
    address = serve(lambda connection: connection.sendall(b"not tls at all"))
    with pytest.raises(TransportFailed) as caught:
        RequestsTransport(timeout_s=5).send(get(address.replace("http:", "https:")))
    assert caught.value.kind == "tls"


def test_a_failure_does_not_tell_the_address(serve):
    with pytest.raises(TransportFailed) as caught:
        RequestsTransport(timeout_s=5).send(get("http://127.0.0.1:9", "/priv/v1/apps/planted-key"))
    assert "planted" not in repr(caught.value)
    assert caught.value.__cause__ is None
