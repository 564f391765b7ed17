"""What ``offerproof watch`` adds to a call on the loopback: ``python -m benchmarks.watch_latency [--calls 4000]``.

One connection straight to a simulator and one through the proxy, a Lookup on each in turn, so that whatever else the
machine does is shared. Prints both medians, their difference, and fails when it is a millisecond or more.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path

from offerproof.target import Profile, load_profile
from offerproof.watch import Watch, WatchOptions

LIMIT_MS = 1.0


def main() -> int:
    """Measure, print, and return 1 when the proxy adds too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=4000)
    calls: int = parser.parse_args().calls
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "simulator.toml"
        command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--profile-out", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
            assert simulator.stdout is not None
            simulator.stdout.readline()
            try:
                with Watch(WatchOptions(file, {"": 0})) as watch:
                    return _measured(load_profile(file), watch.ports[""], calls)
            finally:
                simulator.terminate()


def _measured(profile: Profile, port: int, calls: int) -> int:
    service = profile.services["cloudpos"]
    address = service.base_url.rpartition("://")[2]
    straight, through = http.client.HTTPConnection(address), http.client.HTTPConnection("127.0.0.1", port)
    assert service.key is not None
    assert service.secret is not None
    pair = b64encode(f"{service.key.reveal()}:{service.secret.reveal()}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
    took: dict[str, list[float]] = {"straight": [], "through watch": []}
    for number in range(calls):
        container = {"store_id": profile.ids.store, "client_id": profile.ids.client, "request_id": str(number)}
        body = json.dumps(container | {"request_payload": {"external_customer_id": "nobody"}})
        for name, connection in (("straight", straight), ("through watch", through)):
            began = time.perf_counter()
            connection.request("POST", "/api/2.0/Lookup", body, headers)
            connection.getresponse().read()
            took[name].append((time.perf_counter() - began) * 1000)
    for name, times in took.items():
        cut = statistics.quantiles(times, n=100)
        print(f"{name:<14} median {cut[49]:.3f} ms, p95 {cut[94]:.3f} ms, p99 {cut[98]:.3f} ms")
    added = statistics.median(took["through watch"]) - statistics.median(took["straight"])
    print(f"added at the median: {added:.3f} ms over {calls} calls each (limit {LIMIT_MS} ms)")
    return int(added >= LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
