"""Releases are made from the template in this package."""

import hashlib
import shutil
from pathlib import Path

from .state import Release

TEMPLATE = Path(__file__).parent / "release"
BAD_AGGREGATION = Path(__file__).parent / "bad_release" / "aggregation.py"
RELEASE_FILE = "RELEASE.json"
COMMIT_LENGTH = 40


def build(releases: Path, version: str, *, known_good: bool, aggregation: Path | None = None) -> Release:
    """`releases/<version>` is a complete release, with another `aggregation.py` where one is given.

    It appears whole or not at all. A release that is there already stays as it is.
    """
    target = releases / version
    if not target.exists():
        draft = releases / f".{version}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(TEMPLATE, draft, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
        if aggregation is not None:
            shutil.copyfile(aggregation, draft / "orchestrator" / "aggregation.py")
        record = Release(version=version, commit=_commit(draft, version), known_good=known_good)
        (draft / RELEASE_FILE).write_text(record.model_dump_json(indent=2), encoding="utf-8")
        draft.rename(target)
    return read_release(target)


def read_release(directory: Path) -> Release:
    """The record of a release."""
    return Release.model_validate_json((directory / RELEASE_FILE).read_bytes())


def _commit(directory: Path, version: str) -> str:
    """Follows from the files and the version, as a commit does."""
    digest = hashlib.sha256(version.encode())
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:COMMIT_LENGTH]
