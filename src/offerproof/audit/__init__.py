"""Judges traffic that nobody sent for us: recordings, and exchanges while they happen (``live``), in the same way.

``calls`` finds the calls of the API among what was recorded, ``feeds`` brings recordings into one order of starts,
``observed`` says of each call what is known, ``judge`` rules (each answer by its schema, all of them by the oracle as a
partial order: ``worlds`` and ``orders``), ``tally`` counts clause by clause, ``run`` keeps it as a
run. ``clients`` judges the same calls as requests, for a certificate of the client.
"""

from offerproof.audit.clients import ClientOptions
from offerproof.audit.live import LiveAudit
from offerproof.audit.run import AuditOptions, FinishedAudit, audit

__all__ = ["AuditOptions", "ClientOptions", "FinishedAudit", "LiveAudit", "audit"]
