#!/usr/bin/env bash
# "Kim Muster" and "MUSTER KIM" are equal to 30 % for rapidfuzz, 100 % for thefuzz and fuzzball, by the same function; nothing is like nothing to 0 or 100 %.
# Packages: rapidfuzz 3.14.6, thefuzz 0.22.1, jellyfish 1.3.0 from PyPI; fuzzball 2.2.6, jaro-winkler 0.2.8 from npm
# Expected: token_sort_ratio and its kin are ports of one another (thefuzz calls rapidfuzz) and give one score; likewise Jaro and Winkler.
# Happens: rapidfuzz compares as it is, fuzzball lower-cases for every function, and thefuzz for those on tokens only. Two empty names are alike to
#   100 % for ratio of two packages and to 0 % for token_set_ratio of the same; two names of which nothing is left are alike to 100 %. Two empty
#   names have a Jaro-Winkler similarity of 0 for two packages and of 1 for the third.
# Matters: a threshold of 90 % that was tuned with one of them merges customers without a name, or finds no duplicates, with another.
# Output seen:
#> "Kim Muster", "Kim Muster": rapidfuzz 100 100 100, thefuzz 100 100 100, fuzzball 100 100 100
#> "Kim Muster", "MUSTER KIM": rapidfuzz 20 30 30, thefuzz 20 100 100, fuzzball 60 100 100
#> "Kim Muster", "Muster, Kim": rapidfuzz 57 95 95, thefuzz 57 100 100, fuzzball 60 100 100
#>   Jaro-Winkler: jellyfish 0.64, rapidfuzz 0.64, jaro-winkler 0.61
#> "Kim Muster", "Kim": rapidfuzz 46 46 100, thefuzz 46 46 100, fuzzball 46 46 100
#> "Kim-Lee", "Kim Lee": rapidfuzz 86 86 86, thefuzz 86 100 100, fuzzball 100 100 100
#> "0018", "18": rapidfuzz 67 67 67, thefuzz 67 67 67, fuzzball 67 67 67
#> "-", "--": rapidfuzz 67 67 67, thefuzz 67 100 0, fuzzball 0 0 0
#> "", "Kim": rapidfuzz 0 0 0, thefuzz 0 0 0, fuzzball 0 0 0
#> "", "": rapidfuzz 100 100 0, thefuzz 100 100 0, fuzzball 0 0 0
#>   Jaro-Winkler: jellyfish 0.00, rapidfuzz 1.00, jaro-winkler 0.00
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check rapidfuzz==3.14.6 thefuzz==0.22.1 jellyfish==1.3.0
npm install --silent --no-audit --no-fund --prefix "$work" fuzzball@2.2.6 jaro-winkler@0.2.8 >/dev/null
cd "$work"
cat >pairs.json <<'JSON'
[["Kim Muster", "Kim Muster"], ["Kim Muster", "MUSTER KIM"], ["Kim Muster", "Muster, Kim"], ["Kim Muster", "Kim"], ["Kim-Lee", "Kim Lee"], ["0018", "18"],
  ["-", "--"], ["", "Kim"], ["", ""]]
JSON
cat >by_js.cjs <<'PROGRAM'
const fuzzball = require("fuzzball");
const jaroWinkler = require("jaro-winkler");

for (const [one, other] of require("./pairs.json")) {
  const scores = ["ratio", "token_sort_ratio", "token_set_ratio"].map((name) => fuzzball[name](one, other));
  console.log(JSON.stringify([scores.join(" "), jaroWinkler(one, other).toFixed(2)]));
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import json
import logging
import sys

import jellyfish
import rapidfuzz
from thefuzz import fuzz

NAMES = ("ratio", "token_sort_ratio", "token_set_ratio")
logging.disable()
for (one, other), line in zip(json.load(open("pairs.json")), sys.stdin):
    by_fuzzball, winkler = json.loads(line)
    scores = {
        "rapidfuzz": " ".join(str(round(getattr(rapidfuzz.fuzz, name)(one, other))) for name in NAMES),
        "thefuzz": " ".join(str(getattr(fuzz, name)(one, other)) for name in NAMES),
        "fuzzball": by_fuzzball,
    }
    print(f'"{one}", "{other}":', ", ".join(f"{name} {score}" for name, score in scores.items()))
    winklers = {
        "jellyfish": f"{jellyfish.jaro_winkler_similarity(one, other):.2f}",
        "rapidfuzz": f"{rapidfuzz.distance.JaroWinkler.similarity(one, other):.2f}",
        "jaro-winkler": winkler,
    }
    if len(set(winklers.values())) > 1:
        print("  Jaro-Winkler:", ", ".join(f"{name} {score}" for name, score in winklers.items()))
PROGRAM
node by_js.cjs 2>log | env/bin/python by_python.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "customer-fuzzy-scores: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
