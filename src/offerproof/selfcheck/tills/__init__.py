"""Can the judge of clients be trusted? A till of ours, right or with one planted mistake, works a day and is judged.

``line`` is the line to a simulator in this process, with its faults; ``till`` the right till, ``mistakes`` the wrong
ones, ``shop`` the day and the trial.
"""

from offerproof.selfcheck.tills.mistakes import MISTAKES
from offerproof.selfcheck.tills.shop import judge_till, judge_tills, till_line, tills_summary

__all__ = ["MISTAKES", "judge_till", "judge_tills", "till_line", "tills_summary"]
