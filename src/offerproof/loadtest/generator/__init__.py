"""What runs inside Locust: coordinator, workers, users and their steps; and how Locust is started."""
