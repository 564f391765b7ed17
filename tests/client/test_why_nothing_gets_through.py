"""One sentence for each way in which no request gets through, found out without sending one."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from offerproof.client.diagnosis import HINTS, diagnose
from offerproof.target import TargetService

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl to make a certificate with")
SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


def certificate(folder: Path, name: str, *more: str) -> Path:
    """Key and certificate of its own authority in one file, for 127.0.0.1 unless ``more`` says otherwise."""
    file, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = [str(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(file), "-subj", "/CN=unit test", *more]
    if "-addext" not in more:
        command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    file.write_text(file.read_text() + key.read_text())
    return file


OF_2020 = """
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = IP:127.0.0.1
"""


def expired(folder: Path) -> Path:
    """As ``certificate``, of the first day of 2020 alone."""
    (folder / "index.txt").touch()
    (folder / "own.cnf").write_text(OF_2020)
    request = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    request += ["-keyout", "old.key", "-out", "old.csr", "-subj", "/CN=unit test"]
    sign = ["ca", "-batch", "-config", "own.cnf", "-selfsign", "-keyfile", "old.key", "-in", "old.csr", "-notext"]
    sign += ["-out", "old.pem", "-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]
    for command in (request, sign):
        subprocess.run([str(OPENSSL), *command], check=True, capture_output=True, cwd=folder)
    file = folder / "old.pem"
    file.write_text(file.read_text() + (folder / "old.key").read_text())
    return file


@pytest.fixture
def found(serve, tmp_path):
    """What is found out about a server that is made with a certificate and settings of TLS."""

    def find(
        *more: str,
        old: Path | None = None,
        trusted: bool = True,
        scheme: str = "https",
        mutual: ssl.TLSVersion | None = None,
        http2: bool = False,
    ) -> str | None:
        pem = old if old is not None else certificate(tmp_path, "server", *more)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(pem)
            context.maximum_version = mutual
        if http2:
            context.set_alpn_protocols(["h2"])

        def handle(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as secure:
                if http2:
                    secure.sendall(SETTINGS)
                secure.recv(64)

        url = serve(handle).replace("http:", f"{scheme}:")
        return diagnose(TargetService("core", url, None, None, ca_file=pem if trusted else None), 5)

    return find


@needs_openssl
def test_an_authority_that_nobody_named_is_unknown(found):
    assert found(trusted=False) == "unknown ca"
    assert found() is None


@needs_openssl
@pytest.mark.parametrize("names", ["subjectAltName=DNS:elsewhere.example", "subjectAltName=IP:127.0.0.9"])
def test_a_certificate_for_another_host_is_told_from_one_that_is_not_trusted(found, names):
    assert found("-addext", names) == "wrong name"


@needs_openssl
def test_an_expired_certificate_is_called_expired(found, tmp_path):
    assert found(old=expired(tmp_path)) == "expired"


@needs_openssl
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_who_wants_a_client_certificate_is_told_apart(found, version):
    assert found(mutual=version) == "client certificate"


@needs_openssl
def test_who_speaks_http2_only_is_told_apart_over_tls(found):
    assert found(http2=True) == "http/2 only"


@needs_openssl
def test_tls_on_a_port_called_plain_is_told_apart(found):
    assert found(scheme="http") == "tls wanted"


def test_plain_http_on_a_port_called_secure_is_told_apart_and_http2_without_tls_too(serve):
    def http1(connection: socket.socket) -> None:
        connection.recv(4_096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    def http2(connection: socket.socket) -> None:
        if connection.recv(4_096).startswith(b"PRI * HTTP/2.0"):
            connection.sendall(SETTINGS)

    assert diagnose(TargetService("core", serve(http1).replace("http:", "https:"), None, None), 5) == "no tls"
    assert diagnose(TargetService("core", serve(http2), None, None), 5) == "http/2 only"
    waits = serve(lambda connection: [connection.recv(4_096) for _ in range(9)] and None)
    assert diagnose(TargetService("core", waits.replace("http:", "https:"), None, None), 0.2) == "no handshake"
    assert diagnose(TargetService("core", serve(http1), None, None), 5) is None


def test_nobody_is_asked_where_nobody_listens_or_a_proxy_stands_between(serve):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert diagnose(TargetService("core", f"http://127.0.0.1:{port}", None, None), 5) is None
    url = serve(lambda connection: None)
    assert urlsplit(url).port
    assert diagnose(TargetService("core", url, None, None, proxy=url), 5) is None


def test_each_sentence_ends_in_a_hint_that_names_a_key_or_our_clock():
    for sentence, hint in HINTS.values():
        assert not sentence.endswith(".")
        assert "services.core." in hint.format("core") or "our own clock" in hint
