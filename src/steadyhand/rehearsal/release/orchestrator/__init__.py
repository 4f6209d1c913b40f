"""A small task orchestrator: a goal becomes a plan, the plan's tools run, guardrails look, an answer comes back.

It is a real service (queue, contract, tools, metrics), small enough to read in ten minutes. Boot it with
`python -m orchestrator` in the directory of a release; `settings` lists what it reads from the environment.
"""
