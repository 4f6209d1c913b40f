"""A site: one directory with releases, the wanted state, the faults, and the logs of one orchestrator."""

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from .builds import RELEASE_FILE, build
from .durable import replace_file
from .errors import InvalidStateError, SiteError
from .state import DEFAULT_ENVIRONMENT, VERSION_PATTERN, Actual, Desired, Endpoint, InForce, Record, Release

VERSIONS = ("2.6.4", "2.7.0")
VERSION = re.compile(VERSION_PATTERN)
OWNER_ONLY = 0o600

R = TypeVar("R", bound=Record)


class Site:
    """The documents of a site. Every write is atomic; changes of the wanted state are serialised by a lock."""

    def __init__(self, root: Path, endpoint: Endpoint) -> None:
        self.root = root
        self.endpoint = endpoint
        self.faults_file = root / "faults.json"
        self.event_log = root / "logs" / "events.jsonl"
        self.output_log = root / "logs" / "orchestrator.log"

    @classmethod
    def create(cls, root: Path, *, port: int, service_token: str, versions: tuple[str, ...] = VERSIONS) -> "Site":
        """A new site in `root`, which is absent or empty: all versions known good, the newest one wanted.

        Raises `SiteError` for a directory that is in use, and for a port, token or version that cannot be.
        """
        endpoint = _endpoint(port, service_token)
        if not versions or not all(VERSION.fullmatch(version) for version in versions):
            raise SiteError(f"versions must look like 2.7.0, and there must be one: {versions!r}")
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise SiteError(f"{root} is not an empty directory")
        root = root.resolve()
        (root / "logs").mkdir(parents=True)
        (root / "releases").mkdir()
        site = cls(root, endpoint)
        for version in versions:
            build(site.releases_dir, version, known_good=True)
        site.write_faults(())
        site.deploy(site.known_good()[0].version, DEFAULT_ENVIRONMENT)
        replace_file(root / "site.json", endpoint.model_dump_json(indent=2), mode=OWNER_ONLY)
        return site

    @classmethod
    def open(cls, root: Path) -> "Site":
        """The site in `root`; raises `SiteError` where there is none."""
        endpoint = _read(root / "site.json", Endpoint)
        if endpoint is None:
            raise SiteError(f"{root} is not a site: it has no site.json")
        return cls(root.resolve(), endpoint)

    @property
    def url(self) -> str:
        """Base address of the orchestrator."""
        return self.endpoint.url

    @property
    def releases_dir(self) -> Path:
        """Where the releases are."""
        return self.root / "releases"

    def releases(self) -> list[Release]:
        """Every release, newest first."""
        records = (_read(path, Release) for path in self.releases_dir.glob(f"[0-9]*/{RELEASE_FILE}"))
        return sorted(filter(None, records), key=lambda release: release.order, reverse=True)

    def known_good(self) -> list[Release]:
        """The releases known to be good, newest first."""
        return [release for release in self.releases() if release.known_good]

    def release(self, version: str) -> Release:
        """The release of this version; raises `InvalidStateError` naming the ones that exist."""
        releases = {release.version: release for release in self.releases()}
        if version not in releases:
            raise InvalidStateError(f"no release {version!r} is on this site; there are: {', '.join(releases)}")
        return releases[version]

    def desired(self) -> Desired:
        """The wanted state; raises `SiteError` where the document is missing or broken."""
        desired = _read(self.root / "desired.json", Desired)
        if desired is None:
            raise SiteError(f"{self.root} has no desired.json")
        return desired

    def actual(self) -> Actual | None:
        """What the host last reported; None before its first start."""
        return _read(self.root / "actual.json", Actual)

    def report(self, actual: Actual) -> None:
        """Record what the host sees."""
        replace_file(self.root / "actual.json", actual.model_dump_json(indent=2))

    def deploy(self, release: str, environment: Mapping[str, str]) -> Desired:
        """Want this release with exactly these variables (defaults where one is absent); the host does the rest.

        The nonce stays the same where this is wanted already. Raises `InvalidStateError`; then nothing changed.
        """
        _check_environment(environment)
        with self.changing():
            wanted = Desired(release=self.release(release).version, environment=DEFAULT_ENVIRONMENT | dict(environment))
            before = _read(self.root / "desired.json", Desired)
            if before and (before.release, before.environment) == (wanted.release, wanted.environment):
                return before
            replace_file(self.root / "desired.json", wanted.model_dump_json(indent=2))
            return wanted

    def active_faults(self) -> tuple[str, ...]:
        """What `faults.json` holds."""
        return (_read(self.faults_file, InForce) or InForce()).faults

    def write_faults(self, names: tuple[str, ...]) -> None:
        """Exactly these faults are in force within a fraction of a second."""
        replace_file(self.faults_file, InForce(faults=names).model_dump_json())

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One at a time may read and then change the documents. Not reentrant: `deploy` takes it itself."""
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _endpoint(port: int, service_token: str) -> Endpoint:
    try:
        return Endpoint(port=port, service_token=service_token)
    except ValidationError as error:
        raise SiteError("a site needs a port from 1 to 65535 and a service token") from error


def _check_environment(environment: Mapping[str, str]) -> None:
    unknown = sorted(set(environment) - set(DEFAULT_ENVIRONMENT))
    if unknown:
        raise InvalidStateError(f"unknown variables: {', '.join(unknown)}; known: {', '.join(DEFAULT_ENVIRONMENT)}")
    if any("\0" in value for value in environment.values()):
        raise InvalidStateError("a value of the environment holds a NUL byte")


def _read(path: Path, kind: type[R]) -> R | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, OSError) as error:
        raise SiteError(f"cannot read {path.name} of the site {path.parent}: {error}") from error
