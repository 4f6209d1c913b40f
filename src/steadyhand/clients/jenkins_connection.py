"""A bounded, read-only connection to Jenkins (F5), and what its refusals mean."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
from api4jenkins import AsyncJenkins  # type: ignore[import-untyped]

from steadyhand.clients.bounded import BoundedTransport
from steadyhand.clients.trust import trusted
from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.profile import Jenkins


class NoSuchPage(UnexpectedAnswer):
    """404: what is not there, or what we may not see."""


class _Reader(AsyncJenkins):  # type: ignore[misc]
    @property
    async def crumb(self) -> dict[str, str]:
        """None: crumbs guard changes. The library would ask before each call, and fail where Jenkins issues none."""
        return {}


@asynccontextmanager
async def opened(settings: Jenkins) -> AsyncIterator[AsyncJenkins]:
    """Jenkins as the library knows it: its answers bounded in size and time, redirects not followed, nothing retried.

    Inside, TransientError is raised for 5xx and 429, and UnexpectedAnswer for every other status that is no success.
    Raises ConfigurationError when the profile's table is not complete.
    """
    if settings.url is None:
        raise ConfigurationError("no Jenkins is configured: set jenkins.url")
    transport = BoundedTransport(max_bytes=settings.max_answer_bytes, seconds=settings.timeout_seconds)
    jenkins = _Reader(
        settings.url,
        auth=_login(settings),
        timeout=settings.timeout_seconds,
        mounts={"all://": transport},
        verify=trusted(),
    )
    # In place of the library's own check, which lets redirects pass and dies of a 400 without X-Error.
    jenkins.http_client.event_hooks = {"response": [_checked(settings)]}
    async with jenkins.http_client:
        yield jenkins


def _login(settings: Jenkins) -> tuple[str, str] | None:
    if settings.token is None:
        return None
    if not settings.user:
        raise ConfigurationError("jenkins.user is not set: whose token is jenkins.token?")
    return settings.user, settings.token.resolve().get_secret_value()


def _checked(settings: Jenkins) -> Callable[[httpx.Response], Awaitable[None]]:
    async def check(response: httpx.Response) -> None:
        status = response.status_code
        told = f"Jenkins at {settings.url} answered {status}"
        if response.is_success:
            return
        if response.is_server_error or status == httpx.codes.TOO_MANY_REQUESTS:
            raise TransientError(told)
        if status == httpx.codes.NOT_FOUND:
            raise NoSuchPage(f"{told}: is jenkins.url the address of a Jenkins?")
        if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise UnexpectedAnswer(f"{told}: {_what_is_missing(settings)}")
        if response.is_redirect:
            raise UnexpectedAnswer(f"{told}, a redirect to a login page perhaps; none is followed")
        raise UnexpectedAnswer(told)

    return check


def _what_is_missing(settings: Jenkins) -> str:
    if settings.token is None:
        return "it wants a token: set jenkins.user and jenkins.token"
    return f"the token of {settings.user!r} is not accepted or may not read this: see jenkins.user and jenkins.token"
