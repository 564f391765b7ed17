"""offerproof certifies and load-tests any implementation of the loyalty-offer API, and simulates it faithfully.

The map is ``ARCHITECTURE.md``: two worlds (the judged: ``program`` under ``simulator``; the judge: everything else)
that meet only over HTTP.
"""

__version__ = "0.2.0.dev0"
