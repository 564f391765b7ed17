#!/usr/bin/env bash
# One request that costs 11 of 10 units is refused and uses the hour up for limits and throttled-py with a fixed window and for rate-limiter-flexible.
# Packages: limits 5.8.0, throttled-py 3.5.0, pyrate-limiter 4.5.1 from PyPI; rate-limiter-flexible 11.4.0 from npm
# Expected: what is refused costs nothing: after a refused 11, two requests of 5 go through in an hour that has 10.
# Happens: the fixed windows, and throttled-py's sliding one, count first and look then, so nothing goes through for the rest of the hour; rate-limiter-flexible
#   counts on with each refusal. Moving windows, buckets and pyrate-limiter take nothing for a refusal. A cost of 0 is refused where the
#   hour is used up by limits' fixed window and rate-limiter-flexible, and let through by all others.
# Matters: a till that asks for one batch too large is locked out, and whether it is depends on the name of the strategy.
# Output seen:
#> limits, FixedWindow: 11 refused, 5 refused, 5 refused, 1 refused, 0 refused
#> limits, MovingWindow: 11 refused, 5 passes, 5 passes, 1 refused, 0 passes
#> limits, SlidingWindowCounter: 11 refused, 5 passes, 5 passes, 1 refused, 0 passes
#> throttled-py, fixed_window: 11 refused, 5 refused, 5 refused, 1 refused, 0 passes
#> throttled-py, sliding_window: 11 refused, 5 refused, 5 refused, 1 refused, 0 passes
#> throttled-py, token_bucket: 11 refused, 5 passes, 5 passes, 1 refused, 0 passes
#> throttled-py, leaking_bucket: 11 refused, 5 passes, 5 passes, 1 refused, 0 passes
#> throttled-py, gcra: 11 refused, 5 passes, 5 passes, 1 refused, 0 passes
#> pyrate-limiter: 11 refused, 5 passes, 5 passes, 1 refused, 0 passes
#> rate-limiter-flexible: 11 refused, 5 refused, 5 refused, 1 refused, 0 refused
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check limits==5.8.0 throttled-py==3.5.0 pyrate-limiter==4.5.1
npm install --silent --no-audit --no-fund --prefix "$work" rate-limiter-flexible@11.4.0 >/dev/null
cd "$work"
cat >limit.mjs <<'PROGRAM'
import { RateLimiterMemory } from "rate-limiter-flexible";

const limiter = new RateLimiterMemory({ points: 10, duration: 3600 });
const answers = [];
for (const cost of [11, 5, 5, 1, 0]) {
  answers.push(await limiter.consume("till", cost).then(() => `${cost} passes`, () => `${cost} refused`));
}
console.log(`rate-limiter-flexible: ${answers.join(", ")}`);
PROGRAM
cat >limit.py <<'PROGRAM'
from limits import parse, storage, strategies
from pyrate_limiter import Duration, Limiter, Rate
from throttled import Throttled, rate_limiter, store


def report(name, passes):
    print(f"{name}: {', '.join(f'{cost} passes' if passes(cost) else f'{cost} refused' for cost in (11, 5, 5, 1, 0))}")


hour = parse("10/hour")
for kind in (strategies.FixedWindowRateLimiter, strategies.MovingWindowRateLimiter, strategies.SlidingWindowCounterRateLimiter):
    limiter = kind(storage.MemoryStorage())
    report(f"limits, {kind.__name__.removesuffix('RateLimiter')}", lambda cost: limiter.hit(hour, "till", cost=cost))
for kind in ("fixed_window", "sliding_window", "token_bucket", "leaking_bucket", "gcra"):
    throttled = Throttled(key="till", using=kind, quota=rate_limiter.per_hour(10, burst=10), store=store.MemoryStore())
    report(f"throttled-py, {kind}", lambda cost: not throttled.limit(cost=cost).limited)
pyrate = Limiter(Rate(10, Duration.HOUR))
report("pyrate-limiter", lambda cost: pyrate.try_acquire("till", cost, blocking=False))
PROGRAM
{
  env/bin/python limit.py
  node limit.mjs
} >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "limit-refused-cost-counts: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
