"""Whether Alertmanager's configuration brings an alert to our receiver (T1): pure."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from steadyhand.clients.alertmanager_routing import Configuration, Webhook
from steadyhand.doctor.checkup import Seen, drift, ok, unknown
from steadyhand.doctor.host import host
from steadyhand.doctor.nearest import nearest
from steadyhand.profile import Receiver

PATH = "/v1/alertmanager"
_PORTS = {"http": 80, "https": 443}
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to


def judged(found: Configuration, ours: Receiver, labels: Mapping[str, str]) -> Seen:
    """Whether an alert with these labels is posted to us, whole and again when it is resolved."""
    names = list(dict.fromkeys(found.route.receivers(labels)))
    told = (
        f"an alert with {', '.join(f'{k}={v!r}' for k, v in labels.items())} is sent to {', '.join(names) or 'nobody'}"
    )
    hooks = [hook for receiver in found.receivers if receiver.name in names for hook in receiver.webhooks]
    if mine := [hook for hook in hooks if _is_ours(hook.url, ours)]:
        return _settings_of(mine[0], told)
    address = f"{ours.address}{PATH}"
    if hidden := [hook for hook in hooks if hook.url_file or hook.url.startswith("<")]:
        return unknown(f"{told}, whose address is not shown ({hidden[0].url_file or 'hidden'}); ours is {address}")
    if alike := [hook for hook in hooks if hook.url.endswith(PATH)]:
        return unknown(f"{told}, at {host(alike[0].url)}, and ours is {address}: it may be a proxy before it")
    others = [hook.url for receiver in found.receivers for hook in receiver.webhooks]
    elsewhere = [url for url in others if _is_ours(url, ours)]
    if elsewhere:
        return drift(
            f"{told}; our webhook is another receiver's, which no route leads such an alert to", nearest=address
        )
    near = nearest(address, others)
    return drift(f"{told}, none of them a webhook at {address}", nearest=host(near) if near else None)


def _settings_of(hook: Webhook, told: str) -> Seen:
    if not hook.send_resolved:
        return drift(f"{told}, our webhook, but with send_resolved: false: the end of an alert is never told")
    if hook.max_alerts:
        return drift(f"{told}, our webhook, but with max_alerts: {hook.max_alerts}: further alerts are cut off")
    return ok(f"{told}, our webhook")


def _is_ours(url: str, ours: Receiver) -> bool:
    try:
        found = urlsplit(url)
        port = found.port or _PORTS.get(found.scheme)
    except ValueError:
        return False
    return found.path == PATH and port == ours.port and _same_host(found, ours.host)


def _same_host(found: SplitResult, ours: str) -> bool:
    return ours in _EVERYWHERE or found.hostname == ours or (_is_loopback(found.hostname or "") and _is_loopback(ours))


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
