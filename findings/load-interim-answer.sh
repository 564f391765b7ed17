#!/usr/bin/env bash
# A service that says 102 Processing or 103 Early Hints first answers twice as many requests for wrk, and half of them for autocannon.
# Packages: autocannon 9.0.0 from npm; Debian 12: wrk 4.1.0-3+b2 with libluajit-5.1-2 2.1.0~beta3+git20220320, hey 0.1.4-2+b4
# Expected: an interim answer (1xx) is no answer: RFC 9110 asks every client to read past it. One request, one answer.
# Happens: wrk counts both, and tells twice the rate that the service saw. autocannon stops after half
#   of the requests and has half of its answers under 1xx, which it counts as failed (non2xx). hey counts one answer a request.
# Matters: the same service has double the throughput for one tool and 50 % errors for the other.
# Output seen:
#> 102: wrk counted 2 answers for a request, and named no fault
#> 102: autocannon, told to send 20: 10 answers 2xx, 10 non2xx
#> 102: hey, told to send 20: 20 answers, service saw 20
#> 103: wrk counted 2 answers for a request, and named no fault
#> 103: autocannon, told to send 20: 10 answers 2xx, 10 non2xx
#> 103: hey, told to send 20: 20 answers, service saw 20
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" autocannon@9.0.0 >/dev/null
mkdir "$work/debs"
(cd "$work/debs" && apt-get download --quiet=2 hey=0.1.4-2+b4 \
  wrk=4.1.0-3+b2 libluajit-5.1-2=2.1.0~beta3+git20220320+dfsg-4.1+deb12u1 >/dev/null 2>&1)
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

os.environ["LD_LIBRARY_PATH"] = os.path.abspath("root/usr/lib/x86_64-linux-gnu")
for interim in (b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </offers>; rel=preload\r\n\r\n"):
    label, always = interim[9:12].decode(), {"answer": lambda number: interim + ANSWER}
    told, seen = run("wrk", "-t", "1", "-c", "1", "-d", "1s", "URL", **always)
    faults = re.search("Non-2xx.*|Socket errors.*", told)
    print(f"{label}: wrk counted {round(int(re.search('([0-9]+) requests in', told).group(1)) / seen)} answers for a request,", end=" ")
    print(f"and named {faults.group() if faults else 'no fault'}")
    told, seen = run("node_modules/.bin/autocannon", "-a", "20", "-c", "1", "-j", "URL", **always)
    print(f"{label}: autocannon, told to send 20: {json.loads(told)['2xx']} answers 2xx, {json.loads(told)['non2xx']} non2xx")
    told, seen = run("hey", "-n", "20", "-c", "1", "URL", **always)
    print(f"{label}: hey, told to send 20: {re.search('([0-9]+) responses', told).group(1)} answers, service saw {seen}")
PROGRAM
python3 try.py >seen
if ! diff <(echo "$expected") seen; then
  echo "load-interim-answer: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
