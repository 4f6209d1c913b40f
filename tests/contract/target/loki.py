"""A small Loki on a real socket: keeps streams, and answers `query_range` and `query` as Loki's HTTP API does."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_LOG_QUERY = re.compile(r'(\{[^}]*\})(?: \|= ("(?:[^"\\\n]|\\.)*"))?')
_COUNT_QUERY = re.compile(r"sum\(count_over_time\((\{[^}]*\}) \[(\d+)s\]\)\)")
_MOST_ENTRIES = 5000


@dataclass
class Loki:
    """The streams it keeps, and who may read them."""

    streams: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    tenant: str | None = None
    token: str | None = None
    metadata: bool = False
    warnings: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def push(self, selector: str, at: float, line: str) -> None:
        """One line of the stream with these labels, at this instant."""
        self.streams.setdefault(selector, []).append((round(at * 1_000_000) * 1000, line))

    def answer(self, target: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """Status and body."""
        self.asked.append(target)
        parts = urlsplit(target)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            return 401, "no org id" if self.tenant else "unauthorized"
        if self.tenant and headers.get("X-Scope-OrgID") != self.tenant:
            return 401, "no org id"
        match parts.path:
            case "/loki/api/v1/query_range":
                return self._range(given)
            case "/loki/api/v1/query":
                return self._count(given)
        return 404, "404 page not found"

    def _range(self, given: dict[str, str]) -> tuple[int, str]:
        query = _LOG_QUERY.fullmatch(given["query"])
        limit = int(given.get("limit", 100))
        if query is None:
            return 400, "parse error at line 1, col 1: syntax error"
        if limit > _MOST_ENTRIES:
            return 400, f"max entries limit per query exceeded, limit > max_entries_limit ({limit} > {_MOST_ENTRIES})"
        text = json.loads(query[2]) if query[2] else ""
        found = [
            (at, line)
            for at, line in self.streams.get(query[1], [])
            if int(given["start"]) <= at < int(given["end"]) and text in line
        ]
        found.sort(reverse=given.get("direction", "backward") == "backward")
        more: list[Any] = [{}] if self.metadata else []
        values = [[str(at), line, *more] for at, line in found[:limit]]
        return self._success("streams", [{"stream": {"app": "orchestrator"}, "values": values}] if values else [])

    def _count(self, given: dict[str, str]) -> tuple[int, str]:
        query = _COUNT_QUERY.fullmatch(given["query"])
        if query is None:
            return 400, "parse error at line 1, col 1: syntax error"
        end, seconds = int(given["time"]), int(query[2])
        lines = sum(end - seconds * 10**9 < at <= end for at, _ in self.streams.get(query[1], []))
        return self._success("vector", [{"metric": {}, "value": [end / 10**9, str(lines)]}] if lines else [])

    def _success(self, kind: str, result: list[Any]) -> tuple[int, str]:
        document: dict[str, Any] = {"status": "success", "data": {"resultType": kind, "result": result, "stats": {}}}
        return 200, json.dumps(document | ({"warnings": self.warnings} if self.warnings else {}))


@contextmanager
def serving(loki: Loki) -> Iterator[Loki]:
    """It answers at `loki.url`, until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = loki.answer(self.path, self.headers)  # type: ignore[arg-type]
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status == 200 else "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    loki.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield loki
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
