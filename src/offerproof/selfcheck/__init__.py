"""Can the judge be trusted? Every planted defect must be caught by its clause, and a correct target must stay green.

``check(plan, tell)`` runs the contract suite over HTTP against one freshly made simulator after another, each with one
defect planted, in processes that stay warm; then against correct simulators of several seeds. What came of it is a
``Report``. This is the only module that knows both the judge and the judged.

``model`` has the values, ``in_process_simulator`` one that can be made anew at one address, ``trial`` one defect or one
seed, ``worker_pool`` the processes, ``table`` the text.
"""

from offerproof.selfcheck.model import Alarm, Plan, Report, Trial, TrialOutcome
from offerproof.selfcheck.table import alarm_line, summary, trial_line
from offerproof.selfcheck.trial import catalogue
from offerproof.selfcheck.worker_pool import check

__all__ = [
    "Alarm",
    "Plan",
    "Report",
    "Trial",
    "TrialOutcome",
    "alarm_line",
    "catalogue",
    "check",
    "summary",
    "trial_line",
]
