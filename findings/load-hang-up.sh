#!/usr/bin/env bash
# A service that hangs up on every fourth request is reported without an error: autocannon loses it and measures nonsense, hey asks again unseen.
# Packages: autocannon 9.0.0 from npm; Debian 12: hey 0.1.4-2+b4, siege 4.0.7-1+b1
# Expected: 40 requests one after another, of which ten get no answer, are 30 answers and ten errors.
# Happens: autocannon says 40 sent, 30 answers and no error, reset or timeout; and from the first hang-up on its times grow with the run: together
#   they are many times longer than the run itself. hey's GET is sent again by its client, so that 53 requests reach the service, and 40 of 40 are
#   answered. With a POST hey counts the errors. siege counts 404 as a transaction that neither succeeded nor failed, 503 as a failed one.
# Matters: a service that drops a quarter of all sales passes, its percentiles are invented, or it is blamed for requests that nobody counted.
# Output seen:
#> autocannon, no hang-up: 40 sent, 40 answers, 0 errors, 0 resets, 0 timeouts; times fit into the run: True; service saw 40
#> autocannon: 40 sent, 30 answers, 0 errors, 0 resets, 0 timeouts; times fit into the run: False; service saw 40
#> hey GET: 40 answers, 0 errors; service saw 53
#> hey POST: 30 answers, 10 errors; service saw 40
#> siege: transactions 20, availability 50.00, successful_transactions 10, failed_transactions 20; service saw 40
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" autocannon@9.0.0 >/dev/null
mkdir "$work/debs"
(cd "$work/debs" && apt-get download --quiet=2 hey=0.1.4-2+b4 siege=4.0.7-1+b1 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
cd "$work"
cat >try.py <<'PROGRAM'
import itertools, json, os, re, socket, subprocess, threading, time


def serve(listener, answers, seen):
    """Give the answers in turn, each after 20 ms; for "hang up" close instead."""
    turns = itertools.cycle(answers)

    def one(connection):
        file = connection.makefile("rb")
        while line := file.readline():
            closes, length = b"HTTP/1.0" in line, 0
            while (header := file.readline()) not in (b"\r\n", b""):
                name, _, value = header.decode().lower().partition(":")
                length = int(value) if name == "content-length" else length
                closes = closes or (name, value.strip()) == ("connection", "close")
            file.read(length)
            answer = next(turns)
            time.sleep(0.02)
            seen.append(time.monotonic())
            if answer != "hang up":
                kept = "close" if closes else "keep-alive"
                connection.sendall(f"HTTP/1.1 {answer} X\r\nContent-Length: 2\r\nConnection: {kept}\r\n\r\n{{}}".encode())
            if answer == "hang up" or closes:
                break
        file.close()
        connection.close()

    while True:
        threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()


def run(*command, answers=("200", "404", "503", "hang up")):
    listener, seen = socket.create_server(("127.0.0.1", 0)), []
    threading.Thread(target=serve, args=(listener, answers, seen), daemon=True).start()
    words = [word.replace("URL", f"http://127.0.0.1:{listener.getsockname()[1]}/") for word in command]
    environment = {**os.environ, "HOME": os.getcwd(), "PATH": f"{os.path.abspath('root')}/usr/bin:{os.environ['PATH']}"}
    told = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False).stdout
    return told, seen


def autocannon(label, **more):
    told, seen = run("node_modules/.bin/autocannon", "-a", "40", "-c", "1", "-j", "URL", **more)
    result = json.loads(told)
    answers = result["2xx"] + result["non2xx"]
    fits = result["latency"]["average"] * answers < 2000 * (seen[-1] - seen[0])
    counts = ", ".join(f"{result[name]} {name}" for name in ("errors", "resets", "timeouts"))
    print(f"{label}: {result['requests']['sent']} sent, {answers} answers, {counts}; times fit into the run: {fits}; service saw {len(seen)}")


def hey(label, *options):
    told, seen = run("hey", "-n", "40", "-c", "1", *options, "URL")
    answers = sum(map(int, re.findall(r"(\d+) responses", told)))
    errors = sum(map(int, re.findall(r"^ +\[(\d+)\]\t[A-Z]", told, re.MULTILINE)))
    print(f"{label}: {answers} answers, {errors} errors; service saw {len(seen)}")


autocannon("autocannon, no hang-up", answers=("200", "404", "503"))
autocannon("autocannon")
hey("hey GET")
hey("hey POST", "-m", "POST", "-d", "{}")
told, seen = run("siege", "-r", "40", "-c", "1", "-b", "-j", "--rc=/dev/null", "URL")
names = ("transactions", "availability", "successful_transactions", "failed_transactions")
figures = (f"{name} {re.search(f'{chr(34)}{name}{chr(34)}:[^0-9]*([0-9.]+)', told).group(1)}" for name in names)
print(f"siege: {', '.join(figures)}; service saw {len(seen)}")
PROGRAM
python3 try.py >seen
if ! diff <(echo "$expected") seen; then
  echo "load-hang-up: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
