"""A pass-through proxy that judges while a real client works, and never breaks the client.

``proxy`` passes the bytes, in a process of its own, so that judging takes no time of theirs; ``messages`` reads them on
their way; ``run`` judges what passed, in the process that was called, and writes the run of an audit.
"""

from offerproof.watch.run import Watch, WatchOptions

__all__ = ["Watch", "WatchOptions"]
