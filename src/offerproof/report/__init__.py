"""A run, shown: live in a terminal, and in every format (``formats``), all from the same summary.

What all of them need is folded once in ``summary``. Whatever a target answered is hostile until ``safety`` has been
over it.
"""
