#!/usr/bin/env bash
# Locust's FastHttpUser sends a GET that is hung up on twelve times and counts one, and its HttpUser takes 103 Early Hints for an answer without bytes.
# Packages: locust 2.47.0, geventhttpclient 2.6.1, requests 2.34.2, urllib3 2.8.0 from PyPI
# Expected: the two kinds of user measure alike: a request is sent once, FastHttpUser's max_retries is 0; 103 is read past and 200 is the answer.
# Happens: the client below FastHttpUser sends a GET again over new connections, many times, behind the one failure that is counted; a POST once.
#   HttpUser, over requests, counts the interim answer as a success of zero bytes, and never sees the 200. FastHttpUser reads past it.
# Matters: a service in trouble gets a multiple of the load that the report tells, and one with early hints is measured by its hints.
# Output seen:
#> HttpUser GET /hangs-up: 4 counted, 4 failed, 0 bytes; service saw 4
#> FastHttpUser GET /hangs-up: 4 counted, 4 failed, 0 bytes; service saw 48
#> FastHttpUser POST /hangs-up: 4 counted, 4 failed, 0 bytes; service saw 4
#> HttpUser GET /hints: 4 counted, 0 failed, 0 bytes; service saw 4
#> FastHttpUser GET /hints: 4 counted, 0 failed, 8 bytes; service saw 4
#> HttpUser GET /offers: 4 counted, 0 failed, 8 bytes; service saw 4
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check locust==2.47.0 geventhttpclient==2.6.1 requests==2.34.2 urllib3==2.8.0
cd "$work"
cat >service.py <<'PROGRAM'
import contextlib
import socket
import threading

INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </offers>; rel=preload\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
seen = []


def one(connection):
    """Read a request: hang up on it where its path says so, or answer it behind early hints."""
    with contextlib.suppress(OSError), connection, connection.makefile("rb") as file:
        while line := file.readline():
            length = 0
            while (header := file.readline()) not in (b"\r\n", b""):
                name, _, value = header.lower().partition(b":")
                length = int(value) if name == b"content-length" else length
            file.read(length)
            seen.append(line)
            if b"/hangs-up" in line:
                break
            connection.sendall(INTERIM + ANSWER if b"/hints" in line else ANSWER)


def serve():
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
PROGRAM
cat >scenario.py <<'PROGRAM'
import os

from locust import FastHttpUser, HttpUser, constant

sent = []


def ask(user):
    with user.client.request(os.environ["METHOD"], os.environ["ASKED"], catch_response=True):
        sent.append(1)
    if len(sent) == 4:
        user.environment.runner.quit()


class User({"HttpUser": HttpUser, "FastHttpUser": FastHttpUser}[os.environ["KIND"]]):
    wait_time = constant(0)
    tasks = [ask]
PROGRAM
cat >program.py <<'PROGRAM'
import json
import os
import subprocess

import service

url = service.serve()
for kind, method, path in (
    ("HttpUser", "GET", "/hangs-up"), ("FastHttpUser", "GET", "/hangs-up"), ("FastHttpUser", "POST", "/hangs-up"),
    ("HttpUser", "GET", "/hints"), ("FastHttpUser", "GET", "/hints"), ("HttpUser", "GET", "/offers"),
):
    service.seen.clear()
    command = ["env/bin/locust", "-f", "scenario.py", "--headless", "-u", "1", "-r", "1", "-H", url, "-t", "20s", "--json"]
    environment = {**os.environ, "KIND": kind, "METHOD": method, "ASKED": path}
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment).stdout
    (entry,) = json.loads(told[told.index("[") : told.rindex("]") + 1])
    counts = f"{entry['num_requests']} counted, {entry['num_failures']} failed, {entry['total_content_length']} bytes"
    print(f"{kind} {method} {path}: {counts}; service saw {len(service.seen)}")
PROGRAM
env/bin/python program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "load-locust-two-users: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
