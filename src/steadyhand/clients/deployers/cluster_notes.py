"""What is noted on a Deployment, in annotations that its controller copies to the ReplicaSet of the newest rollout.

Every note names its release: whoever deploys another one leaves it in place, and then it says nothing any more.
"""

from collections.abc import Mapping

COMMIT = "steadyhand/commit"
"""`RELEASE=COMMIT RELEASE=`: with no commit, that of this release is not known, whatever the label says."""
CAME_UP = "steadyhand/came-up"
"""The release whose rollout was seen to be complete: by us, or by the pipeline that deployed it."""


def noted_commit(annotations: Mapping[str, str], release: str) -> str | None:
    """The commit of this release; empty where it is noted as not known, None where nothing is noted of it."""
    pairs = (pair.partition("=") for pair in annotations.get(COMMIT, "").split())
    return next((commit for name, equals, commit in pairs if equals and name == release), None)


def commit_note(known: Mapping[str, str]) -> str:
    """The note of these releases and their commits."""
    return " ".join(f"{release}={commit}" for release, commit in known.items())


def came_up(annotations: Mapping[str, str], release: str | None) -> bool:
    """Whether this release was seen to serve."""
    return release is not None and annotations.get(CAME_UP) == release
