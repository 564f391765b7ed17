"""HTTP: three hosts, each with manners of its own.

Core speaks HTTP/1.0 and hangs up; offers answers in chunks, compressed when asked; CloudPOS hangs up now and then.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hmac
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from . import core_service, offers_service, pos_service
from .house import House
from .plain import Json, Refusal, render

LARGEST_BODY = 512 * 1024


@dataclass(frozen=True)
class Keys:
    """What a caller of one service must know."""

    key: str
    secret: str
    api_key: str = ""


class Desk(ThreadingHTTPServer):
    """One service on its own port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: str, house: House, keys: Keys, port: int = 0) -> None:
        self.service, self.house, self.keys = service, house, keys
        self.served = 0
        handler = {"core": _Core, "offers": _Offers, "cloudpos": _CloudPos}[service]
        super().__init__(("127.0.0.1", port), handler)
        self.address = f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Serve in a thread until the process ends."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Desk
    server_version, sys_version = "Harbour/1", ""
    disable_nagle_algorithm = True
    timeout = 60

    def handle_one_call(self) -> None:
        try:
            body = self._body()
            self._let_in()
            url = urlsplit(self.path)
            with self.server.house.guard:
                self.server.house.catch_up()
                status, document = 200, self.call(url.path, url.query, body)
        except Refusal as no:
            status, document = no.status, self.refused(no)
        self.reply(status, document)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = handle_one_call  # noqa: N815

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            self.close_connection = True
            raise Refusal("argument_error", "say how long the body is", 411)
        if int(length) > LARGEST_BODY:
            self.close_connection = True
            raise Refusal("argument_error", "the body is too long", 413)
        return self.rfile.read(int(length))

    def _let_in(self) -> None:
        scheme, _, told = (self.headers.get("Authorization") or "").partition(" ")
        try:
            told = base64.b64decode(told.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            told = ""
        keys = self.server.keys
        wanted = f"{keys.key}:{keys.secret}"
        if self.server.house.broken("any-secret-opens") and told.startswith(f"{keys.key}:"):
            wanted = told
        if scheme.lower() != "basic" or not hmac.compare_digest(told.encode(), wanted.encode()):
            status = 403 if self.server.house.broken("strangers-are-forbidden") else 401
            raise Refusal("invalid_auth_token", "who are you?", status)

    def call(self, path: str, query: str, body: bytes) -> Json:
        raise NotImplementedError

    def refused(self, no: Refusal) -> Json:
        raise NotImplementedError

    def text(self, document: Json) -> bytes:
        return render(document).encode()

    def reply(self, status: int, document: Json) -> None:
        body = self.text(document)
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="harbour"')
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("X-Tide", "out")
        self.send_body(body)

    def send_body(self, body: bytes) -> None:
        self.server.served += 1
        if self.close_connection or self.server.served % 5 == 0:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self._write(body)

    def _write(self, body: bytes) -> None:
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server cannot read is a refusal like any other."""
        self.close_connection = True
        self.command = getattr(self, "command", None) or "GET"
        if not hasattr(self, "request_version") or self.request_version == "HTTP/0.9":
            self.request_version = "HTTP/1.1"
        no = Refusal("not_available", message or HTTPStatus(code).phrase, 405 if code == 501 else code)
        self.reply(min(no.status, 499), self.refused(no))

    def log_message(self, format: str, *args: object) -> None:
        return


class _Core(_Handler):
    protocol_version = "HTTP/1.0"

    def call(self, path: str, query: str, body: bytes) -> Json:
        found = core_service.answer(self.server.house, self.command, path, query, body, self.server.keys.api_key)
        return {**found, "status": "OK"}

    def refused(self, no: Refusal) -> Json:
        return {"errors": {"code": no.code, "message": no.words, "stack_trace": ""}, "status": "ERROR"}


class _Offers(_Handler):
    protocol_version = "HTTP/1.1"

    def call(self, path: str, query: str, body: bytes) -> Json:
        return {
            "payload": offers_service.answer(self.server.house, self.command, path, body),
            "status": "Ok",
            "errors": {},
        }

    def refused(self, no: Refusal) -> Json:
        error = {"code": no.code, "type": "harbour", "message": no.words, "details": None}
        return {"payload": None, "status": "error", "errors": error}

    def text(self, document: Json) -> bytes:
        return ("\n " + render(document, ",\n ") + "\n").encode()

    def send_body(self, body: bytes) -> None:
        if "gzip" in (self.headers.get("Accept-Encoding") or ""):
            self.send_header("Content-Encoding", "gzip")
            body = gzip.compress(body, 1)
        if self.request_version != "HTTP/1.1":
            super().send_body(body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        half = len(body) // 2 or 1
        parts = [body[:half], body[half:]]
        self._write(b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in parts if one) + b"0\r\n\r\n")


class _CloudPos(_Handler):
    protocol_version = "HTTP/1.1"

    def call(self, path: str, query: str, body: bytes) -> Json:
        word, payload = pos_service.answer(self.server.house, self.command, path, body)
        answered: dict[str, Any] = {"payload": payload, "status": word, "server_time": None}
        return answered if word == "ok" else {**answered, "errors": []}

    def refused(self, no: Refusal) -> Json:
        if self.server.house.broken("refusals-without-errors"):
            return {"status": "failed", "errors": None, "payload": None}
        return {"status": "failed", "errors": [{"Code": no.code, "Text": no.words}], "payload": None}
