"""Locust's user. A scenario file is a subclass with a :class:`~offerproof.loadtest.generator.workflows.Mix`."""

from __future__ import annotations

from typing import ClassVar

from locust import User, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING

from offerproof.loadtest.client.calls import Channel
from offerproof.loadtest.client.connection import Endpoint
from offerproof.loadtest.client.gevent_connection import GeventConnection
from offerproof.loadtest.generator.locust_plugin import locust_plugin
from offerproof.loadtest.generator.workflows import Mix
from offerproof.loadtest.plan.workload import Think


class LoyaltyUser(User):
    """A user that serves one visit after another, as the worker lets it."""

    abstract = True
    mix: ClassVar[Mix]

    def connect(self, endpoint: Endpoint, *, timeout: float) -> Channel:
        """Return what carries this user's requests; a comparison of clients overrides it."""
        return GeventConnection(endpoint, timeout=timeout)

    def on_start(self) -> None:
        """Wait until the run begins."""
        worker = locust_plugin().worker
        assert worker is not None
        self.worker = worker
        self.steps = worker.steps(self.connect)
        plan = worker.told.plan if worker.told else None
        self._pause = Think(plan.think if plan and not plan.is_open else "none")
        self._pauses = self._pause.text != "none"

    @task
    def serve(self) -> None:
        """Serve visits, one if it pauses between them; the user stops when there are no more."""
        worker, steps = self.worker, self.steps
        while worker.serve_next(steps):
            if self._pauses or self._state != LOCUST_STATE_RUNNING:
                return
        raise StopUser

    def wait_time(self) -> float:
        """Pause between visits of a closed workload."""
        return self._pause.draw(self.steps.rng)

    def on_stop(self) -> None:
        """Close the connections, if the run ever began."""
        if hasattr(self, "steps"):
            self.steps.calls.close()
