"""The judged: a faithful server of the loyalty-offer API over the rules in ``offerproof.program``.

``app`` is the whole API as a function of bytes, ``server`` its transport; ``journal`` keeps what was acknowledged,
``control`` is the API for tests, ``scenarios`` the bad days a till must survive. The errors that a judge must find are
handed to an ``App`` from outside (``offerproof.defects``).
"""
