"""A run, shown: live in a terminal, as text, JUnit, HTML, Markdown or JSON.

Every renderer is ``render(run) -> str`` and reads nothing but the run; what they all need is folded once in
``summary``. They do not know each other. Whatever a target answered is hostile until ``safety`` has been over it.
"""
