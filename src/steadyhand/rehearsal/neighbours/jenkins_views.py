"""The documents of Jenkins' JSON remote API, whole."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from .jenkins_state import BuildState, JenkinsState, JobState

_NAMED_BUILDS: dict[str, tuple[Any, ...]] = {
    "lastBuild": (),
    "lastCompletedBuild": ("SUCCESS", "UNSTABLE", "FAILURE", "NOT_BUILT", "ABORTED"),
    "lastFailedBuild": ("FAILURE",),
    "lastStableBuild": ("SUCCESS",),
    "lastSuccessfulBuild": ("SUCCESS", "UNSTABLE"),
    "lastUnstableBuild": ("UNSTABLE",),
    "lastUnsuccessfulBuild": ("UNSTABLE", "FAILURE", "NOT_BUILT", "ABORTED"),
}
_COLOURS = {"SUCCESS": "blue", "UNSTABLE": "yellow", "FAILURE": "red", "ABORTED": "aborted", "NOT_BUILT": "notbuilt"}

Document = dict[str, Any]


def view(state: JenkinsState, path: str, base: str) -> Document | None:
    """The whole document of a page ("" is the root, then job/A/job/B, then a build), or None when there is none."""
    here: Document = {
        "_class": "hudson.model.Hudson",
        "mode": "NORMAL",
        "numExecutors": 2,
        "quietingDown": False,
        "useCrumbs": True,
        "useSecurity": True,
        "url": base,
        "jobs": _listed(state, "", base),
    }
    steps = [step for step in path.split("/") if step]
    while steps:
        step = steps.pop(0)
        if step == "job":
            name = steps.pop(0) if steps else ""
            found: Document | None = next((job for job in here.get("jobs", ()) if job["name"] == name), None)
        else:
            found = _build_called(here, step)
        if found is None:
            return None
        here = found
    return here


def _listed(state: JenkinsState, folder: str, base: str) -> list[Document]:
    inside = [name.removeprefix(folder) for name in state.jobs if name.startswith(folder)]
    return [_job_or_folder(state, folder + name, base) for name in sorted({name.split("/")[0] for name in inside})]


def _job_or_folder(state: JenkinsState, full_name: str, base: str) -> Document:
    names = full_name.split("/")
    common = {
        "name": names[-1],
        "displayName": names[-1],
        "fullName": full_name,
        "url": base + "".join(f"job/{quote(name)}/" for name in names),
    }
    if full_name not in state.jobs:
        jobs = _listed(state, f"{full_name}/", base)
        return {"_class": "com.cloudbees.hudson.plugins.folder.Folder", **common, "jobs": jobs}
    return _job(state.jobs[full_name], common)


def _job(job: JobState, common: Document) -> Document:
    builds = sorted(job.builds, key=lambda build: build.number, reverse=True)
    named = {name: job.latest(*results) for name, results in _NAMED_BUILDS.items()}
    return {
        "_class": "hudson.model.FreeStyleProject",
        **common,
        "actions": [],
        "buildable": not job.disabled,
        "disabled": job.disabled,
        "color": _colour(job, builds),
        "inQueue": False,
        "nextBuildNumber": builds[0].number + 1 if builds else 1,
        "builds": [_build(build, common) for build in builds],
        "firstBuild": _build(builds[-1], common) if builds else None,
        **{name: _build(build, common) if build else None for name, build in named.items()},
    }


def _colour(job: JobState, builds: list[BuildState]) -> str:
    ended = next((build.result for build in builds if build.result), None)
    running = "_anime" if builds and builds[0].result is None else ""
    return ("disabled" if job.disabled else _COLOURS.get(ended or "", "notbuilt")) + running


def _build(build: BuildState, job: Document) -> Document:
    running = build.result is None
    milliseconds = round(timedelta(seconds=build.seconds) / timedelta(milliseconds=1))
    return {
        "_class": "hudson.model.FreeStyleBuild",
        "actions": [],
        "building": running,
        "displayName": f"#{build.number}",
        "duration": 0 if running else milliseconds,
        "fullDisplayName": f"{job['fullName']} #{build.number}",
        "id": str(build.number),
        "number": build.number,
        "result": build.result,
        "timestamp": round(build.started_at.timestamp() * 1000),
        "url": f"{job['url']}{build.number}/",
    }


def _build_called(job: Document, name: str) -> Document | None:
    if name in _NAMED_BUILDS:
        named: Document | None = job.get(name)
        return named
    return next((build for build in job.get("builds", ()) if build["id"] == name), None)
