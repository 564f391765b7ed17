#!/usr/bin/env bash
# parse-prometheus-text-format makes one histogram of two that differ in a label: the last one's buckets, without its label, its sum and its count.
# Packages: parse-prometheus-text-format 1.1.1, prom-client 15.1.3 from npm; prometheus-client 0.26.0 from PyPI
# Expected: its output "aims to be compatible with that of prom2json": each label set is an element of its own, with labels, sum and count.
# Happens: buckets and quantiles are put into one element over each other, as soon as there is a label besides le or quantile, and sum and
#   count are left out. A histogram without labels and labelled counters are read rightly.
# Matters: the time of every operation is the time of the one that was listed last; a gate on lock or on errors watches something else.
# Output seen:
#> prometheus-client: offer_seconds lock: 3 at most 0.1, 3 in all; sum 0.15
#> prometheus-client: offer_seconds release: 0 at most 0.1, 2 in all; sum 8
#> parse-prometheus-text-format: offer_seconds 1 element, labels none, 0 at most 0.1, 2 in all; sum none, count none
#> parse-prometheus-text-format: till_seconds 1 element, labels none, 1 at most 0.1, 1 in all; sum 0.05, count 1
#> parse-prometheus-text-format: size 1 element, labels none, median 9, sum none, count none
#> parse-prometheus-text-format: calls_total 2 elements, labels lock release
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check prometheus-client==0.26.0
npm install --silent --no-audit --no-fund --prefix "$work" parse-prometheus-text-format@1.1.1 prom-client@15.1.3 >/dev/null
cd "$work"
cat >write.js <<'PROGRAM'
const { Counter, Histogram, Summary, register } = require("prom-client");

const of = (name, more) => ({ name, help: name, ...more });
const offers = new Histogram(of("offer_seconds", { labelNames: ["operation"], buckets: [0.1, 1] }));
const tills = new Histogram(of("till_seconds", { buckets: [0.1, 1] }));
const sizes = new Summary(of("size", { labelNames: ["operation"], percentiles: [0.5] }));
const calls = new Counter(of("calls_total", { labelNames: ["operation"] }));
for (const [operation, times] of [["lock", [0.05, 0.05, 0.05]], ["release", [4, 4]]]) {
  for (const time of times) offers.observe({ operation }, time);
  sizes.observe({ operation }, operation === "lock" ? 1 : 9);
  calls.inc({ operation });
}
tills.observe(0.05);
register.metrics().then((text) => process.stdout.write(text));
PROGRAM
cat >read.js <<'PROGRAM'
const { readFileSync } = require("node:fs");
const exported = require("parse-prometheus-text-format");

const families = (exported.default ?? exported)(readFileSync("metrics.txt", "utf8"));
const find = (name) => families.find((family) => family.name === name).metrics;
const labels = (metrics) => metrics.map((one) => one.labels?.operation ?? "none").join(" ");
for (const name of ["offer_seconds", "till_seconds"]) {
  const [{ buckets, sum = "none", count = "none" }] = find(name);
  const counted = `${buckets["0.1"]} at most 0.1, ${buckets["+Inf"]} in all; sum ${sum}, count ${count}`;
  console.log(`parse-prometheus-text-format: ${name} ${find(name).length} element, labels ${labels(find(name))}, ${counted}`);
}
const [{ quantiles, sum = "none", count = "none" }] = find("size");
const told = `labels ${labels(find("size"))}, median ${quantiles["0.5"]}, sum ${sum}, count ${count}`;
console.log(`parse-prometheus-text-format: size ${find("size").length} element, ${told}`);
console.log(`parse-prometheus-text-format: calls_total ${find("calls_total").length} elements, labels ${labels(find("calls_total"))}`);
PROGRAM
node write.js >metrics.txt
"$work/env/bin/python" - >seen <<'PROGRAM'
from prometheus_client.parser import text_string_to_metric_families

(family,) = (one for one in text_string_to_metric_families(open("metrics.txt").read()) if one.name == "offer_seconds")
for operation in ("lock", "release"):
    values = {(one.name, one.labels.get("le")): one.value for one in family.samples if one.labels["operation"] == operation}
    low, all_of_them = (values["offer_seconds_bucket", le] for le in ("0.1", "+Inf"))
    total = values["offer_seconds_sum", None]
    print(f"prometheus-client: offer_seconds {operation}: {low:g} at most 0.1, {all_of_them:g} in all; sum {total:.3g}")
PROGRAM
node read.js >>seen
if ! diff <(echo "$expected") seen; then
  echo "metrics-histograms-become-one: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
