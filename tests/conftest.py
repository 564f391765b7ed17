"""What all tests need of the process they run in."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background has it ignored, and the commands that the tests start and stop
    # with Ctrl-C would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
