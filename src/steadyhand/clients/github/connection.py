"""How GitHub is asked: bounded, without retries, caches or redirects; whole answers in a shape of ours."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from pydantic import AliasChoices, BaseModel, Field, TypeAdapter, ValidationError

from steadyhand.clients.bounded import BoundedTransport
from steadyhand.clients.github.answers import answered
from steadyhand.errors import ConfigurationError, UnexpectedAnswer
from steadyhand.profile import SecretRef

if TYPE_CHECKING:
    from githubkit import GitHub, Response
    from githubkit.versions import RestVersionSwitcher

T = TypeVar("T")
PAGE = 100
_PAGES = 10


class Page(BaseModel, Generic[T]):
    """One page of a list, whatever GitHub calls it."""

    items: tuple[T, ...] = Field(validation_alias=AliasChoices("workflows", "workflow_runs", "jobs"))


class GitHubConnection:
    """A connection to one server. `table` is the profile's whose address and token it uses, for messages.

    Raises as `answers.answered`; UnexpectedAnswer also for a redirect and for what is no JSON or of another shape;
    ConfigurationError when the token or githubkit cannot be used.
    """

    def __init__(
        self, api_url: str, token: SecretRef | None, *, about: str, seconds: float, max_bytes: int, table: str
    ) -> None:
        self._where = f"GitHub ({api_url}, {about})"
        self._table = table
        self._github = _made(api_url, _login(token, table), seconds, max_bytes)

    async def __aenter__(self) -> Self:
        await self._github.__aenter__()  # type: ignore[no-untyped-call]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._github.__aexit__(kind, error, trace)

    @property
    def rest(self) -> "RestVersionSwitcher":
        """githubkit's methods, to be awaited by one of those below."""
        return self._github.rest

    async def answer(self, asked: "Awaitable[Response[Any, Any]]") -> "Response[Any, Any]":
        """The answer, of status 2xx, or a redirect that was not followed."""
        return await answered(asked, where=self._where, table=self._table)

    async def read(self, asked: "Awaitable[Response[Any, Any]]", shape: TypeAdapter[T]) -> T:
        """The answer in this shape."""
        answer = await self.answer(asked)
        if answer.is_redirect:
            raise UnexpectedAnswer(
                f"{self._where} answered {answer.status_code}, a redirect, and none is followed: "
                f"was the repository renamed? See {self._table}.repository and {self._table}.api_url"
            )
        try:
            return shape.validate_json(answer.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "body"
            raise UnexpectedAnswer(
                f"{self._where} answered {answer.url.path} with something else than documented "
                f"({field}: {first['msg']})"
            ) from error

    async def pages(
        self, asked: "Callable[[int], Awaitable[Response[Any, Any]]]", shape: TypeAdapter[Page[T]]
    ) -> tuple[T, ...]:
        """What is on all pages; no more than ten pages are read."""
        found: list[T] = []
        for number in range(1, _PAGES + 1):
            page = await self.read(asked(number), shape)
            found += page.items
            if len(page.items) < PAGE:
                break
        return tuple(found)


def _login(token: SecretRef | None, table: str) -> str | None:
    found = token.resolve().get_secret_value() if token else None
    if found is not None and not (found.isascii() and found.isprintable()):
        raise ConfigurationError(f"what {table}.token refers to is no token: it holds line breaks or no ASCII")
    return found


def _made(address: str, token: str | None, seconds: float, max_bytes: int) -> "GitHub[Any]":
    try:
        from githubkit import GitHub, TokenAuthStrategy, UnauthAuthStrategy  # noqa: PLC0415 - see the package
    except ImportError as error:
        # It allows releases of hishel that it cannot be imported with.
        raise ConfigurationError(f"githubkit cannot be used here: {error}; install what the lock names") from error
    return GitHub(
        TokenAuthStrategy(token) if token else UnauthAuthStrategy(),
        base_url=address,
        user_agent="steadyhand",
        timeout=seconds,
        follow_redirects=False,
        http_cache=False,
        auto_retry=False,
        async_transport=BoundedTransport(max_bytes=max_bytes, seconds=seconds),
    )
