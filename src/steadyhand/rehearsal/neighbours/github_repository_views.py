"""The stand-in's repository and its owner as GitHub's REST API shows them; mostly addresses."""

from datetime import datetime
from typing import Any

View = dict[str, Any]

_OWNER_ADDRESSES = """
    avatar html followers following gists starred subscriptions organizations repos events received_events
"""
_REPOSITORY_ADDRESSES = """
    archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads
    events forks git_commits git_refs git_tags issue_comment issue_events issues keys labels languages merges milestones
    notifications pulls releases stargazers statuses subscribers subscription tags teams trees hooks
"""
_CLONE_ADDRESSES = "git ssh clone mirror svn"
_COUNTS = """
    forks forks_count stargazers_count watchers watchers_count size open_issues open_issues_count subscribers_count
    network_count
"""
_FEATURES = "has_issues has_projects has_wiki has_pages has_discussions archived disabled"


def owner(login: str, address: str) -> View:
    """Whose repository it is."""
    return {
        "login": login,
        "id": 1,
        "node_id": "O_1",
        "gravatar_id": "",
        "url": address,
        **{f"{name}_url": f"{address}/{name}" for name in _OWNER_ADDRESSES.split()},
        "type": "Organization",
        "site_admin": False,
    }


def small_repository(full_name: str, *, site: str, api: str) -> View:
    """The repository as other views hold it."""
    login, _, name = full_name.partition("/")
    return {
        "id": 2,
        "node_id": "R_2",
        "name": name,
        "full_name": full_name,
        "owner": owner(login, site.rpartition("/")[0]),
        "private": True,
        "description": None,
        "fork": False,
        "url": api,
        "html_url": site,
        **{f"{word}_url": f"{api}/{word}" for word in _REPOSITORY_ADDRESSES.split()},
    }


def whole_repository(small: View, made_at: datetime) -> View:
    """The repository by itself."""
    return {
        **small,
        **{f"{word}_url": small["html_url"] for word in _CLONE_ADDRESSES.split()},
        **dict.fromkeys(_COUNTS.split(), 0),
        **dict.fromkeys(_FEATURES.split(), False),
        **dict.fromkeys(("homepage", "language", "license")),
        **dict.fromkeys(("pushed_at", "created_at", "updated_at"), made_at.isoformat()),
        "default_branch": "main",
    }
