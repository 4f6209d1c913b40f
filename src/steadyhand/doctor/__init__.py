"""Where runbook and reality disagree, told before any incident and without changing anything.

One file for each area; in each, the comparing is pure and apart from the asking. `examination.examine` asks them all.
"""
