"""Servers that want to pass, or to harm: none passes, none is waited for, and each gets a certificate one can read."""

from __future__ import annotations

import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from offerproof.conformance import Options, certify
from offerproof.contract import Level
from offerproof.findings import read_run
from offerproof.report.formats import keep_reports
from offerproof.target import Limits, Timing

Head = Callable[[socket.socket, bytes], object]


def answer(status: int, body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    told = b"".join(header + b"\r\n" for header in headers)
    size = len(body) if length is None else length
    return (
        b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n" % (status, told, size) + body
    )


def bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b"\0" * 1_048_576) for _ in range(200)) + packer.flush()


def forever(piece: bytes, first: bytes = b"HTTP/1.1 200 OK\r\n", pause: float = 0.0) -> Head:
    def send(connection: socket.socket, body: bytes) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(piece)
            time.sleep(pause)

    return send


def echo(connection: socket.socket, body: bytes) -> None:
    sent = json.loads(body) if body else {}
    told = {"status": "ok", "payload": sent.get("request_payload", sent), "user": {"id": "u-1"}, "errors": None}
    connection.sendall(answer(200, json.dumps(told).encode()))


def cut(connection: socket.socket, body: bytes) -> None:
    connection.sendall(answer(200, b"{", length=1_000))
    connection.shutdown(socket.SHUT_RDWR)


def silent(connection: socket.socket, body: bytes) -> None:
    time.sleep(1.0)


OK = b'{"status":"ok"}'
ALL_AT_ONCE = {"status": "ok", "user": {"id": "u-1"}, "payload": {"offer_id": "o-1", "offers": []}, "errors": None}
CHUNK = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
MANY = b'{"status":"ok","payload":[' + b'{"first_name":"Canaryfirst"},' * 3_000 + b"1]}"
NUMBERS = b'{"status":"ok","payload":{"a":1e999999999,"b":' + b"9" * 10_000 + b'},"user":{"id":1E-999999}}'
REFUSAL = b'{"status":"error","errors":{"code":"no","message":"no"},"payload":null}'

FAIL = {
    "says ok to everything": answer(200, OK),
    "says every success at once": answer(200, json.dumps(ALL_AT_ONCE).encode()),
    "refuses everything": answer(400, REFUSAL),
    "echoes": echo,
    "fails always": answer(500, b"oops"),
    "answers with nothing": answer(200, b""),
    "answers with 204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "answers null": answer(200, b"null"),
    "answers an array": answer(200, b"[]"),
    "answers HTML": answer(200, b"<html>Sign in</html>"),
    "answers NaN": answer(200, b'{"status":"ok","payload":NaN,"user":{"id":NaN}}'),
    "answers UTF-16": answer(200, '{"status":"ok"}'.encode("utf-16")),
    "says each member twice": answer(200, b'{"status":"error","status":"ok","user":{},"user":{"id":1},"payload":{}}'),
    "nests deeply": answer(200, DEEP),
    "answers huge numbers": answer(200, NUMBERS),
    "answers with much": answer(200, MANY),
    "is wrong about its length": answer(200, OK + OK, length=len(OK)),
    "announces gzip and sends none": answer(200, b"none", b"Content-Encoding: gzip"),
    "sends a gzip bomb": answer(200, bomb(), b"Content-Encoding: gzip"),
    "sends without end": forever(CHUNK, CHUNKED),
    "speaks to the terminal": answer(200, b"\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>]]>", b"X-Y: \x1b[31m"),
}
UNJUDGED = {
    "is down": (answer(503, REFUSAL), "is not available: HTTP 503"),
    "turns us away": (answer(429, b"{}", b"Retry-After: 3600"), "the target keeps answering 429"),
    "turns us away oddly": (answer(429, b"{}", b"Retry-After: " + b"9" * 5_000), "the target keeps answering 429"),
    "closes": (b"", "closes the connection without an answer"),
    "breaks off": (cut, "closes the connection without an answer"),
    "speaks no HTTP": (b"\x15\x03\x01\x00\x02\x02\x46" * 40, "closes the connection without an answer"),
    "is silent": (silent, "does not answer within 0.3 s"),
    "drips its body": (forever(b"x", answer(200, b"", length=1_000), 0.05), "does not answer within 0.3 s"),
    "drips its head": (forever(b"H", b"", 0.05), "does not answer within 0.3 s"),
    "continues for ever": (forever(b"HTTP/1.1 100 Continue\r\n\r\n", b"", 0.01), "does not answer within 0.3 s"),
    "sends us elsewhere": (
        answer(302, b"", b"Location: https://u:p@evil.example/x?email=a"),
        "redirects to https://evil.example: HTTP 302",
    ),
    "wants https": (answer(400, b"Client sent an HTTP request to an HTTPS server."), "wants https"),
    "does not know us": (answer(401, REFUSAL), "refuses our credentials: HTTP 401"),
    "does not know the path": (answer(404, b"<html>"), "does not know GET "),
}


@pytest.fixture
def serve() -> Iterator[Callable[[bytes | Head], str]]:
    """Serve every request with these bytes, or with a function of the connection and the request's body."""
    listeners: list[socket.socket] = []

    def one(connection: socket.socket, told: bytes | Head) -> None:
        with connection, connection.makefile("rb") as reader:
            try:
                while reader.readline():
                    length = 0
                    while (line := reader.readline().lower()) not in (b"\r\n", b""):
                        length = int(line.partition(b":")[2]) if line.startswith(b"content-length:") else length
                    body = reader.read(length)
                    if callable(told):
                        told(connection, body)
                    elif told:
                        connection.sendall(told)
                    if told == b"" or (isinstance(told, bytes) and not told.startswith(b"HTTP/")):
                        return
            except OSError:
                return

    def start(told: bytes | Head) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def work() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(connection, told), daemon=True).start()

        threading.Thread(target=work, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def judge(serve, make_profile, tmp_path):
    def run(told, *, timeout_ms=30_000):
        profile = make_profile(timing=Timing(settle_ms=20, request_timeout_ms=timeout_ms))
        address = serve(told)
        services = {name: replace(service, base_url=address) for name, service in profile.services.items()}
        profile = replace(profile, services=services)
        done = certify(Options(profile=profile, level=Level.SMOKE, out=tmp_path / "runs"))
        keep_reports(done.run, done.folder)
        assert read_run(done.folder).outcome.verdict is done.run.outcome.verdict
        assert sum(file.stat().st_size for file in done.folder.iterdir()) < 8_000_000
        assert not any("our error" in reason for reason in done.run.outcome.reasons)
        return done

    return run


@pytest.mark.parametrize("told", FAIL.values(), ids=FAIL.keys())
def test_a_server_fails_that(judge, told):
    done = judge(told)
    assert int(done.run.outcome.exit_code) == 1
    shown = (done.folder / "certificate.html").read_text() + (done.folder / "run.jsonl").read_text()
    assert "\x1b" not in shown
    assert "<script>alert" not in (done.folder / "certificate.html").read_text()
    assert "Canaryfirst" not in shown


@pytest.mark.parametrize(("told", "says"), UNJUDGED.values(), ids=UNJUDGED.keys())
def test_nothing_is_judged_of_a_server_that(judge, told, says):
    started = time.monotonic()
    done = judge(told, timeout_ms=300) if "0.3 s" in says else judge(told)
    assert int(done.run.outcome.exit_code) == 3
    assert done.run.interrupted is not None
    assert says in done.run.interrupted.reason
    assert "email" not in done.run.interrupted.reason
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("connections", [1, 8])
def test_a_target_that_dies_is_not_asked_for_ever(bench, target, connections):
    target.answers["/Lookup"] = 200, {"status": "success", "payload": []}
    checks = "".join(
        f"""
        @clause("LOCK-1")
        def test_{number}(api, expect):
            for _ in range(3):
                exchange = api.lookup(user_id="u")
            expect.success(exchange, kind=None)
        """
        for number in range(12)
    )
    profile = bench.make_profile(limits=Limits(connections=connections))
    gone = replace(profile.services["cloudpos"], base_url="http://127.0.0.1:1")

    class Dies:
        def notice(self, event):
            if type(event).__name__ == "CheckStarted":
                services[gone.name] = gone

    services = dict(profile.services)
    run = bench.run(checks, replace(profile, services=services), listeners_more=(Dies(),)).run
    assert run.footer is not None
    already_on_their_way = connections - 1
    assert 3 + 20 <= run.footer.requests <= 3 + 20 + already_on_their_way
    assert int(run.outcome.exit_code) == 3
