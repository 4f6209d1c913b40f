"""The target profile: every name of the runbook as a default that can be changed, and our own settings.

Read at the edges, passed down, frozen. Secrets stand in it by reference only. Unknown keys are refused with the nearest
known one. Every field's docstring is its comment in the file that `steadyhand init` writes.
"""

from steadyhand.profile.deployers import (
    CommandDeployer,
    ComposeDeployer,
    DeployerSettings,
    GitHubDeployer,
    KubernetesDeployer,
)
from steadyhand.profile.loading import DEFAULT_FILE, PROFILE_VARIABLE, load_profile, profile_path
from steadyhand.profile.logs import FileLogs, Logs, LokiLogs
from steadyhand.profile.observing import (
    Alertmanager,
    Baseline,
    GitHub,
    Jenkins,
    Prometheus,
)
from steadyhand.profile.profile import Profile
from steadyhand.profile.receiving import Credential, Receiver, Tls
from steadyhand.profile.section import SecretRef
from steadyhand.profile.service_token import BearerToken, HeaderToken, MintedToken, ServiceToken
from steadyhand.profile.steering import (
    Approvals,
    Chat,
    Documents,
    ExitCriteria,
    Intake,
    Mitigation,
    Person,
    Prefect,
)
from steadyhand.profile.target import (
    HEALTHY,
    EnvironmentProfile,
    Orchestrator,
    Reviews,
    Routes,
    Suite,
    Suites,
)

__all__ = [
    "DEFAULT_FILE",
    "HEALTHY",
    "PROFILE_VARIABLE",
    "Alertmanager",
    "Approvals",
    "Baseline",
    "BearerToken",
    "Chat",
    "CommandDeployer",
    "ComposeDeployer",
    "Credential",
    "DeployerSettings",
    "Documents",
    "EnvironmentProfile",
    "ExitCriteria",
    "FileLogs",
    "GitHub",
    "GitHubDeployer",
    "HeaderToken",
    "Intake",
    "Jenkins",
    "KubernetesDeployer",
    "Logs",
    "LokiLogs",
    "MintedToken",
    "Mitigation",
    "Orchestrator",
    "Person",
    "Prefect",
    "Profile",
    "Prometheus",
    "Receiver",
    "Reviews",
    "Routes",
    "SecretRef",
    "ServiceToken",
    "Suite",
    "Suites",
    "Tls",
    "load_profile",
    "profile_path",
]
