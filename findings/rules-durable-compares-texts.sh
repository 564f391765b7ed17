#!/usr/bin/env bash
# A rule for 100 points and more holds for the text "9" in durable_rules, and a sale that no rule is for raises an exception.
# Packages: durable_rules 2.0.28 from PyPI (built here, with a C compiler and Python's headers)
# Expected: a number is compared with a text by value, or the rule does not hold; a sale that no rule is for leaves the engine quiet.
# Happens: where one side is a text both are compared as texts, by characters: "9", "99" and "abc" are at least 100, "1e3" as well, and the number 99 is at
#   least the text "100"; true is less. Equality by value: "5" is 5, 18 is not "0018". What is null fits no rule, and what fits none raises
#   MessageNotHandledException, after all the rules were tried.
# Matters: an offer for large purchases is granted to small ones as soon as the till sends amounts as text, as many APIs do.
# Output seen:
#> points 99: points < 100
#> points 100: points >= 100
#> points 100.0: points >= 100
#> points '9': points >= 100
#> points '99': points >= 100
#> points '100': points >= 100
#> points '1e3': points >= 100
#> points 'abc': points >= 100
#> points True: points < 100
#> points None: MessageNotHandledException
#> amount 99: amount >= "100"
#> amount '99': amount >= "100"
#> visits '5': visits == 5
#> visits 5.0: visits == 5
#> card '0018': card == "0018"
#> card 18: MessageNotHandledException
#> other 1: MessageNotHandledException
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check durable_rules==2.0.28
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from durable.lang import m, post, ruleset, when_all

held = []
with ruleset("offers"):

    @when_all(m.points >= 100)
    def many(c):
        held.append("points >= 100")

    @when_all(m.points < 100)
    def few(c):
        held.append("points < 100")

    @when_all(m.amount >= "100")
    def much(c):
        held.append('amount >= "100"')

    @when_all(m.visits == 5)
    def fifth(c):
        held.append("visits == 5")

    @when_all(m.card == "0018")
    def card(c):
        held.append('card == "0018"')


facts = [("points", value) for value in (99, 100, 100.0, "9", "99", "100", "1e3", "abc", True, None)]
facts += [("amount", 99), ("amount", "99"), ("visits", "5"), ("visits", 5.0), ("card", "0018"), ("card", 18), ("other", 1)]
for name, value in facts:
    held.clear()
    try:
        post("offers", {name: value})
    except Exception as error:
        held.append(type(error).__name__)
    print(f"{name} {value!r}: {', '.join(held)}")
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "rules-durable-compares-texts: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
