"""References to container images, `host:5000/team/orchestrator:2.7.0` or `...@sha256:...`, and their releases."""

import re

from steadyhand.errors import ChangeRefused

_DIGEST = r"sha256:[0-9a-f]{64}"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_RELEASE = re.compile(rf"{_TAG}(@{_DIGEST})?|{_DIGEST}")
_UNTAGGED = "latest"


def release_of(image: str) -> str:
    """The tag, the digest, or both as they stand behind the name; "latest" where there is neither."""
    _, release = _split(image)
    return release or _UNTAGGED


def with_release(image: str, release: str) -> str:
    """The same image at this release. Raises ChangeRefused for what is no tag and no digest (rule 8)."""
    if not _RELEASE.fullmatch(release):
        raise ChangeRefused(f"{release[:80]!r} is no tag and no digest of an image")
    name, _ = _split(image)
    return f"{name}{'@' if release.startswith('sha256:') else ':'}{release}"


def _split(image: str) -> tuple[str, str]:
    named, at, digest = image.partition("@")
    path, slash, last = named.rpartition("/")
    name, _, tag = last.partition(":")
    release = f"{tag}@{digest}" if tag and at else tag or digest
    return f"{path}{slash}{name}", release
