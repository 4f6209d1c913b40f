"""Tool adapters as an orchestrator reports them (D6), whatever it calls their state."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

_HEALTHY = frozenset({"ok", "healthy", "up", "ready", "available", "operational", "pass", "passing", "green"})
_UNHEALTHY = frozenset(
    {"degraded", "unhealthy", "down", "error", "failed", "failing", "fail", "unavailable", "timeout", "critical", "red"}
)
_WRAPPERS = ("tools", "adapters")
_NAMES = ("name", "tool", "adapter", "id")
_SIGNS = frozenset({"healthy", "status", "state", "health"})
_ABOUT_THE_WHOLE = frozenset({*_NAMES, *_SIGNS, *_WRAPPERS, "result", "detail", "message", "error"})


class ToolAdapter(BaseModel):
    """One adapter. `healthy` is None when what it says of itself is neither (rule 4)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(min_length=1)
    healthy: bool | None
    p95_latency_seconds: float | None = None


def _listed(document: Any) -> Any:
    """A list of adapters from any of the known shapes. Raises ValueError for every other."""
    if isinstance(document, dict):
        inside = next((document[key] for key in _WRAPPERS if key in document), None)
        if inside is None and not _is_by_name(document):
            raise ValueError("neither `tools`, nor `adapters`, nor adapters by name")
        document = document if inside is None else inside
    if isinstance(document, dict):
        return [_adapter(name, said) for name, said in document.items()]
    if isinstance(document, list) and all(isinstance(said, dict) for said in document):
        return [_adapter(next((said[key] for key in _NAMES if key in said), None), said) for said in document]
    raise ValueError("no list of adapters")


def _is_by_name(document: dict[str, Any]) -> bool:
    """Not every object is one: {"status": "ok"} speaks of the whole, and {"ready": true} of who knows what."""
    names_adapters = bool(document) and not _ABOUT_THE_WHOLE & document.keys()
    return names_adapters and all(
        bool(_SIGNS & said.keys()) if isinstance(said, dict) else isinstance(said, str) and _health(said) is not None
        for said in document.values()
    )


def _adapter(name: Any, said: Any) -> dict[str, Any]:
    """One sign of trouble outweighs any sign of health."""
    signs = [said]
    latency = None
    if isinstance(said, dict):
        signs = [said[key] for key in _SIGNS & said.keys()]
        latency = said.get("p95_latency_seconds")
    found = {_health(sign) for sign in signs}
    healthy = False if False in found else (True if True in found else None)
    return {"name": name, "healthy": healthy, "p95_latency_seconds": latency}


def _health(sign: Any) -> bool | None:
    if isinstance(sign, bool):
        return sign
    word = sign.strip().casefold() if isinstance(sign, str) else ""
    return True if word in _HEALTHY else (False if word in _UNHEALTHY else None)


TOOL_ADAPTERS: TypeAdapter[tuple[ToolAdapter, ...]] = TypeAdapter(
    Annotated[tuple[ToolAdapter, ...], BeforeValidator(_listed)]
)
