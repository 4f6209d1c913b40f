"""Carrying out an approved plan, with the ledger as the only memory (rules 1, 3, 5 and 6).

    intended -> applying -> verifying -> kept
       x           x            x
    not needed  reverting ---------> reverted | refused | unknown: ask a person

Each function moves the row one stage from wherever it finds it, so it can be called again after a crash at any line.
"""

from steadyhand.changing.applying import apply_step
from steadyhand.changing.engaging import engage_reviewer
from steadyhand.changing.recording import outcome_of
from steadyhand.changing.reverting import revert_step
from steadyhand.changing.verifying import verify_step

__all__ = ["apply_step", "engage_reviewer", "outcome_of", "revert_step", "verify_step"]
