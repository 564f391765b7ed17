"""Load: drive the hot path with Locust, and judge whether every answer was right under it.

``plan`` says what is sent and what has to be reached; ``client`` is the lean client of the hot path; ``generator`` runs
inside Locust's processes and starts them; ``audit`` asks whether every answer was right; ``results`` writes it down.
Only ``generator.locust_plugin``, ``generator.user``, ``generator.coordinator``, ``generator.worker`` and
``client.gevent_connection`` import Locust or gevent; everything else is plain Python, tested without them.
"""
