#!/usr/bin/env bash
# A service that closes after each answer, and says so, is half available to siege, and autocannon loses every second answer or all of them.
# Packages: autocannon 9.0.0, loadtest 8.2.1 from npm; Debian 12: siege 4.0.7-1+b1, hey 0.1.4-2+b4
# Expected: Connection: close is an ordinary answer of HTTP/1.1, with a length or without one: 20 requests are 20 answers, and no error.
# Happens: siege with connection = keep-alive sends each second request into the closed connection and counts it as failed: availability 50.
#   autocannon loses half of the requests, and of answers whose end is the end of the connection it counts none. The errors that it names are
#   fewer than what is missing. hey and loadtest count 20 answers in both cases.
# Matters: a service behind a proxy that does not keep connections is failed for half of its sales, or passed without a single answer.
# Output seen:
#> closes, with a length: autocannon 10 answers, the rest named as errors: False, service saw 10
#> closes, with a length: siege availability 50.00, 10 failed, service saw 10
#> closes, with a length: hey 20 answers, service saw 20
#> closes, with a length: loadtest 20 answers, 0 errors, service saw 20
#> closes, without a length: autocannon 0 answers, the rest named as errors: False, service saw 20
#> closes, without a length: siege availability 50.00, 10 failed, service saw 10
#> closes, without a length: hey 20 answers, service saw 20
#> closes, without a length: loadtest 20 answers, 0 errors, service saw 20
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" autocannon@9.0.0 loadtest@8.2.1 >/dev/null
mkdir "$work/debs"
(cd "$work/debs" && apt-get download --quiet=2 siege=4.0.7-1+b1 hey=0.1.4-2+b4 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
cd "$work"
cat >try.py <<'PROGRAM'
import contextlib
import json
import os
import re
import socket
import subprocess
import threading

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def serve(listener, answer, closes, seen):
    """Give one answer to every request, and close the connection behind it where it says so."""

    def one(connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as file:
            while file.readline():
                old = False
                while (header := file.readline()) not in (b"\r\n", b""):
                    old = old or header.lower() == b"connection: close\r\n"
                seen.append(1)
                connection.sendall(answer(len(seen)))
                if old or closes(len(seen)):
                    break

    while True:
        threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()


def run(*command, answer, closes=lambda number: False):
    """Run a tool against a service of its own; return what it printed and how many requests the service saw."""
    listener, seen = socket.create_server(("127.0.0.1", 0)), []
    threading.Thread(target=serve, args=(listener, answer, closes, seen), daemon=True).start()
    words = [word.replace("URL", f"http://127.0.0.1:{listener.getsockname()[1]}/") for word in command]
    environment = {**os.environ, "HOME": os.getcwd(), "PATH": f"{os.path.abspath('root')}/usr/bin:{os.environ['PATH']}"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment)
    return done.stdout, len(seen)

CLOSING = {
    "with a length": ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    "without a length": ANSWER.replace(b"Content-Length: 2", b"Connection: close"),
}
with open("siegerc", "w") as file:
    file.write("protocol = HTTP/1.1\nconnection = keep-alive\nparser = false\njson_output = true\n")
for label, answer in CLOSING.items():
    always = {"answer": lambda number: answer, "closes": lambda number: True}
    told, seen = run("node_modules/.bin/autocannon", "-a", "20", "-c", "1", "-j", "URL", **always)
    result = json.loads(told)
    named = result["errors"] == 20 - result["2xx"]
    print(f"closes, {label}: autocannon {result['2xx']} answers, the rest named as errors: {named}, service saw {seen}")
    told, seen = run("siege", "-r", "20", "-c", "1", "-b", "--rc=siegerc", "URL", **always)
    available, failed = (re.search(rf'"{name}":\s*([0-9.]+)', told).group(1) for name in ("availability", "failed_transactions"))
    print(f"closes, {label}: siege availability {available}, {failed} failed, service saw {seen}")
    told, seen = run("hey", "-n", "20", "-c", "1", "URL", **always)
    print(f"closes, {label}: hey {re.search(r'([0-9]+) responses', told).group(1)} answers, service saw {seen}")
    told, seen = run("node_modules/.bin/loadtest", "-n", "20", "-c", "1", "-k", "URL", **always)
    done, errors = (re.search(rf"{name}: +([0-9]+)", told).group(1) for name in ("Completed requests", "Total errors"))
    print(f"closes, {label}: loadtest {done} answers, {errors} errors, service saw {seen}")
PROGRAM
python3 try.py >seen
if ! diff <(echo "$expected") seen; then
  echo "load-connection-close: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
