#!/usr/bin/env bash
# In json-rules-engine a rule whose list of alternatives is empty holds for every sale, and 9 points are more than 10 when both are text.
# Packages: json-rules-engine 7.3.1 from npm
# Expected: "any" of no conditions does not hold, as with some() of JavaScript; the operators for numbers compare numbers or refuse.
# Happens: greaterThan asks whether the fact is a number as text, then compares as JavaScript does: text with text by characters, text with
#   a number by value, a list of one number as that number. in finds a text inside a text, contains does not. What is missing or null is no number,
#   so neither less nor more than anything, and different from every value; notIn holds for it, doesNotContain does not.
# Matters: the offer for "any of these products" is for everybody once the last product is removed from its list.
# Output seen:
#> any of nothing: holds, all of nothing: holds
#> "9" greaterThan "10": holds
#> 9 greaterThan "10": does not hold
#> 11 greaterThan "10": holds
#> "11" greaterThan "10": holds
#> "9" greaterThan 10: does not hold
#> "11" greaterThan 10: holds
#> "11 points" greaterThan 10: does not hold
#> "11,50" greaterThan 10: does not hold
#> [11] greaterThan 10: holds
#> [11,12] greaterThan 10: does not hold
#> true greaterThan 10: does not hold
#> null lessThan 10: does not hold
#> nothing lessThan 10: does not hold
#> "" lessThan 10: does not hold
#> [] lessThan 10: does not hold
#> "18" in "0018": holds
#> 18 in "0018": holds
#> "0018" in "0018": holds
#> "18" in ["0018"]: does not hold
#> 18 in ["0018"]: does not hold
#> "0018" in ["0018"]: holds
#> "0018" contains "18": does not hold
#> ["18"] contains "18": holds
#> [18] contains "18": does not hold
#> null notEqual 10: holds
#> nothing notEqual 10: holds
#> "10" notEqual 10: holds
#> null notIn [10]: holds
#> nothing notIn [10]: holds
#> null doesNotContain "18": does not hold
#> nothing doesNotContain "18": does not hold
#> [] doesNotContain "18": holds
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" json-rules-engine@7.3.1 >/dev/null
cd "$work"
cat >rules.cjs <<'PROGRAM'
const { Engine } = require("json-rules-engine");

const holds = async (conditions, sale) => {
  const engine = new Engine([{ conditions, event: { type: "offer" } }], { allowUndefinedFacts: true });
  return (await engine.run(sale)).events.length ? "holds" : "does not hold";
};

(async () => {
  console.log(`any of nothing: ${await holds({ any: [] }, {})}, all of nothing: ${await holds({ all: [] }, {})}`);
  const cases = [
    ["greaterThan", "10", ["9", 9, 11, "11"]],
    ["greaterThan", 10, ["9", "11", "11 points", "11,50", [11], [11, 12], true]],
    ["lessThan", 10, [null, undefined, "", []]],
    ["in", "0018", ["18", 18, "0018"]],
    ["in", ["0018"], ["18", 18, "0018"]],
    ["contains", "18", ["0018", ["18"], [18]]],
    ["notEqual", 10, [null, undefined, "10"]],
    ["notIn", [10], [null, undefined]],
    ["doesNotContain", "18", [null, undefined, []]],
  ];
  for (const [operator, value, facts] of cases) {
    for (const fact of facts) {
      const sale = fact === undefined ? {} : { fact };
      const outcome = await holds({ all: [{ fact: "fact", operator, value }] }, sale);
      console.log(`${JSON.stringify(fact) ?? "nothing"} ${operator} ${JSON.stringify(value)}: ${outcome}`);
    }
  }
})();
PROGRAM
node rules.cjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "rules-json-rules-engine: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
