"""GitHub's workflows, runs, jobs and deployments, as much of them as is used.

Words such as a conclusion are plain text here: GitHub adds new ones, and an older server of one's own lacks some.
"""

from datetime import datetime

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from steadyhand.domain.record import Text


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Workflow(_Wire):
    """`path` is its file's, in the repository; a `state` other than "active" runs nothing."""

    id: int
    name: Text
    path: Text
    state: Text

    @property
    def file(self) -> str:
        """The last part of its path."""
        return self.path.rsplit("/", 1)[-1]


class Job(_Wire):
    """One job of a run; `conclusion` is None until `status` is "completed"."""

    id: int
    name: Text
    status: Text
    conclusion: Text | None = None
    url: Text = Field(default="", validation_alias="html_url")

    @property
    def outcome(self) -> str:
        """The conclusion; the status while there is none."""
        return (self.conclusion or "unknown") if self.status == "completed" else self.status


class WorkflowRun(_Wire):
    """One run, in its latest attempt; `jobs` are those of that attempt, where they were asked for."""

    id: int
    number: int = Field(validation_alias="run_number")
    attempt: int = Field(default=1, validation_alias="run_attempt")
    title: Text = Field(default="", validation_alias=AliasChoices("display_title", "name"))
    status: Text | None
    conclusion: Text | None
    url: Text = Field(default="", validation_alias="html_url")
    created_at: AwareDatetime
    head_sha: Text
    jobs: tuple[Job, ...] = ()

    @property
    def completed(self) -> bool:
        """Nothing of it runs any more, unless it is run again."""
        return self.status == "completed"


class GitHubDeployment(_Wire):
    """One deployment; `payload` is whatever its maker gave."""

    id: int
    sha: Text
    ref: Text
    payload: JsonValue = None
    created_at: datetime | None = None


class DeploymentStatus(_Wire):
    """One status; the newest of a deployment holds."""

    id: int
    state: Text
