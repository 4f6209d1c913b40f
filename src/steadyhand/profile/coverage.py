"""What a profile leaves unconfigured, and so unknown in an incident. Pure."""

from steadyhand.domain.incident import Environment
from steadyhand.profile.profile import Profile


def unconfigured(profile: Profile, name: Environment) -> tuple[str, ...]:
    """What cannot be known or done in this environment, each with its line of the runbook."""
    here, own = profile.within(name), profile.environment(name)
    people = [person for person in profile.approvals.people.values() if name in person.environments]
    missing = {
        "the deployment (M1-M3): no deployer": own.deployer is None,
        "the suites (F3, D3, E1, E2): no checkout": own.checkout is None,
        "the last backup (F5): no Jenkins": here.jenkins.url is None,
        "the regression workflow (D7): no GitHub repository": here.github.repository is None,
        "tools and reviewers (D6, M4): no service token": here.orchestrator.service_token is None,
        "the application's log (D1, D2): no source of logs": here.logs.source is None,
        "chat (C1): no channels, so log and file only": not profile.chat.channels,
        "every change (P2): nobody may approve": not people and own.approval == "person",
        "the closure (E4): nobody may approve": not people and own.approval == "policy",
    }
    return tuple(what for what, is_missing in missing.items() if is_missing)
