#!/usr/bin/env bash
# The CloudEvents kits write the JSON data "0018" as the body 0018, which is no JSON, text with quotes, and the value false as False: it depends on the kit.
# Packages: cloudevents 10.0.0 from npm; cloudevents 2.2.0 (cloudevents.v1 and cloudevents.core) from PyPI
# Expected: in an HTTP message in binary mode the body is the data in its content type, an attribute true is written true, and the three kits read each other.
# Happens: data of application/json that is a text is sent without quotes by npm's kit and by cloudevents.core, so that a strict reader gets bytes; data of
#   text/plain gets quotes from cloudevents.v1, which all others take for a part of it. npm's kit reads a JSON number as text, cuts times to
#   milliseconds in UTC, and gives an event without a time that of its reading. cloudevents.core writes false as False.
# Matters: a card number or a number of points that an event carries alone is another value for each reader of the queue.
# Output seen:
#> {"datacontenttype": "application/json", "data": "0018"}
#>   body "0018" written by cloudevents.v1, read by v1: "0018", core: "0018", npm: "0018"
#>   body 0018 written by cloudevents.core, read by v1: b'0018', core: "0018", npm: "0018"
#>   body 0018 written by npm, read by v1: b'0018', core: "0018", npm: "0018"
#> {"datacontenttype": "application/json", "data": 18}
#>   body 18 written by cloudevents.v1, read by v1: 18, core: 18, npm: "18"
#>   body 18 written by cloudevents.core, read by v1: 18, core: 18, npm: "18"
#>   body 18 written by npm, read by v1: 18, core: 18, npm: "18"
#> {"datacontenttype": "application/json", "data": false}
#>   body false written by cloudevents.v1, read by v1: false, core: false, npm: "false"
#>   body False written by cloudevents.core, read by v1: b'False', core: "False", npm: "False"
#>   body false written by npm, read by v1: false, core: false, npm: "false"
#> {"datacontenttype": "text/plain", "data": "0018"}
#>   body "0018" written by cloudevents.v1, read by v1: "0018", core: "\"0018\"", npm: "\"0018\""
#>   body 0018 written by cloudevents.core, read by v1: b'0018', core: "0018", npm: "0018"
#>   body 0018 written by npm, read by v1: b'0018', core: "0018", npm: "0018"
#> cloudevents.core writes the attribute true as True
#> 2026-03-01T10:00:00.1234567+02:00 is sent as 2026-03-01T08:00:00.123Z by npm's kit
#> an event without a time, read by npm's kit, has that of its reading
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check cloudevents==2.2.0
npm install --silent --no-audit --no-fund --prefix "$work" cloudevents@10.0.0 >/dev/null
cd "$work"
cat >events.json <<'JSON'
[
  {"datacontenttype": "application/json", "data": "0018"},
  {"datacontenttype": "application/json", "data": 18},
  {"datacontenttype": "application/json", "data": false},
  {"datacontenttype": "text/plain", "data": "0018"}
]
JSON
cat >by_python.py <<'PROGRAM'
import json
import sys
import warnings

from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event
from cloudevents.core.v1.event import CloudEvent as CoreEvent
from cloudevents.v1.http import CloudEvent, from_http, to_binary

warnings.simplefilter("ignore")
ALWAYS = {"id": "1", "type": "sale", "source": "/till"}


def written_by_v1(attributes, data):
    headers, body = to_binary(CloudEvent(attributes, data))
    return headers, body


def written_by_core(attributes, data):
    message = to_binary_event(CoreEvent({"specversion": "1.0", **attributes}, data))
    return message.headers, message.body


def read_by_v1(headers, body):
    return from_http(headers, body).data


def read_by_core(headers, body):
    return from_http_event(HTTPMessage(headers, body)).get_data()


def told(read, headers, body):
    try:
        data = read(headers, body)
    except Exception:
        return "an error"
    return repr(data) if isinstance(data, bytes) else json.dumps(data)


if sys.argv[1] == "write":
    messages = []
    for event in json.load(open("events.json")):
        attributes = {name: value for name, value in event.items() if name != "data"}
        for name, write in {"cloudevents.v1": written_by_v1, "cloudevents.core": written_by_core}.items():
            headers, body = write(ALWAYS | attributes, event["data"])
            messages.append({"event": event, "by": name, "headers": headers, "body": body.decode()})
    json.dump(messages, open("messages.json", "w"))
    gold = to_binary_event(CoreEvent({"specversion": "1.0", "gold": True, **ALWAYS}, None)).headers["ce-gold"]
    print(f"cloudevents.core writes the attribute true as {gold}")
else:
    last = None
    for message in json.load(open("all.json")):
        if message["event"] != last:
            last = message["event"]
            print(json.dumps(last))
        headers, body = message["headers"], message["body"].encode()
        by = {"v1": told(read_by_v1, headers, body), "core": told(read_by_core, headers, body), "npm": message["npm"]}
        print(f"  body {message['body']} written by {message['by']}, read by", ", ".join(f"{name}: {what}" for name, what in by.items()))
PROGRAM
cat >by_js.mjs <<'PROGRAM'
import { readFileSync, writeFileSync } from "node:fs";
import { CloudEvent, HTTP } from "cloudevents";

const told = ({ headers, body }) => {
  try {
    return JSON.stringify(HTTP.toEvent({ headers, body }).data);
  } catch {
    return "an error";
  }
};
const byPython = JSON.parse(readFileSync("messages.json", "utf8"));
const all = JSON.parse(readFileSync("events.json", "utf8")).flatMap((event, number) => {
  const own = HTTP.binary(new CloudEvent({ id: "1", type: "sale", source: "/till", ...event }));
  const message = { event, by: "npm", headers: own.headers, body: String(own.body) };
  return [...byPython.slice(2 * number, 2 * number + 2), message].map((one) => ({ ...one, npm: told(one) }));
});
writeFileSync("all.json", JSON.stringify(all));
const fixed = { id: "1", type: "sale", source: "/till", specversion: "1.0" };
const timed = new CloudEvent({ ...fixed, time: "2026-03-01T10:00:00.1234567+02:00" });
console.log(`${timed.time} is sent as ${HTTP.binary(timed).headers["ce-time"]} by npm's kit`);
const headers = { "content-type": "text/plain", ...Object.fromEntries(Object.entries(fixed).map(([name, value]) => [`ce-${name}`, value])) };
const age = Date.now() - Date.parse(HTTP.toEvent({ headers, body: "0018" }).time);
console.log(`an event without a time, read by npm's kit, has ${Number.isNaN(age) ? "none" : age < 60000 ? "that of its reading" : "another"}`);
PROGRAM
env/bin/python by_python.py write >python
node by_js.mjs >js
env/bin/python by_python.py read >seen
cat python js >>seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "events-cloudevents-sdks: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
