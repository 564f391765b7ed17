#!/usr/bin/env bash
# Two holders of one FileLock at a time: a SoftFileLock on the same path lets the first in and, on its release, deletes the file under it.
# Packages: filelock 4.3.1 from PyPI
# Expected: two kinds of lock on one path exclude each other, or the second kind says that it cannot be mixed with the first.
# Happens: FileLock takes the lock while a SoftFileLock has it. When the soft one is released it removes the file, and the next FileLock
#   locks a new file: two holders. The other way round the file that FileLock leaves behind keeps SoftFileLock out for ever.
# Matters: tools that share a ledger or a pool of customers, one on a network drive with soft locks, hand out the same customer twice.
# Output seen:
#> soft taken: True | first FileLock taken beside it: True
#> soft released, second FileLock taken: True | first still holds: True
#> nobody holds, file left: True | soft taken: False
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check filelock==4.3.1
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import os
import tempfile

from filelock import FileLock, SoftFileLock, Timeout

path = os.path.join(tempfile.mkdtemp(), "ledger.lock")


def taken(lock):
    try:
        lock.acquire(timeout=0.2)
    except Timeout:
        return False
    return True


soft, first, second = SoftFileLock(path), FileLock(path), FileLock(path)
print("soft taken:", taken(soft), "| first FileLock taken beside it:", taken(first))
soft.release()
print("soft released, second FileLock taken:", taken(second), "| first still holds:", first.is_locked)
first.release()
second.release()
print("nobody holds, file left:", os.path.exists(path), "| soft taken:", taken(soft))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "lock-two-kinds: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
