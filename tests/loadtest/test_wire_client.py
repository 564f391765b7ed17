"""The lean client, byte by byte, against servers that behave and servers that do not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from offerproof.errors import Misuse
from offerproof.loadtest.client.connection import Endpoint, HttpAnswer, HttpConnection, tls_context
from offerproof.loadtest.client.gevent_connection import GeventConnection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def request_to(endpoint: Endpoint, body: bytes = b"{}") -> bytes:
    head = endpoint.head("POST", "/api/2.0/Lock", {"Content-Type": "application/json"})
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


OPENED: list[HttpConnection] = []
KIND: list[type[HttpConnection]] = [HttpConnection]


@pytest.fixture(autouse=True, params=[HttpConnection, GeventConnection])
def _each_kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test is run with the client of the clean-up and the audit, and with that of the tills."""
    KIND[0] = request.param
    yield
    while OPENED:
        OPENED.pop().close()


def connect(url: str, *, ca_file: str | None = None, proxy: str | None = None, **options: Any) -> HttpConnection:
    endpoint = Endpoint.from_url(url, ca_file=ca_file, proxy=proxy)
    OPENED.append(KIND[0](endpoint, timeout=options.pop("timeout", 3.0), **options))
    return OPENED[-1]


def ask(connection: HttpConnection) -> HttpAnswer:
    return connection.exchange(request_to(connection.endpoint))


def test_a_request_travels_whole_and_its_answer_comes_back(answering):
    peer = answering(OK)
    answer = ask(connect(f"{peer.url}/prefix"))
    assert (answer.status, answer.body, answer.failure) == (200, b"{}", "")
    assert answer.ended > answer.started
    sent = bytes(peer.connections[0])
    assert sent.startswith(b"POST /prefix/api/2.0/Lock HTTP/1.1\r\nHost: 127.0.0.1:")
    assert sent.endswith(b"Content-Length: 2\r\n\r\n{}")


def test_one_connection_carries_many_requests(answering):
    peer = answering(OK, OK, OK)
    connection = connect(peer.url)
    assert [ask(connection).status for _ in range(3)] == [200, 200, 200]
    assert (connection.connects, len(peer.connections)) == (1, 1)


def test_a_chunked_body_is_put_together(answering):
    peer = answering(
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n5;x=y\r\n": 1}\r\n0\r\n\r\n', OK
    )
    connection = connect(peer.url)
    assert ask(connection).body == b'{"a": 1}'
    assert ask(connection).body == b"{}"


def test_an_answer_may_arrive_byte_by_byte(serve, request_reader):
    def script(conn, number):
        request_reader(conn, bytearray())
        for byte in OK:
            conn.sendall(bytes([byte]))

    assert ask(connect(serve(script).url)).body == b"{}"


def test_an_interim_answer_is_not_the_answer(answering):
    peer = answering(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK)
    answer = ask(connect(peer.url))
    assert (answer.status, answer.body) == (200, b"{}")


def test_connection_close_means_a_new_connection_next_time(answering):
    peer = answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
    connection = connect(peer.url)
    assert [ask(connection).failure for _ in range(2)] == ["", ""]
    assert connection.connects == 2


def test_a_body_may_end_with_the_connection(answering):
    peer = answering(b'HTTP/1.1 200 OK\r\n\r\n{"a": 1}')
    answer = ask(connect(peer.url))
    assert (answer.failure, answer.body) == ("", b'{"a": 1}')


@pytest.mark.parametrize(
    ("raw", "failure"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", "closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "closed"),
        (b"", "closed"),
        (b"220 mail.example.com ESMTP\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
    ],
)
def test_half_an_answer_is_a_failure_that_may_have_taken_effect(answering, raw, failure):
    answer = ask(connect(answering(raw).url))
    assert answer.failure == failure
    assert answer.maybe_acted_on


def test_after_a_failure_the_next_request_gets_a_fresh_connection(serve, request_reader):
    def script(conn, number):
        while request_reader(conn, bytearray()):
            conn.sendall(OK if number else b"nonsense\r\n\r\n")

    connection = connect(serve(script).url)
    assert [ask(connection).failure for _ in range(3)] == ["protocol", "", ""]
    assert connection.connects == 2


def test_nobody_listening_is_a_failure_that_cannot_have_taken_effect():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    answer = ask(connect(f"http://127.0.0.1:{port}"))
    assert answer.failure == "connect"
    assert not answer.maybe_acted_on


def test_a_silent_server_is_given_up_after_the_time_out(serve):
    release = threading.Event()
    peer = serve(lambda conn, number: release.wait(30))  # then it closes: a client that waits for that fails otherwise
    answer = ask(connect(peer.url, timeout=0.2))
    release.set()
    assert answer.failure == "timeout"
    assert answer.ended - answer.started > 0.15e9


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\n\r\n{}"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_who_waits_for_an_answer_can_be_told_that_it_is_too_late(serve, request_reader, certificate, scheme, begun):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked, release = threading.Event(), threading.Event()

    def script(conn: Any, number: int) -> None:
        request_reader(conn, bytearray())
        conn.sendall(begun)
        asked.set()
        release.wait(5)

    peer = serve(script, tls=context if scheme == "https" else None)
    connection = connect(f"{scheme}://127.0.0.1:{peer.port}", ca_file=str(certificate), timeout=60.0)

    def give_up() -> None:
        if asked.wait(5):
            connection.give_up()

    somebody = threading.Thread(target=give_up)
    somebody.start()
    answer = ask(connection)
    somebody.join()
    release.set()
    assert (answer.failure, answer.body) == ("unfinished", b"")
    assert answer.maybe_acted_on


def test_nobody_is_told_that_it_is_too_late_who_does_not_wait(answering):
    connection = connect(answering(OK, OK).url)
    connection.give_up()
    ask(connection)
    connection.give_up()
    assert ask(connection).body == b"{}"


def test_a_server_that_drips_is_given_up_all_the_same(serve, request_reader):
    release = threading.Event()

    def script(conn, number):
        request_reader(conn, bytearray())
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        while not release.wait(0.02):  # in ten seconds the body is whole, for a client that waits for it
            conn.sendall(b"x")

    answer = ask(connect(serve(script).url, timeout=0.3))
    release.set()
    assert answer.failure == "timeout"


def test_the_time_out_is_whole_again_for_the_next_request(serve, request_reader):
    """A busy machine may hold up one of the two answers for longer than is left; it does not do so each time."""

    def script(conn, number):
        request_reader(conn, bytearray())
        threading.Event().wait(0.35)  # two of them are longer than the time-out
        conn.sendall(OK[:20])
        threading.Event().wait(0.05)  # the rest comes by itself, when little of the time-out is left
        conn.sendall(OK[20:])
        request_reader(conn, bytearray())
        threading.Event().wait(0.35)
        conn.sendall(OK)

    peer = serve(script)
    tries = (connect(peer.url, timeout=0.6) for _ in range(10))
    assert any([ask(connection).failure for _ in range(2)] == ["", ""] for connection in tries)


def test_a_body_beyond_the_limit_is_not_kept(answering):
    peer = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000)
    answer = ask(connect(peer.url, max_bytes=1000))
    assert (answer.failure, answer.body) == ("too_large", b"")


def test_an_idle_connection_that_was_closed_is_not_used(answering):
    peer = answering(OK)
    connection = connect(peer.url)
    assert ask(connection).failure == ""
    for _ in range(200):  # until the peer's close has arrived
        assert connection._sock is not None
        if connection._went_away(connection._sock):
            break
        threading.Event().wait(0.01)
    assert ask(connection).failure == ""
    assert connection.connects == 2


def test_an_idle_connection_that_is_open_is_used_again(answering):
    connection = connect(answering(OK, OK).url)
    assert [ask(connection).failure for _ in range(2)] == ["", ""]
    assert connection.connects == 1


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_a_server_that_closes_after_each_fifth_answer_without_a_word_costs_no_request(
    serve, request_reader, certificate, tls
):
    def script(conn: Any, number: int) -> None:
        for _ in range(5):
            if not request_reader(conn, bytearray()):
                return
            conn.sendall(OK)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    peer = serve(script, tls=context if tls else None)
    url = peer.url.replace("http:", "https:") if tls else peer.url
    connection = connect(url, ca_file=str(certificate))
    asked = connection.endpoint.head("GET", "/api/2.0/Lookup", {}) + b"\r\n"
    assert [connection.exchange(asked, repeatable=True).failure for _ in range(40)] == [""] * 40
    assert connection.connects == 8


@pytest.mark.parametrize(("repeatable", "failures"), [(True, ["", ""]), (False, ["", "closed"])])
def test_a_used_connection_that_ends_under_a_request_costs_what_may_not_be_repeated(
    serve, request_reader, repeatable, failures
):
    def script(conn: Any, number: int) -> None:
        request_reader(conn, bytearray())
        conn.sendall(OK)
        request_reader(conn, bytearray())  # and hangs up without a word

    connection = connect(serve(script).url)
    request = request_to(connection.endpoint)
    assert [connection.exchange(request, repeatable=repeatable).failure for _ in range(2)] == failures


def test_what_is_pending_when_it_is_sent_again_had_no_answer(serve, request_reader):
    """The first one may be under way: nobody can tell yet what came of it, and it was not refused."""
    told = b'{"status":"error","payload":null,"errors":[{"code":"request_pending"}]}'
    pending = b"HTTP/1.1 409 Conflict\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told)

    def script(conn: Any, number: int) -> None:
        request_reader(conn, bytearray())
        conn.sendall(OK if number == 0 else pending)
        request_reader(conn, bytearray())
        conn.sendall(pending if number else b"")

    connection = connect(serve(script).url)
    request = request_to(connection.endpoint)
    first, second, third = [connection.exchange(request, repeatable=True) for _ in range(3)]
    assert (first.failure, second.failure, second.maybe_acted_on) == ("", "closed", True)
    assert (third.failure, third.status) == ("", 409)


def test_a_read_that_gets_a_part_of_an_answer_or_none_on_a_new_connection_is_not_sent_again(serve, request_reader):
    came: list[bytes] = []

    def script(conn: Any, number: int) -> None:
        came.append(request_reader(conn, bytearray()))
        if number == 0:
            conn.sendall(OK)
            came.append(request_reader(conn, bytearray()))
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")

    connection = connect(serve(script).url)
    request = request_to(connection.endpoint)
    assert [connection.exchange(request, repeatable=True).failure for _ in range(3)] == ["", "closed", "closed"]
    assert len(came) == 3


def test_a_second_answer_to_one_request_ends_the_connection(answering):
    peer = answering(OK + b"HTTP/1.1 500 Surprise\r\nContent-Length: 3\r\n\r\nbad")
    connection = connect(peer.url)
    answer = ask(connection)
    assert (answer.status, answer.body) == (200, b"{}")
    assert ask(connection).failure == ""
    assert connection.connects == 2


def test_retry_after_is_told(answering):
    peer = answering(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}")
    answer = ask(connect(peer.url))
    assert (answer.status, answer.retry_after) == (429, "7")


def test_tls_is_verified_against_the_named_ca(certificate, answering):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    peer = answering(OK, OK, tls=context)
    trusting = connect(f"https://127.0.0.1:{peer.port}", ca_file=str(certificate))
    assert [ask(trusting).body for _ in range(2)] == [b"{}", b"{}"]
    distrusting = connect(f"https://127.0.0.1:{peer.port}")
    answer = ask(distrusting)
    assert answer.failure == "tls"
    assert not answer.maybe_acted_on


def test_over_tls_large_bodies_go_both_ways_and_a_silent_server_is_given_up(serve, request_reader, certificate):
    release, large = threading.Event(), b"x" * 700_000

    def script(conn: Any, number: int) -> None:
        request_reader(conn, bytearray())
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(large))
        for start in range(0, len(large), 50_000):
            conn.sendall(large[start : start + 50_000])
        request_reader(conn, bytearray())
        for byte in OK:
            conn.sendall(bytes([byte]))
        release.wait(30)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    peer = serve(script, tls=context)
    connection = connect(f"https://127.0.0.1:{peer.port}", ca_file=str(certificate), timeout=2.0)
    answer = connection.exchange(request_to(connection.endpoint, b"y" * 900_000))
    assert (answer.failure, answer.body == large) == ("", True)
    assert ask(connection).body == b"{}"
    assert ask(connection).failure == "timeout"
    release.set()
    assert connection.connects == 1


def test_a_proxy_gets_the_absolute_address_and_its_own_credentials(answering):
    peer = answering(OK)
    proxy = f"http://someone:test-key@127.0.0.1:{peer.port}"
    connection = connect("http://target.example:8080/x", proxy=proxy)
    assert ask(connection).failure == ""
    sent = bytes(peer.connections[0])
    assert sent.startswith(b"POST http://target.example:8080/x/api/2.0/Lock HTTP/1.1\r\nHost: target.example:8080\r\n")
    assert b"Proxy-Authorization: Basic c29tZW9uZTp0ZXN0LWtleQ==" in sent


def test_a_proxy_that_refuses_the_tunnel_is_named(answering):
    peer = answering(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    proxy = f"http://127.0.0.1:{peer.port}"
    connection = connect("https://target.example", proxy=proxy)
    assert ask(connection).failure == "proxy"


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:80", "http://"])
def test_what_is_no_base_url_is_misuse(url):
    with pytest.raises(Misuse, match="not a base URL"):
        Endpoint.from_url(url)


def test_a_missing_ca_file_is_misuse(tmp_path):
    with pytest.raises(Misuse, match="does not exist"):
        tls_context(str(tmp_path / "nothing.pem"))


def test_a_line_break_never_gets_into_a_head():
    endpoint = Endpoint.from_url("http://127.0.0.1")
    with pytest.raises(Misuse, match="line break"):
        endpoint.head("GET", "/", {"X": "a\r\nEvil: yes"})


def test_a_host_name_of_another_alphabet_goes_out_as_idna():
    head = Endpoint.from_url("https://Prüfstand.example/x").head("GET", "/", {})
    assert head == b"GET /x/ HTTP/1.1\r\nHost: xn--prfstand-75a.example\r\n"


def test_an_ipv6_address_keeps_its_brackets():
    assert Endpoint.from_url("http://[::1]:8080").authority == "[::1]:8080"
