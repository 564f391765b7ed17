"""``simulate --log``: one line for each request, as text or as JSON; never a secret, never a body."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from offerproof.errors import Misuse
from offerproof.simulator import routes
from offerproof.simulator.answers import Answer, Service
from offerproof.simulator.app import CONTROL, App

_REQUEST_ID = re.compile(rb'"request_id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|[0-9]{1,30})')
_CODE = re.compile(rb'"code":"([a-z_]{1,60})"')
_LONGEST = 64


class LogChoice(NamedTuple):
    """Where the log goes (``-``: standard error), and whether as JSON lines."""

    path: Path
    as_json: bool


class RequestLog:
    """Stands before an ``App`` and writes down what it is asked and answers.

    A line has the machine's time (UTC), the call (``-`` where there is none such), the status, the error code, the
    request_id, and the milliseconds that the answer took to make; what a scenario holds back is not counted.
    """

    def __init__(self, app: App, file: LogChoice) -> None:
        self._app = app
        self._as_json = file.as_json
        keys = app.auth.keys
        self._secrets = [
            keys.api_key,
            *(word for one in Service for word in (keys.pair(one).key, keys.pair(one).secret)),
        ]
        self._out: TextIO = sys.stderr
        if str(file.path) != "-":
            try:
                file.path.touch(0o600)
                self._out = file.path.open("a", buffering=1, encoding="utf-8")
            except OSError as problem:
                hint = "choose another --log FILE, or - for standard error"
                raise Misuse(f"cannot write the log {file.path}: {problem.strerror}", hint=hint) from None
        self.limit = app.limit
        self.release = app.release

    def handle(
        self,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        body: bytes,
        only: Service | None = None,
        *,
        oversize: bool = False,
    ) -> Answer:
        """Answer as the app does, and write it down."""
        started = time.perf_counter()
        answer = self._app.handle(method, target, headers, body, only, oversize=oversize)
        took = (time.perf_counter() - started) * 1000
        self._write(self._call(method, target, body, only), answer, self._request_id(body), took)
        return answer

    def refused(self, answer: Answer) -> None:
        """Write down what was no request that the app could be asked."""
        self._write("-", answer, "", 0.0)

    def close(self) -> None:
        """Close the file."""
        if self._out is not sys.stderr:
            self._out.close()

    def _call(self, method: bytes, target: bytes, body: bytes, only: Service | None) -> str:
        if self._app.control is not None and target.startswith(CONTROL):
            name = target.partition(b"?")[0].removeprefix(CONTROL).strip(b"/").decode("latin-1")
            return f"control.{name}" if name.isidentifier() else "control"
        match = routes.find(target, only)
        operation = match.methods.get(method) if match is not None else None
        if match is None or operation is None:
            return "-"
        return "lookup" if match.either and b'"request_payload"' in body else operation.name

    def _request_id(self, body: bytes) -> str:
        found = _REQUEST_ID.search(body)
        if found is None:
            return ""
        with contextlib.suppress(ValueError):
            text = str(json.loads(found[1]))[:_LONGEST]
            return "***" if any(secret in text for secret in self._secrets) else text
        return ""

    def _write(self, call: str, answer: Answer, request_id: str, took: float) -> None:
        failed = answer.status >= 400 or answer.body.startswith(b'{"status":"error"')
        code = found[1].decode() if failed and (found := _CODE.search(answer.body)) else ""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._as_json:
            line = json.dumps(
                {
                    "time": now,
                    "call": call,
                    "status": answer.status,
                    "code": code or None,
                    "request_id": request_id or None,
                    "ms": round(took, 3),
                }
            )
        else:
            shown = json.dumps(request_id) if request_id else "-"
            line = f"{now} {call} {answer.status} {code or '-'} {shown} {took:.1f} ms"
        with contextlib.suppress(OSError, ValueError):  # a log that cannot be written keeps nobody from an answer
            print(line, file=self._out)
