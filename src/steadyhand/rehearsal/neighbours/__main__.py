"""`python -m steadyhand.rehearsal.neighbours --directory DIR --port PORT`: Jenkins at /jenkins, GitHub at /github."""

import argparse
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from . import github, jenkins
from .neighbourhood import GITHUB_FILE, JENKINS_FILE


def create_app(directory: Path) -> FastAPI:
    """Both stand-ins over the state files of this directory; `/` answers that they are there."""
    app = FastAPI(openapi_url=None)

    @app.get("/")
    async def there() -> dict[str, str]:
        return {"status": "ok"}

    app.mount("/jenkins", jenkins.create_app(directory / JENKINS_FILE))
    app.mount("/github", github.create_app(directory / GITHUB_FILE))
    return app


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m steadyhand.rehearsal.neighbours", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where their state files are")
    parser.add_argument("--port", type=int, required=True, help="on the loopback interface")
    given = parser.parse_args()
    uvicorn.run(create_app(given.directory), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
