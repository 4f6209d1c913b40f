"""The metrics of the runbook on the target's own page and in Prometheus, with our labels (F4, D4, M2, E3)."""

import asyncio
from collections.abc import Awaitable
from functools import partial
from http import HTTPStatus

from steadyhand.clients.prometheus import selector
from steadyhand.doctor import metric, monitoring, scraping
from steadyhand.doctor.checkup import Area, Check, Seen
from steadyhand.doctor.exposition import names_in
from steadyhand.doctor.ground import Ground
from steadyhand.doctor.metric import Known
from steadyhand.doctor.monitoring import Target
from steadyhand.doctor.once import Once
from steadyhand.doctor.promql import metrics_of
from steadyhand.doctor.reply import reply_to
from steadyhand.doctor.routes import bounds_of, url_of
from steadyhand.errors import SteadyhandError, UnexpectedAnswer

_NAMED = {"planner_failures": "D4", "tasks": "M2"}
_LEVELS = ("task_completion", "tool_latency")


def checks(ground: Ground) -> tuple[Check, ...]:
    """One check for each metric the runbook needs, and two on how the target is scraped."""
    known, scraped = Once(partial(_known, ground)), Once(partial(_targets, ground))
    check = partial(Check, area=Area.METRICS, environment=ground.name)
    named = [check(name=key, requirement=line, look=partial(_name, ground, known, key)) for key, line in _NAMED.items()]
    levels = [check(name=key, requirement="E3", look=partial(_level, ground, known, key)) for key in _LEVELS]
    up = check(name="scraped", requirement="D4", look=partial(_scraped, ground, scraped))
    often = check(name="scrape_interval", requirement="E3", look=partial(_interval, ground, scraped))
    return (*named, *levels, up, often)


async def _name(ground: Ground, known: Once[Known], key: str) -> Seen:
    def line(_: str, real: str) -> str | None:
        return ground.line("prometheus", key, real)

    wanted = (getattr(ground.profile.prometheus, key),)
    return await asyncio.to_thread(metric.judged, wanted, await known.get(), line)


async def _level(ground: Ground, known: Once[Known], key: str) -> Seen:
    level = getattr(ground.profile.prometheus, key)

    def line(name: str, real: str) -> str | None:
        value = {"expression": metric.renamed(level.expression, name, real), "threshold": level.threshold}
        return ground.line("prometheus", key, value)

    wanted = metrics_of(level.expression)
    return await asyncio.to_thread(metric.judged, wanted, await known.get(), line)


async def _scraped(ground: Ground, scraped: Once[tuple[Target, ...]]) -> Seen:
    line = partial(ground.line, "prometheus")
    return scraping.judged(await scraped.get(), ground.labels, ground.environment.url, line)


async def _interval(ground: Ground, scraped: Once[tuple[Target, ...]]) -> Seen:
    line = partial(ground.line, "prometheus")
    return scraping.judged_interval(await scraped.get(), ground.labels, ground.profile.prometheus, line)


async def _targets(ground: Ground) -> tuple[Target, ...]:
    return await monitoring.targets(ground.profile.prometheus)


async def _known(ground: Ground) -> Known:
    """The names wherever they can be read; what could not be read is told."""
    settings, troubles = ground.profile.prometheus, list[str]()

    async def tried(asked: Awaitable[frozenset[str]]) -> frozenset[str] | None:
        try:
            return await asked
        except SteadyhandError as error:
            troubles.append(str(error))
            return None

    page = await tried(_page(ground))
    labelled = await tried(monitoring.names(settings, ground.labels))
    anywhere = await tried(monitoring.names(settings, {})) if labelled is not None else None
    labels = selector(ground.labels)
    return Known(page=page, labelled=labelled, anywhere=anywhere, labels=labels, troubles=tuple(troubles))


async def _page(ground: Ground) -> frozenset[str]:
    reply = await reply_to("GET", url_of(ground, ground.profile.orchestrator.routes.metrics), bounds_of(ground))
    if reply.status != HTTPStatus.OK:
        raise UnexpectedAnswer(str(reply))
    return names_in(reply.text)
