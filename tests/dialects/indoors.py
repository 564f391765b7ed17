"""A correct simulator in this process and the layers before it, without HTTP: the cheap way to hear every dialect."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from offerproof.client import HttpRequest, HttpResponse
from offerproof.simulator import profile as simulator_profile
from offerproof.simulator import program_file
from offerproof.simulator.answers import Service
from offerproof.simulator.app import App
from offerproof.simulator.control import ControlApi
from offerproof.simulator.credentials import drawn, drawn_token
from offerproof.target import Profile, load_profile
from tests.dialects.proxy import Answer, Call, Layer, layered, operation_of

NOWHERE = "http://127.0.0.1:9"


class Indoors:
    """A transport of the judge: hands each request through the layers to a simulator made from a program file."""

    def __init__(self, program: Path, layers: Iterable[Layer]) -> None:
        self.changed = 0
        self.broken: list[BaseException] = []
        keys, token = drawn(0), drawn_token(0)
        self._app = App(program_file.read(program), seed=0, keys=keys)
        self._app.control = ControlApi(self._app, token)
        path = program.with_name("simulator.toml")
        where = dict.fromkeys(Service, NOWHERE)
        simulator_profile.write(path, self._app.settings, keys, where, token=token, control=NOWHERE)
        self.profile: Profile = load_profile(path)
        self._came: list[Answer] = []
        self._guard = threading.Lock()
        self._forward = layered(self._handle, layers)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; one at a time."""
        parts = urlsplit(request.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        operation = operation_of(request.method, path, request.body)
        with self._guard:
            try:
                self._came.clear()
                answer = self._forward(Call(request.method, path, request.headers, request.body, operation))
            except BaseException as problem:
                self.broken.append(problem)
                raise
            self.changed += answer.says() not in [came.says() for came in self._came[-1:]]
        headers = {name.lower(): value for name, value in answer.headers}
        return HttpResponse(answer.status, headers, answer.body)

    def close(self) -> None:
        """There is nothing to hang up on."""

    def _handle(self, call: Call) -> Answer:
        headers = {name.lower().encode(): value.encode("latin-1") for name, value in call.headers.items()}
        came = self._app.handle(call.method.encode(), call.path.encode(), headers, call.body)
        self._came.append(Answer(came.status, came.body, (("Content-Type", "application/json"),)))
        return self._came[-1]
