#!/usr/bin/env bash
# A service that hangs up without an answer becomes 502 behind HAProxy and h2o, 503 behind Varnish, 500 behind lighttpd, and nothing behind tinyproxy.
# Packages: Debian 12: haproxy 2.6.12-1+deb12u4, varnish 7.1.1-2+deb12u1, lighttpd 1.4.69-1, h2o 2.2.5+dfsg2-7, tinyproxy-bin 1.11.1-2.1+deb12u1
# Expected: a gateway says 502, 503 or 504 where the service behind it gave no answer, so that a client can tell it from the service's own 500;
#   and one of them sends a POST again, because its connection may have been an old one.
# Happens: lighttpd says 500 as if it were the service's own fault, tinyproxy closes without an answer. Nobody sends the POST a second time,
#   neither on a connection that was used before (HAProxy, h2o, Varnish) nor on a new one.
# Matters: a client that counts 502 to 504 as "no answer, ask again" takes lighttpd's 500 for a refusal, and a sale that may have counted is lost.
# Output seen:
#> haproxy: POST -> 502, sent once
#> h2o: POST -> 502, sent once
#> varnish: POST -> 503, sent once
#> lighttpd: POST -> 500, sent once
#> tinyproxy: POST -> no answer, sent once
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debs"
(cd "$work/debs" && apt-get download --quiet=2 haproxy=2.6.12-1+deb12u4 varnish=7.1.1-2+deb12u1 lighttpd=1.4.69-1 h2o=2.2.5+dfsg2-7 \
  tinyproxy-bin=1.11.1-2.1+deb12u1 liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 libjemalloc2 libvarnishapi3 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
cd "$work"
cat >haproxy.cfg <<'TEXT'
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 5s
frontend gateway
  bind 127.0.0.1:GATEWAY
  default_backend service
backend service
  http-reuse always
  server service 127.0.0.1:SERVICE
TEXT
cat >h2o.cfg <<'TEXT'
listen: { host: 127.0.0.1, port: GATEWAY }
user: root
hosts: { default: { paths: { /: { proxy.reverse.url: "http://127.0.0.1:SERVICE/" } } } }
TEXT
echo 'vcl 4.1; backend service { .host = "127.0.0.1"; .port = "SERVICE"; }' >varnish.cfg
cat >lighttpd.cfg <<'TEXT'
server.modules = ("mod_proxy")
server.document-root = "/tmp"
server.bind = "127.0.0.1"
server.port = GATEWAY
proxy.server = ("" => (("host" => "127.0.0.1", "port" => SERVICE)))
TEXT
printf '%s\n' 'User root' 'Group root' 'Port GATEWAY' 'Listen 127.0.0.1' 'Timeout 20' 'ReversePath "/" "http://127.0.0.1:SERVICE/"' \
  'ReverseOnly Yes' >tinyproxy.cfg
cat >try.py <<'PROGRAM'
import http.client, os, pathlib, socket, subprocess, sys, threading, time

root = os.path.abspath("root")
libraries = f"{root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu"
commands = {
    "haproxy": [f"{root}/usr/sbin/haproxy", "-db", "-f", "CONFIG"],
    "h2o": [f"{root}/usr/bin/h2o", "-m", "worker", "-c", "CONFIG"],
    "varnish": [f"{root}/usr/sbin/varnishd", "-F", "-j", "none", "-a", "127.0.0.1:GATEWAY", "-T", "127.0.0.1:0", "-f", "CONFIG", "-s", "malloc,16m",
                "-n", os.path.abspath("varnish"), "-p", f"vmod_path={root}/usr/lib/x86_64-linux-gnu/varnish/vmods"],
    "lighttpd": [f"{root}/usr/sbin/lighttpd", "-D", "-m", f"{root}/usr/lib/lighttpd", "-f", "CONFIG"],
    "tinyproxy": [f"{root}/usr/bin/tinyproxy", "-d", "-c", "CONFIG"],
}


def serve(listener, asked):
    """Answer every request but a POST, which is read whole and then hung up on."""

    def one(connection):
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return connection.close()
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            if head.startswith(b"POST"):
                while not data.endswith(b"}"):
                    data += connection.recv(65536)
                asked.append(head)
                return connection.close()
            connection.sendall(b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 2\r\n\r\nok")

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=one, args=(connection,), daemon=True).start()


def ask(port, method, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, "/", body, {"Authorization": "Basic eDp5"})
        return connection.getresponse().status
    except OSError:
        return "no answer"
    finally:
        connection.close()


for name, command in commands.items():
    listener, asked = socket.create_server(("127.0.0.1", 0)), []
    threading.Thread(target=serve, args=(listener, asked), daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        gateway = free.getsockname()[1]
    ports = {"GATEWAY": str(gateway), "SERVICE": str(listener.getsockname()[1]), "CONFIG": os.path.abspath(f"{name}.set")}
    text, words = pathlib.Path(f"{name}.cfg").read_text(), command
    for word, value in ports.items():
        text, words = text.replace(word, value), [one.replace(word, value) for one in words]
    pathlib.Path(f"{name}.set").write_text(text)
    with open(f"{name}.log", "w") as log:
        process = subprocess.Popen(words, env={**os.environ, "LD_LIBRARY_PATH": libraries}, stdout=log, stderr=log)
    try:
        for _ in range(100):
            if ask(gateway, "GET") == 200:
                break
            time.sleep(0.1)
        ask(gateway, "GET")
        status = ask(gateway, "POST", b'{"request_id": "1"}')
        print(f"{name}: POST -> {status}, sent {'once' if len(asked) == 1 else f'{len(asked)} times'}")
    finally:
        process.terminate()
        process.wait(20)
PROGRAM
python3 try.py >seen
if ! diff <(echo "$expected") seen; then
  echo "gateway-no-answer: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
