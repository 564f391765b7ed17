"""The loyalty rules, pure: no I/O, no clock, no randomness. ``Program(settings, new_id)`` is the way in.

``settings.parse(document)`` turns a decoded program file into the settings; ``model`` holds what operations take and
return; ``refusal`` says why one was refused.
"""

from offerproof.program.program import Program
from offerproof.program.refusal import Reason, Refused
from offerproof.program.settings import Settings, SettingsError, parse

__all__ = ["Program", "Reason", "Refused", "Settings", "SettingsError", "parse"]
