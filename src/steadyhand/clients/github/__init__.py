"""GitHub's REST API, through githubkit: runs of a workflow (D7), and deployments by one (M1, M2, M3).

githubkit builds the requests and knows the rate limits; the transport, the limits and the errors are ours. It is
imported only once a question is asked: that takes half a second, and every flow run imports the probes.
"""

from steadyhand.clients.github.answers import NotAllowed, NotThere
from steadyhand.clients.github.records import GitHubDeployment, Job, Workflow, WorkflowRun
from steadyhand.clients.github.repository import GitHubRepository
from steadyhand.clients.github.runs import configured_workflow, latest_run, token_scopes, workflow_names

__all__ = [
    "GitHubDeployment",
    "GitHubRepository",
    "Job",
    "NotAllowed",
    "NotThere",
    "Workflow",
    "WorkflowRun",
    "configured_workflow",
    "latest_run",
    "token_scopes",
    "workflow_names",
]
