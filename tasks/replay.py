"""Results that survive a replay of the master flow.

Keyed on the task and its inputs, which always hold the incident's id: RUN_ID would give a retried subflow a new key and
repeat its side effects.
"""

from typing import Any

from prefect.cache_policies import CacheKeyFnPolicy
from prefect.context import TaskRunContext
from prefect.utilities.hashing import hash_objects


def _key(context: TaskRunContext, inputs: dict[str, Any]) -> str | None:
    digest = hash_objects(inputs)
    return None if digest is None else f"{context.task.task_key}-{digest}"


BY_INPUTS = CacheKeyFnPolicy(cache_key_fn=_key)
