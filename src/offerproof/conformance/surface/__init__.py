"""The whole surface of the API: generated requests, sent as ours and judged."""
