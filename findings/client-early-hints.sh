#!/usr/bin/env bash
# requests takes 103 Early Hints for the answer, with ok true and no body, until niquests is installed beside it: then it reads the 200.
# Packages: requests 2.34.2, urllib3 2.8.0, httpx 0.28.1, aiohttp 3.14.5, niquests 3.21.2 from PyPI
# Expected: RFC 9110 asks every client to read past interim answers (1xx) to the final one; a package that is installed beside changes nothing.
# Happens: http.client of Python reads past 100 only, so requests and urllib3 return 103. httpx and aiohttp read on. niquests brings a fork of urllib3
#   that puts itself in the place of urllib3, so that the same requests returns 200 and the body.
# Matters: a test says that the service answers 103 and nothing, and on the machine of a colleague it passes.
# Output seen:
#> requests with urllib3 2.8.0: 103, ok True, body ''
#> httpx: 200, body '{}'
#> aiohttp: 200, body '{}'
#> requests after niquests was installed: 200, ok True, body '{}'
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5
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
cat >program.py <<'PROGRAM'
import asyncio
import sys

import aiohttp
import httpx
import requests
import service
import urllib3

url = service.serve() + "/hints"
answer = requests.get(url, timeout=10)
label = f"with urllib3 {urllib3.__version__}" if sys.argv[1] == "alone" else "after niquests was installed"
print(f"requests {label}: {answer.status_code}, ok {answer.ok}, body {answer.text!r}")
if sys.argv[1] == "alone":
    answer = httpx.get(url, timeout=10)
    print(f"httpx: {answer.status_code}, body {answer.text!r}")

    async def ask():
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            print(f"aiohttp: {answer.status}, body {await answer.text()!r}")

    asyncio.run(ask())
PROGRAM
env/bin/python program.py alone >seen
env/bin/pip install --quiet --disable-pip-version-check niquests==3.21.2
env/bin/python program.py beside >>seen
if ! diff <(echo "$expected") seen; then
  echo "client-early-hints: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
