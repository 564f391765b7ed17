"""What a client and a target say passes byte for byte, but for Host; and what passed is known afterwards."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import ssl
import subprocess
import time
from typing import cast

import pytest

from offerproof.recording import Recorded
from offerproof.watch.messages import PassedMessage, PassingAnswers
from offerproof.watch.proxy import Proxy, Route, Upstream, _Passage

OK = b"HTTP/1.1 200 OK\r\nX-Odd:  two blanks\r\ncontent-length: 2\r\n\r\n{}"
POST = (
    b"POST /api/2.0/Lock?x=%2B HTTP/1.1\r\nhost: till.local\r\nx-UPPER: Kept\r\nContent-Length: 7\r\n\r\n" + b'{"a":1}'
)
CHUNKED = (
    b"POST /api/2.0/Lock HTTP/1.1\r\nHost: till\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'3;ext=1\r\n{"a\r\n4\r\n":1}\r\n0\r\nTrailer: yes\r\n\r\n'
)


def test_only_host_changes_on_the_way_and_nothing_on_the_way_back(staged):
    async def talk(stage):
        stage.send(POST)
        await stage.until(lambda: stage.got.endswith(b'{"a":1}'))
        stage.answer(OK)
        assert await stage.read(b"{}") == OK

    stage = staged(talk)
    assert bytes(stage.got) == POST.replace(b"host: till.local", b"Host: " + stage.authority.encode())
    (one,) = stage.recorded
    assert (one.method, one.url) == ("POST", f"http://{stage.authority}/api/2.0/Lock?x=%2B")
    assert (one.request.data, one.status, one.answer.data, one.failure) == (b'{"a":1}', 200, b"{}", None)
    assert ("x-UPPER", "Kept") in one.request_headers
    assert one.started < one.ended


def test_chunks_with_extensions_and_trailers_pass_as_they_are(staged):
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;why\r\n{}\r\n0\r\n\r\n"

    async def talk(stage):
        stage.send(CHUNKED)
        await stage.until(lambda: stage.got.endswith(b"Trailer: yes\r\n\r\n"))
        stage.answer(answer)
        assert await stage.read(b"0\r\n\r\n") == answer

    stage = staged(talk)
    assert bytes(stage.got) == CHUNKED.replace(b"Host: till", b"Host: " + stage.authority.encode())
    assert (stage.recorded[0].request.data, stage.recorded[0].answer.data) == (b'{"a":1}', b"{}")


def test_the_beginning_of_an_answer_does_not_wait_for_its_end(staged):
    async def talk(stage):
        stage.send(POST)
        stage.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345")
        assert (await stage.read(b"12345")).endswith(b"12345")
        assert stage.recorded == []
        stage.answer(b"67890")
        await stage.read(b"67890")

    assert staged(talk).recorded[0].answer.data == b"1234567890"


def test_one_connection_carries_many_calls_and_requests_sent_at_once(staged):
    get = b"GET /priv/v1/apps/k/users/search?email=a HTTP/1.1\r\nHost: t\r\n\r\n"

    async def talk(stage):
        for _ in range(3):
            stage.send(POST)
            stage.answer(OK)
            await stage.read(b"{}")
        stage.send(get + get)
        await stage.until(lambda: stage.got.count(b"GET ") == 2)
        stage.answer(OK + OK)
        await stage.read(b"{}")
        await stage.read(b"{}")

    stage = staged(talk)
    assert [one.method for one in stage.recorded] == ["POST"] * 3 + ["GET"] * 2
    assert b"Host: t\r" not in stage.got


def test_what_comes_before_the_answer_passes_and_is_not_the_answer(staged):
    async def talk(stage):
        stage.send(POST.replace(b"Content-Length", b"Expect: 100-continue\r\nContent-Length"))
        stage.answer(b"HTTP/1.1 100 Continue\r\n\r\n")
        await stage.read(b"Continue\r\n\r\n")
        stage.answer(OK)
        await stage.read(b"{}")

    assert [one.status for one in staged(talk).recorded] == [200]


def test_packed_bodies_pass_packed_and_are_read_unpacked(staged):
    packed = gzip.compress(b'{"status":"ok"}')
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed

    async def talk(stage):
        stage.send(POST)
        stage.answer(answer)
        assert await stage.read(packed) == answer

    assert staged(talk).recorded[0].answer.data == b'{"status":"ok"}'


def test_an_answer_that_ends_with_the_connection_is_whole(staged):
    async def talk(stage):
        stage.send(POST)
        await stage.until(lambda: stage.got.endswith(b'{"a":1}'))
        stage.answer(b"HTTP/1.0 200 OK\r\n\r\n{}")
        stage.answer(None)
        assert await stage.reader.read() == b"HTTP/1.0 200 OK\r\n\r\n{}"
        await stage.until(lambda: stage.recorded)

    (one,) = staged(talk).recorded
    assert (one.answer.data, one.failure) == (b"{}", None)


def test_it_hangs_up_when_the_target_does_and_never_sends_twice(staged):
    async def talk(stage):
        stage.send(POST)
        await stage.until(lambda: stage.got)
        stage.answer(None)
        assert await stage.reader.read() == b""
        await stage.until(lambda: stage.recorded)

    stage = staged(talk)
    assert stage.got.count(b"POST") == 1
    assert [(one.status, one.failure) for one in stage.recorded] == [(None, "closed")]


def test_a_client_that_gives_up_has_no_answer(staged):
    async def talk(stage):
        stage.send(POST)
        await stage.until(lambda: stage.got)
        stage.writer.close()
        await stage.until(lambda: any(one._left for one in stage.proxy._passages))
        answered.append(time.time_ns() // 1000)
        stage.answer(OK)
        await stage.until(lambda: stage.recorded)

    answered: list[int] = []
    (recorded,) = staged(talk).recorded
    assert recorded.failure == "timeout"
    assert recorded.ended is not None
    assert recorded.ended <= answered[0]  # for the client it was over when it gave up, not when the target answered


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    ],
)
def test_headers_and_trailers_without_end_are_not_kept(begins, goes_on):
    answers = PassingAnswers(print)
    answers.feed(begins)
    for _ in range(3):
        assert not answers.broken
        answers.feed(goes_on * (32_000 // len(goes_on)))
    assert answers.broken
    assert answers.message.headers == []


def test_trailers_of_a_request_without_end_pass_unread(staged):
    head = b"POST /x HTTP/1.1\r\nHost: till\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"

    async def talk(stage):
        stage.send(head + b"X: y\r\n" * 60_000)
        await stage.until(lambda: len(stage.got) > 359_000)

    assert staged(talk).proxy.told.unread == {"a head of more than 64 KiB": 1}


def test_nothing_is_written_to_who_has_gone():
    class Gone:  # what uvloop does, and plain asyncio does not
        def write(self, data: object) -> None:
            raise RuntimeError("the handler is closed")

        def is_closing(self) -> bool:
            return True

        def close(self) -> None:
            pass

    async def play() -> None:
        gone = cast(asyncio.StreamWriter, Gone())
        passage = _Passage(Proxy({}, lambda method, path: Route("core"), print), asyncio.StreamReader(), gone, None)
        said = asyncio.StreamReader()
        said.feed_data(OK)
        said.feed_eof()
        await passage._answer(said, gone)
        await passage._send(gone, POST)

    asyncio.run(play())


def test_it_ends_in_silence_while_a_client_that_has_left_is_waited_for(staged):
    async def talk(stage):
        stage.send(POST)
        await stage.until(lambda: stage.got)
        stage.writer.close()
        await stage.until(lambda: any(one._left for one in stage.proxy._passages))
        for task in asyncio.all_tasks():
            if "serve" in repr(task.get_coro()):
                task.cancel()  # as the end of the loop does

    assert [one.failure for one in staged(talk).recorded] == ["timeout"]


def test_a_redirect_is_the_clients_to_follow(staged):
    moved = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"

    async def talk(stage):
        stage.send(POST)
        stage.answer(moved)
        assert await stage.read(b"\r\n\r\n") == moved

    stage = staged(talk)
    assert stage.got.count(b"HTTP/1.1") == 1
    assert stage.recorded[0].status == 307


@pytest.mark.parametrize(
    "odd", [b"\x16\x03\x01 no HTTP at all\r\n\r\n", b"POST /x HTTP/1.1\r\nContent-Length: x\r\n\r\n{}", b"G" * 70_000]
)
def test_what_is_no_http_passes_unread(staged, odd):
    async def talk(stage):
        stage.send(odd)
        await stage.until(lambda: len(stage.got) >= len(odd))
        stage.answer(b"anything\n")
        assert await stage.read(b"\n") == b"anything\n"

    stage = staged(talk)
    assert bytes(stage.got) == odd
    assert sum(stage.proxy.told.unread.values()) == 1
    assert stage.recorded == []


def test_an_answer_that_is_no_http_passes_unread(staged):
    async def talk(stage):
        stage.send(POST)
        stage.answer(b"garbage\n")
        assert await stage.read(b"\n") == b"garbage\n"

    assert [one.status for one in staged(talk).recorded] == [None]


def test_a_target_below_a_path_gets_that_path_once(staged):
    async def talk(stage):
        stage.send(POST)
        stage.answer(OK)
        await stage.read(b"{}")
        stage.send(POST.replace(b"/api", b"/below/api"))
        stage.answer(OK)
        await stage.read(b"{}")

    stage = staged(talk, prefix="/below")
    assert stage.got.count(b"POST /below/api/2.0/Lock") == 2


def test_a_call_that_may_not_pass_is_answered_403_by_us(staged):
    async def talk(stage):
        stage.send(POST)
        told = await stage.reader.read()
        assert told.startswith(b"HTTP/1.1 403 Forbidden\r\nServer: offerproof watch\r\n")
        assert b"lock (production)" in told

    stage = staged(talk, refuse="lock (production)")
    assert (bytes(stage.got), stage.recorded) == (b"", [])
    assert stage.proxy.told.refused == {"lock (production)": 1}


def test_a_target_that_is_not_there_is_a_connection_that_closes(staged):
    async def talk(stage):
        stage.send(POST)
        assert await stage.reader.read() == b""

    stage = staged(talk, dead=True)
    assert sum(stage.proxy.told.unreachable.values()) == 1
    assert [(one.status, one.failure) for one in stage.recorded] == [(None, "closed")]


def test_exchanges_are_told_in_the_order_of_their_starts():
    told: list[Recorded] = []
    proxy = Proxy({}, lambda method, path: Route("core"), told.append)
    first, second = (proxy.began(PassedMessage(), f"http://{name}") for name in ("first", "second"))
    second.started = first.started + 1
    proxy.ended(second, None, "closed")
    assert told == []
    proxy.ended(first, None, "closed")
    proxy.ended(first, None, "closed")
    assert [one.url for one in told] == ["http://first", "http://second"]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make a certificate with")
def test_tls_is_spoken_to_the_client_and_to_the_target(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=unit test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate, key)
    trusted = ssl.create_default_context(cafile=str(certificate))
    recorded: list[Recorded] = []

    async def target(reader, writer):
        await reader.readuntil(b'{"a":1}')
        writer.write(OK)

    async def play(trusting):
        server = await asyncio.start_server(target, "127.0.0.1", 0, ssl=served)
        upstream = Upstream("127.0.0.1", server.sockets[0].getsockname()[1], tls=trusting)
        proxy = Proxy({"cloudpos": upstream}, lambda method, path: Route("cloudpos"), recorded.append)
        reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.listen(0, tls=served), ssl=trusted)
        writer.write(POST)
        answer = await asyncio.wait_for(reader.read(len(OK)), 10)
        writer.close()
        await proxy.close()
        server.close()
        return answer, proxy.told.unreachable

    assert asyncio.run(play(trusted)) == (OK, {})
    assert recorded[0].url.startswith("https://127.0.0.1:")
    answer, unreachable = asyncio.run(play(ssl.create_default_context()))
    assert answer == b""  # a target that nobody vouches for is not spoken to
    assert [name.rpartition(": ")[2] for name in unreachable] == ["SSLCertVerificationError"]
