"""Judgement, pure: evidence to diagnosis, diagnosis to plan. No clock, no network, no logger, no Prefect."""

from steadyhand.rules.diagnosis import diagnose
from steadyhand.rules.planning import Propose, Reviewing, plan

__all__ = ["Propose", "Reviewing", "diagnose", "plan"]
