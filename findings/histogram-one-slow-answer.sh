#!/usr/bin/env bash
# One slow answer among 1000 puts the 90th percentile of prom-client and two t-digests at 802 ms, where 999 answers took 5 ms.
# Packages: prom-client 15.1.3, tdigest 0.1.3 from npm; tdigest 0.5.2.2, pytdigest 0.1.4, crick 0.0.8, fastdigest 0.12.0, numpy 2.4.6 from PyPI
# Expected: with 999 durations of 5 ms and one of 1000 ms each percentile up to the 99th is 5 ms, give or take the 1 % that a sketch promises.
# Happens: tdigest, in both languages, and pytdigest keep equal values as one point in the middle of their ranks and draw a straight line from
#   there to the next point, so half of the 999 count as slower: the 90th percentile is 802 ms. Prom-client's Summary uses that tdigest.
#   Durations with many different values are right in all of them, so it shows only with whole milliseconds or a mock. Crick and fastdigest are right.
# Matters: a service is failed for a percentile that no request but one came near, and the faster and steadier it is, the worse.
# Output seen:
#> tdigest (npm): 50 %: 6, 90 %: 802, 99 %: 981, 100 %: 1000
#> prom-client: 50 %: 6, 90 %: 802, 99 %: 981, 100 %: 1000
#> tdigest (PyPI): 50 %: 6, 90 %: 802, 99 %: 981, 100 %: 1000
#> pytdigest: 50 %: 6, 90 %: 802, 99 %: 981, 100 %: 1000
#> crick: 50 %: 5, 90 %: 5, 99 %: 5, 100 %: 1000
#> fastdigest: 50 %: 5, 90 %: 5, 99 %: 5, 100 %: 1000
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check tdigest==0.5.2.2 pytdigest==0.1.4 crick==0.0.8 fastdigest==0.12.0 numpy==2.4.6
npm install --silent --no-audit --no-fund --prefix "$work" prom-client@15.1.3 tdigest@0.1.3 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const { TDigest } = require("tdigest");
const { Registry, Summary } = require("prom-client");

const percentiles = [0.5, 0.9, 0.99, 1];
const show = (name, values) => console.log(`${name}: ${percentiles.map((p, n) => `${p * 100} %: ${values[n].toFixed(0)}`).join(", ")}`);
const digest = new TDigest();
const summary = new Summary({ name: "duration", help: "ms", percentiles, registers: [new Registry()] });
for (let n = 0; n < 1000; n++) {
  const duration = n < 999 ? 5 : 1000;
  digest.push(duration);
  summary.observe(duration);
}
show("tdigest (npm)", digest.percentile(percentiles));
summary.get().then(({ values }) => show("prom-client", values.slice(0, percentiles.length).map(({ value }) => value)));
PROGRAM
cat >"$work/program.py" <<'PROGRAM'
import crick
import fastdigest
import numpy
import pytdigest
from tdigest import TDigest

durations = numpy.array([5.0] * 999 + [1000.0])
shares = (0.5, 0.9, 0.99, 1)


def show(name, at):
    print(f"{name}:", ", ".join(f"{share * 100:.0f} %: {float(at(share)):.0f}" for share in shares))


digest = TDigest()
digest.batch_update(durations)
show("tdigest (PyPI)", lambda share: digest.percentile(share * 100))
show("pytdigest", pytdigest.TDigest.compute(durations).inverse_cdf)
other = crick.TDigest()
other.update(durations)
show("crick", other.quantile)
show("fastdigest", fastdigest.TDigest.from_values(durations).quantile)
PROGRAM
{
  node "$work/program.js"
  "$work/env/bin/python" "$work/program.py"
} >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "histogram-one-slow-answer: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
