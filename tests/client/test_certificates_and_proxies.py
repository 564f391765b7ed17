"""A private certificate authority, and a proxy, are honoured where the profile names them; nowhere else."""

from __future__ import annotations

import queue
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from offerproof.client import HttpRequest, RequestsTransport, TransportFailed
from offerproof.conformance import Options, certify
from offerproof.contract import Level
from offerproof.target import load_profile

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl to make a certificate with")
BODY = b'{"status":"ok"}'


def answered(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    named = [line for line in head.lower().splitlines() if line.startswith(b"content-length:")]
    missing = int(named[0].partition(b":")[2]) - len(body) if named else 0
    while missing > 0 and (piece := connection.recv(65_536)):  # closing over unread bytes would reset the connection
        missing -= len(piece)
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
    return received


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A key and a certificate of our own for 127.0.0.1, made on the spot."""
    folder = tmp_path_factory.mktemp("authority")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [str(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=unit test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "keyUsage=digitalSignature,keyCertSign"]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate


@pytest.fixture
def secured(serve, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority[1], authority[0])

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            answered(secure)

    return serve(handle).replace("http://", "https://")


@needs_openssl
def test_a_server_that_closes_without_a_word_loses_no_request_over_tls(serve, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority[1], authority[0])
    closed: queue.Queue[None] = queue.Queue()

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65_536)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
        closed.put(None)

    address = serve(handle).replace("http://", "https://")
    transport = RequestsTransport(timeout_s=10, ca_files={"core": authority[1]})
    for _ in range(5):
        assert transport.send(get(address)).body == BODY
        closed.get(timeout=10)


def get(url: str) -> HttpRequest:
    return HttpRequest("GET", url, {}, b"", "core")


@needs_openssl
def test_a_private_authority_is_trusted_where_the_profile_names_it(secured, authority):
    transport = RequestsTransport(timeout_s=5, ca_files={"core": authority[1]})
    assert transport.send(get(secured)).body == BODY
    with pytest.raises(TransportFailed, match="tls"):
        RequestsTransport(timeout_s=5, ca_files={"offers": authority[1]}).send(get(secured))


@needs_openssl
def test_nothing_of_the_environment_makes_a_certificate_trusted(secured, authority, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(authority[1]))
    with pytest.raises(TransportFailed, match="tls"):
        RequestsTransport(timeout_s=5).send(get(secured))


@pytest.mark.slow
@needs_openssl
def test_a_profile_with_a_private_authority_reaches_its_target_and_one_without_says_what_to_do(
    secured, authority, make_profile_file, tmp_path
):
    for trusted, says in ((True, "fails"), (False, "its certificate is signed by an authority that we do not know")):
        file = make_profile_file(secured, f'ca_file = "{authority[1]}"' if trusted else "")
        done = certify(Options(profile=load_profile(file), level=Level.SMOKE, out=tmp_path / "runs"))
        told = done.run.interrupted.reason if done.run.interrupted else done.run.outcome.verdict.value
        assert says in told


@pytest.mark.slow
def test_speaking_tls_to_a_plain_port_and_the_other_way_round_is_said(
    serve, secured_or_none, make_profile_file, tmp_path
):
    plain = serve(answered).replace("http://", "https://")
    done = certify(Options(profile=load_profile(make_profile_file(plain)), level=Level.SMOKE, out=tmp_path / "runs"))
    assert "it speaks plain HTTP there, not TLS" in str(done.run.interrupted)
    if secured_or_none:
        wrong = make_profile_file(secured_or_none.replace("https://", "http://"))
        done = certify(Options(profile=load_profile(wrong), level=Level.SMOKE, out=tmp_path / "runs"))
        assert (
            "it speaks TLS there, not plain HTTP (write https:// instead of http:// into services.core.base_url)"
            in str(done.run.interrupted)
        )


@pytest.fixture
def secured_or_none(request):
    return request.getfixturevalue("secured") if OPENSSL else None


@pytest.fixture
def make_profile_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    monkeypatch.setenv("UNIT_API_KEY", "test-api-key")

    def make(address: str, more: str = "") -> Path:
        services = (
            "".join(f'[services.{name}]\nbase_url = "{address}"\n{more}\n' for name in ("offers", "cloudpos"))
            + f'[services.core]\nbase_url = "{address}"\napi_key_env = "UNIT_API_KEY"\n{more}\n'
        )
        file = tmp_path / "t.toml"
        file.write_text(f'schema = 1\nname = "unit"\nenvironment = "sandbox"\nallow_writes = true\n{services}')
        return file

    return make


def test_a_proxy_gets_the_requests_of_the_service_that_names_it(serve):
    seen: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    proxy = serve(lambda connection: seen.put(answered(connection)))
    transport = RequestsTransport(timeout_s=5, proxies={"core": proxy})
    assert transport.send(get("http://target.example/api?x=1")).body == BODY
    assert seen.get(timeout=10).startswith(b"GET http://target.example/api?x=1 HTTP/1.1\r\n")
    with pytest.raises(TransportFailed):
        transport.send(HttpRequest("GET", "http://127.0.0.1:1/", {}, b"", "offers"))
    assert seen.empty()


def test_a_proxy_that_is_not_there_is_unreachable():
    transport = RequestsTransport(timeout_s=5, proxies={"core": "http://127.0.0.1:1"})
    with pytest.raises(TransportFailed, match="unreachable"):
        transport.send(get("http://target.example/"))


@needs_openssl
def test_tls_goes_through_a_proxy_untouched(serve, secured, authority):
    seen: list[bytes] = []

    def tunnel(connection: socket.socket) -> None:
        seen.append(connection.recv(65_536))
        port = int(secured.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as behind:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            connection.settimeout(0.02)
            behind.settimeout(0.02)
            for _ in range(200):
                for source, drain in ((connection, behind), (behind, connection)):
                    try:
                        piece = source.recv(65_536)
                    except TimeoutError:
                        continue
                    if not piece:
                        return
                    drain.sendall(piece)

    transport = RequestsTransport(timeout_s=5, ca_files={"core": authority[1]}, proxies={"core": serve(tunnel)})
    assert transport.send(get(secured)).body == BODY
    assert seen[0].startswith(b"CONNECT 127.0.0.1:")
