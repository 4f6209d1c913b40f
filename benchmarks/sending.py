"""One burst of notifications, sent by a load generator in a process of its own."""

import asyncio
import sys

from benchmarks.burst import Burst, Order
from benchmarks.contenders import Contender
from steadyhand.errors import TransientError
from steadyhand.stack.home import project_home

CONNECTIONS = 16
_PRIOR = 128
_MOST_PER_SECOND = 9000
_COMPLAINT = 500


async def send(contender: Contender, *, mix: str, seed: int, seconds: float) -> Burst:
    """What came back. Raises TransientError with what the load generator said when it fails."""
    order = Order(
        port=contender.port,
        token=contender.token,
        mix=mix,
        seed=seed,
        prior=_PRIOR,
        at_most=int(seconds * _MOST_PER_SECOND),
        seconds=seconds,
        connections=CONNECTIONS,
    )
    code, said, complaint = await _generator(order)
    if code:
        last = complaint.decode(errors="replace").strip()[-_COMPLAINT:]
        raise TransientError(f"the load generator failed with the {contender.name}: {last}")
    return Burst.model_validate_json(said)


async def _generator(order: Order) -> tuple[int | None, bytes, bytes]:
    """Its exit code, and what it said; it is gone even when we are cancelled."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", stdin=pipe, stdout=pipe, stderr=pipe, cwd=project_home()
    )
    try:
        said, complaint = await process.communicate(order.model_dump_json().encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said, complaint
