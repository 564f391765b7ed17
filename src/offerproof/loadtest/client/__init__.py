"""The lean client of the hot path: connections, calls, checks, bodies, endpoints, the budget of waiting."""
