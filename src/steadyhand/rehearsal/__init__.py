"""A small real orchestrator to practise on: for demos, game days and end-to-end tests.

`site` is a directory with releases and the wanted state; `host` keeps the wanted orchestrator running, like systemd;
`deployer` is what a deployer of kind `command` calls; `faults` breaks things on purpose; `traffic` sends work.
Faults are causes, not symptoms: a mitigation heals because of what it does.
"""
