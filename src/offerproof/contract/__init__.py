"""The contract as values, and what everybody who judges by it says in the same way.

``clauses`` reads ``contracts/clauses.toml``, ``requirements`` what the documents say and which clauses judge it,
``operations`` has the calls that they speak of, ``vocabulary`` the words for what comes of a call and the form of an
instant, ``suite`` what a run judges by, ``content_hash`` by what exactly it did, ``run_folder`` where it is kept.
Certify, load, the oracle, ``explain`` and the reports all stand on this and on no second version.
"""

from offerproof.contract.clauses import (
    ANY,
    BESIDE_SHAPES,
    CLOCK_MOVES,
    EVERY,
    IDENTIFIER,
    NEVER_ANSWERED,
    OFFSET,
    PERIODS,
    UNANSWERED,
    Clause,
    Contract,
    Level,
    Strength,
    load_contract,
)
from offerproof.contract.operations import IN_PRODUCTION, OPERATIONS, SERVICES, SPELLINGS, TO_READ
from offerproof.contract.requirements import Requirement, by_recordings, load_requirements, shown_by, unjudged
from offerproof.contract.run_folder import RUN_FILE, RUNS, keep_private, known_runs, new_run_folder, run_file
from offerproof.contract.suite import SuiteFolders, added_hash, content_hash, load_hash
from offerproof.contract.vocabulary import Outcome, is_success_word, now, says_pending, utc_now, utc_text, utc_us

__all__ = [
    "ANY",
    "BESIDE_SHAPES",
    "CLOCK_MOVES",
    "EVERY",
    "IDENTIFIER",
    "IN_PRODUCTION",
    "NEVER_ANSWERED",
    "OFFSET",
    "OPERATIONS",
    "PERIODS",
    "RUNS",
    "RUN_FILE",
    "SERVICES",
    "SPELLINGS",
    "TO_READ",
    "UNANSWERED",
    "Clause",
    "Contract",
    "Level",
    "Outcome",
    "Requirement",
    "Strength",
    "SuiteFolders",
    "added_hash",
    "by_recordings",
    "content_hash",
    "is_success_word",
    "keep_private",
    "known_runs",
    "load_contract",
    "load_hash",
    "load_requirements",
    "new_run_folder",
    "now",
    "run_file",
    "says_pending",
    "shown_by",
    "unjudged",
    "utc_now",
    "utc_text",
    "utc_us",
]
