"""A stranger's address as it may be told: its login, path and query can be what lets one in there. Pure."""

import re
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>]*", re.IGNORECASE)


def host(url: str) -> str:
    """Scheme, host and port."""
    try:
        found = urlsplit(url)
        port = "" if found.port is None else f":{found.port}"
    except ValueError:
        return "an address that cannot be read"
    if not found.scheme or not found.hostname:
        return "an address that cannot be read"
    name = f"[{found.hostname}]" if ":" in found.hostname else found.hostname
    return f"{found.scheme}://{name}{port}"


def hosts_only(text: str) -> str:
    """The text with every address in it cut down to its host."""
    return _ADDRESS.sub(lambda address: host(address[0]), text)
