"""What Prefect does by itself: a minimal flow under `flow.serve()`, all at its defaults, that first writes a row.

`python -m benchmarks.plain` serves it until it is stopped.
"""

import os

import asyncpg
from prefect import flow

URL_VARIABLE = "BENCHMARK_STORE_URL"
DEPLOYMENT = "plain/plain"
TABLE = "CREATE TABLE plain_acts (number bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp())"
_INSERT = "INSERT INTO plain_acts (number) VALUES ($1)"


@flow(name="plain")
async def act(number: int) -> None:
    """There is a row with this number."""
    connection = await asyncpg.connect(os.environ[URL_VARIABLE])
    try:
        await connection.execute(_INSERT, number)
    finally:
        await connection.close()


if __name__ == "__main__":
    act.serve(name="plain")
