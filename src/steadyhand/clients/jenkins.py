"""Jenkins' remote API (F5), through api4jenkins: how the backup's job has been doing. Nothing there is changed."""

import difflib
from typing import TypeVar
from urllib.parse import quote

import httpx
from api4jenkins.item import AsyncItem  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from steadyhand.clients.backup import LISTING_TREE, TREE, Backup, Listing
from steadyhand.clients.bounded import OutOfBounds
from steadyhand.clients.jenkins_connection import NoSuchPage, opened
from steadyhand.clients.quoting import fault
from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.profile import Jenkins

T = TypeVar("T")
_BACKUP = TypeAdapter(Backup)
_LISTING = TypeAdapter(Listing)
_SHOWN = 200


async def backup(settings: Jenkins) -> Backup:
    """The runs of the profile's job (F5), from one answer.

    Raises TransientError when Jenkins does not answer, or with 5xx or 429; UnexpectedAnswer when it does not admit us,
    has no such job (the message holds the nearest name) or is no Jenkins; ConfigurationError for an incomplete profile.
    """
    try:
        return await _read(settings, _path(settings.job), TREE, _BACKUP)
    except NoSuchPage as error:
        near = _nearest(settings.job, await _names_if_readable(settings))
        raise UnexpectedAnswer(
            f"Jenkins at {settings.url} shows us no job {settings.job!r}{near}; set jenkins.job, "
            "or let the user of jenkins.token see it"
        ) from error


async def job_names(settings: Jenkins) -> tuple[str, ...]:
    """Every job we may see, folders as a/b, sorted; four folders deep. Raises as `backup`."""
    return (await _read(settings, "", LISTING_TREE, _LISTING)).names()


def _path(job: str) -> str:
    names = [name for name in job.split("/") if name]
    if not names or {".", ".."} & set(names):
        raise ConfigurationError(f"jenkins.job is {job!r}, which can be no job's name; folders are written a/b")
    return "".join(f"job/{quote(name, safe='')}/" for name in names)


async def _read(settings: Jenkins, path: str, tree: str, shape: TypeAdapter[T]) -> T:
    where = f"Jenkins at {settings.url}"
    async with opened(settings) as jenkins:
        try:
            answer = await AsyncItem(jenkins, jenkins.url + path).api_json(tree=tree)
            return shape.validate_python(answer)
        except httpx.InvalidURL as error:
            raise ConfigurationError(f"jenkins.url is no address: {error}") from error
        except OutOfBounds as error:
            raise UnexpectedAnswer(f"{where}: {error}") from error
        except httpx.TimeoutException as error:
            raise TransientError(f"{where} gave no whole answer within {settings.timeout_seconds:g} s") from error
        except httpx.HTTPError as error:
            raise TransientError(f"{where} does not answer: {error or type(error).__name__}"[:_SHOWN]) from error
        except ValidationError as error:
            raise UnexpectedAnswer(f"{where} answered something else than documented ({fault(error)})") from error
        except (ValueError, RecursionError) as error:
            raise UnexpectedAnswer(f"{where} answered something else than JSON: a login page?") from error


async def _names_if_readable(settings: Jenkins) -> tuple[str, ...]:
    try:
        return await job_names(settings)
    except (TransientError, UnexpectedAnswer):
        return ()


def _nearest(job: str, names: tuple[str, ...]) -> str:
    leaf = job.rpartition("/")[2].casefold()
    moved = [name for name in names if name.rpartition("/")[2].casefold() == leaf]
    near = moved or difflib.get_close_matches(job, names, 1)
    return f" (the nearest is {near[0][:_SHOWN]!r})" if near else ""
