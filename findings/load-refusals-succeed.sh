#!/usr/bin/env bash
# Four refused logins are twenty successful transactions for siege, and loadtest --tcp counts no error when every answer is a 500.
# Packages: loadtest 8.2.1 from npm; Debian 12: siege 4.0.7-1+b1, hey 0.1.4-2+b4, httperf 0.9.0-9+b2
# Expected: 401 is a failed request, sent once when no password is known; a 500 is an error with its status; half a body is no answer.
# Happens: siege sends a request that is answered 401 five times and counts five successes. loadtest with --tcp, which its manual calls
#   experimental, looks at no status; without it the error code is -1 for a 500 as for a hang-up, where the manual shows the status. An answer
#   cut off in the middle of its body is 200 for hey and a reply for httperf; loadtest counts it as an error.
# Matters: a run with a wrong credential, or against a broken service, is a good one, and nobody learns which error it was.
# Output seen:
#> siege, 4 requests, all 401: 20 successful, 0 failed, availability 100.00; service saw 20
#> loadtest --tcp, 4 requests, all 500: 4 completed, 0 errors; service saw 4
#> loadtest, 4 requests, all 500: 4 completed, 4 errors; service saw 4; codes [('-1', '4')]
#> loadtest, 4 requests, all cut off: 4 completed, 4 errors; service saw 4; codes [('-1', '4')]
#> hey, 4 requests, all cut off: 4 times 200, no error; service saw 4
#> httperf, 4 requests, all cut off: 4 replies, 4 of them 2xx, 0 errors; service saw 4
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" loadtest@8.2.1 >/dev/null
mkdir "$work/debs"
(cd "$work/debs" && apt-get download --quiet=2 siege=4.0.7-1+b1 hey=0.1.4-2+b4 httperf=0.9.0-9+b2 >/dev/null 2>&1)
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

REFUSED = ANSWER.replace(b"200 OK", b'401 Unauthorized\r\nWWW-Authenticate: Basic realm="till"')
BROKEN = ANSWER.replace(b"200 OK", b"500 Internal Server Error")
cut = {"answer": lambda number: ANSWER.replace(b"Length: 2", b"Length: 20"), "closes": lambda number: True}


def figure(pattern, told):
    return re.search(pattern + r"\D*([0-9.]+)", told).group(1)


def loadtest(label, *options, **service):
    told, seen = run("node_modules/.bin/loadtest", "-n", "4", "-c", "1", *options, "URL", **service)
    codes = re.findall(r"(\S+): +([0-9]+) errors", told)
    print(f"{label}: {figure('Completed requests', told)} completed, {figure('Total errors', told)} errors; service saw {seen}", end="")
    print(f"; codes {codes}" if codes else "")


told, seen = run("siege", "-r", "4", "-c", "1", "-b", "-j", "--rc=/dev/null", "URL", answer=lambda number: REFUSED)
print(f"siege, 4 requests, all 401: {figure('successful_transactions', told)} successful, {figure('failed_transactions', told)} failed,", end=" ")
print(f"availability {figure('availability', told)}; service saw {seen}")
loadtest("loadtest --tcp, 4 requests, all 500", "--tcp", answer=lambda number: BROKEN)
loadtest("loadtest, 4 requests, all 500", answer=lambda number: BROKEN)
loadtest("loadtest, 4 requests, all cut off", **cut)
told, seen = run("hey", "-n", "4", "-c", "1", "URL", **cut)
errors = "an error" if "Error distribution" in told else "no error"
print(f"hey, 4 requests, all cut off: {figure('200.', told)} times 200, {errors}; service saw {seen}")
port = ("--server", "127.0.0.1", "--num-conns", "4", "--timeout", "5")
told, seen = run("sh", "-c", f"port=$(echo URL | tr -dc '0-9:' | cut -d: -f3); exec httperf {' '.join(port)} --port $port --uri /", **cut)
print(f"httperf, 4 requests, all cut off: {figure('replies', told)} replies, {figure('2xx=', told)} of them 2xx,", end=" ")
print(f"{figure('Errors: total', told)} errors; service saw {seen}")
PROGRAM
python3 try.py >seen
if ! diff <(echo "$expected") seen; then
  echo "load-refusals-succeed: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
