#!/usr/bin/env bash
# A counter raised by 0 points goes up by 1 with node-statsd, one raised by -1 goes up with statsd-client, and a balance set to -5 falls by 5 with all but one.
# Packages: node-statsd 0.1.1, statsd-client 0.4.7, hot-shots 17.1.1 from npm; statsd 4.0.1, datadog 0.56.0 from PyPI
# Expected: the number given is the number sent; a gauge set to -5 holds -5, for which the protocol wants 0 first, since a sign means a change.
# Happens: node-statsd takes 0 for no number given, and statsd-client what is below 0: both then send 1. Only statsd for Python sends the two lines that
#   set a gauge below zero. None guards a colon or a bar in a name, so that a receiver reads another name and another number, but hot-shots.
# Matters: sales without points count as points, returned ones as sold, and a balance falls with each report of one and the same value.
# Output seen:
#> decrement 2 by node-statsd: points:-2|c
#> decrement 2 by statsd-client: points:-2|c
#> decrement 2 by hot-shots: points:-2|c
#> decrement 2 by statsd: points:-2|c
#> decrement 2 by datadog: points:-2|c
#> gauge -5 by node-statsd: balance:-5|g
#> gauge -5 by statsd-client: balance:-5|g
#> gauge -5 by hot-shots: balance:-5|g
#> gauge -5 by statsd: balance:0|g and balance:-5|g
#> gauge -5 by datadog: balance:-5|g
#> increment -1 by node-statsd: points:-1|c
#> increment -1 by statsd-client: points:1|c
#> increment -1 by hot-shots: points:-1|c
#> increment -1 by statsd: points:-1|c
#> increment -1 by datadog: points:-1|c
#> increment 0 by node-statsd: points:1|c
#> increment 0 by statsd-client: points:0|c
#> increment 0 by hot-shots: points:0|c
#> increment 0 by statsd: points:0|c
#> increment 0 by datadog: points:0|c
#> increment 19.9 by node-statsd: points:19.9|c
#> increment 19.9 by statsd-client: points:19.9|c
#> increment 19.9 by hot-shots: points:19.9|c
#> increment 19.9 by statsd: points:19.9|c
#> increment 19.9 by datadog: points:19.9|c
#> name a:b|c by node-statsd: a:b|c:1|c
#> name a:b|c by statsd-client: a:b|c:1|c
#> name a:b|c by hot-shots: a_b_c:1|c
#> name a:b|c by statsd: a:b|c:1|c
#> name a:b|c by datadog: a:b|c:1|c
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" node-statsd@0.1.1 statsd-client@0.4.7 hot-shots@17.1.1 >/dev/null
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check statsd==4.0.1 datadog==0.56.0
cd "$work"
cat >send.mjs <<'PROGRAM'
import { createSocket } from "node:dgram";
import { once } from "node:events";
import HotShots from "hot-shots";
import NodeStatsd from "node-statsd";
import StatsdClient from "statsd-client";

const socket = createSocket("udp4");
socket.bind(0, "127.0.0.1");
await once(socket, "listening");
const where = { host: "127.0.0.1", port: socket.address().port };
const clients = {
  "node-statsd": new NodeStatsd(where),
  "statsd-client": new StatsdClient({ ...where, maxBufferSize: 0 }),
  "hot-shots": new HotShots(where),
};
const calls = {
  "increment 0": (client) => client.increment("points", 0),
  "increment -1": (client) => client.increment("points", -1),
  "increment 19.9": (client) => client.increment("points", 19.9),
  "decrement 2": (client) => client.decrement("points", 2),
  "gauge -5": (client) => client.gauge("balance", -5),
  "name a:b|c": (client) => client.increment("a:b|c", 1),
};
for (const [name, client] of Object.entries(clients)) {
  for (const [label, call] of Object.entries(calls)) {
    call(client);
    const [message] = await once(socket, "message");
    console.log(`${label} by ${name}: ${String(message).trim()}`);
  }
}
process.exit();
PROGRAM
cat >send.py <<'PROGRAM'
import socket

import statsd
from datadog.dogstatsd import DogStatsd

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
receiver.settimeout(10)
port = receiver.getsockname()[1]
plain = statsd.StatsClient("127.0.0.1", port)
datadog = DogStatsd("127.0.0.1", port, disable_telemetry=True, disable_buffering=True)
for name, client, up, down in (("statsd", plain, plain.incr, plain.decr), ("datadog", datadog, datadog.increment, datadog.decrement)):
    for label, call in (
        ("increment 0", lambda: up("points", 0)),
        ("increment -1", lambda: up("points", -1)),
        ("increment 19.9", lambda: up("points", 19.9)),
        ("decrement 2", lambda: down("points", 2)),
        ("gauge -5", lambda: client.gauge("balance", -5)),
        ("name a:b|c", lambda: up("a:b|c", 1)),
    ):
        call()
        print(f"{label} by {name}: {receiver.recv(999).decode().strip()}".replace("\n", " and "))
PROGRAM
{ timeout 60 node send.mjs; env/bin/python send.py; } | LC_ALL=C sort -s -k1,2 >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "metrics-statsd-nothing-counted: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
