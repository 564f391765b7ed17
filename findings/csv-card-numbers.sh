#!/usr/bin/env bash
# Newman and Artillery change card numbers that they read from CSV: 0012345 becomes 12345, 12E5 becomes 1200000 and 0x1F becomes 0.
# Packages: newman 6.2.2, artillery 2.0.21, @usebruno/cli 4.1.0 from npm
# Expected: a data file for a test names customers; each variable is the text of its cell, at least where it stands in quotes.
# Happens: what looks like a number is read by parseFloat, so it loses zeros, digits after the sixteenth, a plus sign, an E and what follows an x;
#   quotes keep it whole in Newman only. Artillery also makes a JSON number of a text member. Bruno keeps every text.
# Matters: the wrong customer is asked for, or nobody, and a load test measures refusals; a service is blamed for cards that it was never sent.
# Output seen:
#> newman: plain 12345, quoted 0012345
#> newman: plain 6060123456789012000, quoted 6060123456789012345
#> newman: plain 1200000, quoted 12E5
#> newman: plain 49301234, quoted +49301234
#> newman: plain 0, quoted 0x1F
#> artillery: plain 12345 (int), quoted 12345 (int)
#> artillery: plain 6060123456789012000 (int), quoted 6060123456789012000 (int)
#> artillery: plain 1200000 (int), quoted 1200000 (int)
#> artillery: plain 49301234 (int), quoted 49301234 (int)
#> artillery: plain 0 (int), quoted 0 (int)
#> bruno: plain 0012345, quoted 0012345
#> bruno: plain 6060123456789012345, quoted 6060123456789012345
#> bruno: plain 12E5, quoted 12E5
#> bruno: plain +49301234, quoted +49301234
#> bruno: plain 0x1F, quoted 0x1F
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" newman@6.2.2 artillery@2.0.21 @usebruno/cli@4.1.0 >/dev/null
mkdir "$work/bruno"
cd "$work"
cat >serve.py <<'PROGRAM'
import http.server, json


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told = ", ".join(f"{name} {value}" + ("" if isinstance(value, str) else f" ({type(value).__name__})") for name, value in asked.items())
        print(f"{self.path[1:]}: {told}", file=open("seen", "a"))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *words):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PROGRAM
python3 serve.py >port &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -s port ] && break || sleep 0.1; done
url=http://127.0.0.1:$(cat port)
cards=(0012345 6060123456789012345 12E5 +49301234 0x1F)
echo plain,quoted >cards.csv
for card in "${cards[@]}"; do echo "$card,\"$card\""; done >>cards.csv
cat >newman.json <<JSON
{"info": {"name": "cards", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
 "item": [{"name": "ask", "request": {"method": "POST", "url": "$url/newman",
   "body": {"mode": "raw", "raw": "{\"plain\": \"{{plain}}\", \"quoted\": \"{{quoted}}\"}"}}}]}
JSON
node_modules/.bin/newman run newman.json --iteration-data cards.csv >newman.log 2>&1
cat >artillery.yml <<YAML
config:
  target: $url
  phases: [{duration: 5, arrivalRate: 1, maxVusers: 1}]
  payload: {path: cards.csv, fields: [plain, quoted], order: sequence, skipHeader: true}
scenarios:
  - flow:
      - post: {url: /artillery, json: {plain: "{{ plain }}", quoted: "{{ quoted }}"}}
YAML
ARTILLERY_DISABLE_TELEMETRY=true node_modules/.bin/artillery run artillery.yml >artillery.log 2>&1
echo '{"version": "1", "name": "cards", "type": "collection"}' >bruno/bruno.json
cat >bruno/ask.bru <<BRU
meta {
  name: ask
  type: http
  seq: 1
}

post {
  url: $url/bruno
  body: json
  auth: none
}

body:json {
  {"plain": "{{plain}}", "quoted": "{{quoted}}"}
}
BRU
(cd bruno && ../node_modules/.bin/bru run ask.bru --csv-file-path ../cards.csv >../bruno.log 2>&1)
if ! diff <(echo "$expected") seen; then
  echo "csv-card-numbers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
