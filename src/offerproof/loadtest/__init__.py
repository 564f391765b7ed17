"""Load: drive the hot path with Locust, and judge whether every answer was right under it.

Two halves. What runs *inside* Locust's process (``station``, ``till``) may import Locust and gevent; everything else
is plain Python, tested without them: ``wire`` (the client), ``pacing`` (workloads), ``figures`` (histograms),
``operations`` (what was done, compactly), ``supply`` (customers and user offers), ``thresholds``, ``audit``.
``runner`` starts Locust as a subprocess, follows it, audits, and writes the run file.
"""
