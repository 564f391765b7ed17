"""Why no request gets through to a service, found out by connections that carry no request: TLS, names, protocols."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from offerproof.target import TargetService

_URL: Final = "services.{0}.base_url"
HINTS: Final = {
    "unknown ca": (
        "its certificate is signed by an authority that we do not know",
        "name a file with that authority's certificate: services.{0}.ca_file",
    ),
    "wrong name": (
        "its certificate is for another host name",
        f"write a host name that the certificate holds into {_URL}",
    ),
    "expired": ("its certificate has expired", f"it must be renewed there, unless {_URL} or our own clock is wrong"),
    "not yet valid": ("its certificate is not valid yet", "is our own clock right?"),
    "client certificate": (
        "it wants a client certificate, which offerproof does not send",
        f"write an address that asks for none into {_URL}, such as a gateway that holds the certificate",
    ),
    "http/2 only": (
        "it speaks HTTP/2 only, and offerproof HTTP/1.1",
        f"write an address that speaks HTTP/1.1 into {_URL}, such as a gateway before it",
    ),
    "no tls": (
        "it speaks plain HTTP there, not TLS",
        f"write http:// instead of https://, or its TLS port, into {_URL}",
    ),
    "no handshake": (
        "it answers nothing to a TLS handshake",
        f"if it speaks plain HTTP, write http:// instead of https:// into {_URL}",
    ),
    "tls wanted": ("it speaks TLS there, not plain HTTP", f"write https:// instead of http:// into {_URL}"),
    "unknown host": ("there is no host of this name", f"is the host in {_URL} spelled right, and known here?"),
}
"""By what was found: the sentence after the service's name, and what to do, with ``{0}`` for the service."""
_VERIFY: Final = {
    **dict.fromkeys((2, 18, 19, 20, 21), "unknown ca"),
    **dict.fromkeys((62, 64), "wrong name"),
    9: "not yet valid",
    10: "expired",
}
"""OpenSSL's numbers of what is wrong with a certificate (``X509_V_ERR_…``)."""
_ALERTS: Final = {
    "CERTIFICATE_REQUIRED": "client certificate",
    "BAD_CERTIFICATE": "client certificate",
    "HANDSHAKE_FAILURE": "client certificate",
    "NO_APPLICATION_PROTOCOL": "http/2 only",
    "WRONG_VERSION_NUMBER": "no tls",
    "HTTP_REQUEST": "no tls",
    "RECORD_LAYER_FAILURE": "no tls",
}
"""By a part of OpenSSL's word for what the other side did."""
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""How a client begins HTTP/2: no request yet."""
_WAIT_S: Final = 2.0


def diagnose(service: TargetService, timeout_s: float) -> str | None:
    """Find out why a service gives no answer: a key of ``HINTS``, or None. Asks for nothing there.

    Behind a proxy nothing is found out: what would be seen is the proxy.
    """
    if service.proxy:
        return None
    where = urlsplit(service.base_url)
    secure = where.scheme == "https"
    address = (where.hostname or "", where.port or (443 if secure else 80))
    wait = min(timeout_s, _WAIT_S)
    try:
        if secure:
            return _over_tls(address, service, wait)
        if _speaks_tls(address, wait):
            return "tls wanted"
        with socket.create_connection(address, wait) as connection:
            connection.sendall(_PREFACE)
            return "http/2 only" if _is_http2(connection.recv(64)) else None
    except socket.gaierror:
        return "unknown host"
    except OSError:
        return None


def _over_tls(address: tuple[str, int], service: TargetService, wait: float) -> str | None:
    context = ssl.create_default_context(cafile=str(service.ca_file or DEFAULT_CA_BUNDLE_PATH))
    context.set_alpn_protocols(["http/1.1"])
    connected = False
    try:
        with socket.create_connection(address, wait) as plain:
            connected = True
            with context.wrap_socket(plain, server_hostname=address[0]) as connection, suppress(TimeoutError):
                # who wants a client certificate says so after the handshake of TLS 1.3; who speaks HTTP/2 begins
                return "http/2 only" if _is_http2(connection.recv(64)) else None
    except ssl.SSLCertVerificationError as problem:
        return _VERIFY.get(problem.verify_code)
    except TimeoutError:
        return "no handshake" if connected else None
    except ssl.SSLError as problem:
        reason = problem.reason or ""
        return next((kind for part, kind in _ALERTS.items() if part in reason), None)
    return None


def _speaks_tls(address: tuple[str, int], wait: float) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is sent: only who is there is asked
    with socket.create_connection(address, wait) as plain:
        try:
            context.wrap_socket(plain, server_hostname=address[0]).close()
        except ssl.SSLError as problem:
            return any(part in (problem.reason or "") for part, kind in _ALERTS.items() if kind != "no tls")
        except OSError:
            return False
    return True


def _is_http2(begin: bytes) -> bool:
    """Whether bytes begin with a frame SETTINGS of the connection itself."""
    return len(begin) >= 9 and begin[3] == 4 and begin[5:9] == bytes(4)
