"""Engaging a human reviewer through the orchestrator's API (M4): the one thing that is posted to it."""

from datetime import datetime
from typing import Annotated

import httpx
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter

from steadyhand.clients import quoting
from steadyhand.clients.http import post_json
from steadyhand.clients.service_token import headers_for
from steadyhand.clients.trust import trusted
from steadyhand.domain.plan import Review
from steadyhand.profile import Orchestrator

Quoted = Annotated[str, AfterValidator(quoting.start)]


class AssignedReview(BaseModel):
    """What the orchestrator answers, bounded; only the reviewer is the runbook's."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    review_id: Quoted = Field(default="", validation_alias=AliasChoices("review_id", "id"), coerce_numbers_to_str=True)
    reviewer: Quoted = ""


_ASSIGNED = TypeAdapter(AssignedReview)


async def assign(url: str, settings: Orchestrator, review: Review, at: datetime) -> AssignedReview:
    """The review is assigned; asked again with the same key, it is the same one.

    The key goes in the body and as the header Idempotency-Key. Raises TransientError and UnexpectedAnswer as
    `clients.http` does.
    """
    headers = {"Idempotency-Key": review.idempotency_key, **headers_for(settings.service_token, at)}
    async with httpx.AsyncClient(timeout=settings.timeout_seconds, verify=trusted()) as http:
        return await post_json(
            http,
            url.rstrip("/") + settings.routes.assign_review,
            review.model_dump(mode="json", exclude_none=True),
            _ASSIGNED,
            seconds=settings.timeout_seconds,
            max_bytes=settings.max_answer_bytes,
            headers=headers,
        )
