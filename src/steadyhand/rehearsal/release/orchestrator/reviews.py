"""Human reviews: who was asked to look, and why."""

import uuid
from collections import OrderedDict
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from .errors import KeyReusedError

KEPT_REVIEWS = 1000


class ReviewRequest(BaseModel):
    """Ask `reviewer` to look at one task, or at everything when none is named."""

    model_config = ConfigDict(frozen=True)

    reviewer: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=2000)
    task_id: str | None = Field(default=None, max_length=100)
    idempotency_key: str | None = Field(default=None, min_length=1, max_length=200)


class Review(BaseModel):
    """An assigned review."""

    model_config = ConfigDict(frozen=True)

    review_id: str
    reviewer: str
    reason: str
    task_id: str | None
    assigned_at: datetime


class Reviews:
    """The last `KEPT_REVIEWS` assignments."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[str, Review] = OrderedDict()

    def assign(self, request: ReviewRequest) -> Review:
        """Assign once: the same key, or the same request without one, gives the review that exists.

        Raises `KeyReusedError` where the key belongs to another request.
        """
        content = request.model_dump(exclude={"idempotency_key"})
        key = request.idempotency_key or request.model_dump_json(exclude={"idempotency_key"})
        known = self._by_key.get(key)
        if known is None:
            known = Review(review_id=uuid.uuid4().hex, assigned_at=datetime.now(UTC), **content)
            self._by_key[key] = known
            if len(self._by_key) > KEPT_REVIEWS:
                self._by_key.popitem(last=False)
        elif known.model_dump(include=set(content)) != content:
            raise KeyReusedError(f"the idempotency key {key!r} was used for another review request")
        return known
