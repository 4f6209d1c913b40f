"""A very small orchestrator, as a program: `service.py PORT WORDS_FILE`.

It says its release and variables at /api/v1/health. Where WORDS_FILE exists it says what is in there, and dies at boot.
It ends by itself after two minutes, so that no test leaves one behind.
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

LIFETIME_SECONDS = 120
NAMES = ("PLANNING__ENABLED", "SCHEDULING__BACKEND")


class Health(BaseHTTPRequestHandler):
    """GET /api/v1/health."""

    def do_GET(self) -> None:
        body = json.dumps(
            {
                "status": "ok",
                "release": os.environ.get("RELEASE", ""),
                "commit": "c0ffee",
                "config": {name: os.environ[name] for name in NAMES if os.environ.get(name)},
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's signature
        """Nothing is logged."""


def main() -> None:
    port, words = int(sys.argv[1]), Path(sys.argv[2])
    if words.exists():
        sys.stderr.write(words.read_text() + "\n")
        sys.exit(3)
    signal.alarm(LIFETIME_SECONDS)
    HTTPServer(("127.0.0.1", port), Health).serve_forever()


if __name__ == "__main__":
    main()
