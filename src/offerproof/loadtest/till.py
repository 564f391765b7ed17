"""Locust's user for a till. A scenario file is a subclass with a :class:`~offerproof.loadtest.workflows.Mix`.

```python
from offerproof.loadtest.till import Till
from offerproof.loadtest.workflows import Checkout, Mix

class CheckoutTill(Till):
    mix = Mix((Checkout(), 1))
```
"""

from __future__ import annotations

from typing import ClassVar

from locust import User, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING

from offerproof.loadtest.calls import Wire
from offerproof.loadtest.geventwire import GeventConnection
from offerproof.loadtest.pacing import Think
from offerproof.loadtest.station import station
from offerproof.loadtest.wire import Endpoint
from offerproof.loadtest.workflows import Mix


class Till(User):
    """A till that serves one visit after another, as the hall lets it."""

    abstract = True
    mix: ClassVar[Mix]

    def connect(self, endpoint: Endpoint, *, timeout: float) -> Wire:
        """Return what carries this till's requests; a comparison of clients overrides it."""
        return GeventConnection(endpoint, timeout=timeout)

    def on_start(self) -> None:
        """Open the till; waits until the run begins."""
        hall = station().hall
        assert hall is not None
        self.hall = hall
        self.counter = hall.counter(self.connect)
        plan = hall.plan
        closed = plan is not None and plan.model == "closed"
        self._pause = Think(plan.think if plan and closed else "none")
        self._pauses = self._pause.text != "none"

    @task
    def serve(self) -> None:
        """Serve visits, one if it pauses between them; the till closes when there are no more."""
        hall, counter = self.hall, self.counter
        while hall.serve_next(counter):
            if self._pauses or self._state != LOCUST_STATE_RUNNING:
                return
        raise StopUser

    def wait_time(self) -> float:
        """Pause between visits of a closed workload."""
        return self._pause.draw(self.counter.rng)

    def on_stop(self) -> None:
        """Close the connections."""
        self.counter.calls.close()
