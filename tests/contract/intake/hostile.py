"""Bodies that nobody should send: real ones with something wrong in them, and raw bytes that are no notification."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.contract.intake.bodies import MULTI, NO_END, PARTIAL, SINGLE, Body, captured, notice, told

_RAW = {
    "@deep@": "[" * 300 + "]" * 300,
    "@deeper@": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "@huge number@": "9" * 5_000,
    "@1e400@": "1e400",
    "@-0@": "-0.0",
    "@many labels@": json.dumps({f"label_{n}": "x" for n in range(10_000)}),
}
"""What `json.dumps` cannot write, put in afterwards."""

_TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(categories=("Cs", "Cc", "Lo")), max_size=5),
    st.sampled_from(
        [
            "",
            "\0",
            "a\0b",
            "\u2028",
            "\ud800",
            "\udfff\ud800",
            "x" * 100_000,
            "'; DROP TABLE alerts; --",
            "../../etc",
            "<b>",
        ]
    ),
)
_INSTANTS = st.sampled_from(
    [
        NO_END,
        "0000-00-00T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
        "2026-11-23",
        "2026-11-23T03:08:17",
        "2026-11-23T25:61:61Z",
        "-2026-11-23T03:08:17Z",
        1e308,
        -1,
        0,
        True,
    ]
)
_NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([-1, 2**31, 2**63, -(2**64), 10**300]))
_LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), _NUMBERS, _TEXTS, _INSTANTS, st.sampled_from(sorted(_RAW))
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)),
    max_leaves=5,
)


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*way, key)
        yield from _places(part, (*way, key))


def _spoil(draw: st.DrawFn, body: Body) -> None:
    """One part of the body is replaced, missing, doubled, or has a neighbour it should not have."""
    places = list(_places(body))
    if not places:
        return
    *way, last = draw(st.sampled_from(places))
    parent: Any = body
    for key in way:
        parent = parent[key]
    what = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
    if what == "replace":
        parent[last] = draw(_VALUES)
    elif what == "remove":
        del parent[last]
    elif isinstance(parent, dict):
        parent[draw(_TEXTS)] = draw(_VALUES)
    else:
        parent.append(draw(_VALUES))


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A real notification with one to three things wrong in it; it may still be JSON, or not."""
    text = draw(st.sampled_from([SINGLE, MULTI, PARTIAL]))
    body: Body = json.loads(captured(text)[0])
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, body)
    written = json.dumps(body, ensure_ascii=draw(st.booleans()))
    for name, raw in _RAW.items():
        written = written.replace(f'"{name}"', raw)
    if draw(st.booleans()):
        key = draw(st.sampled_from(["version", "alerts", "status", "labels", "fingerprint", "startsAt"]))
        written = written.replace(f'"{key}":', f'"{key}": {json.dumps(draw(_INSTANTS))}, "{key}":', 1)
    return written.encode("utf-8", "surrogatepass")


def _labelled(labels: Body) -> Body:
    return notice(told() | {"labels": labels})


_GOOD = json.dumps(notice(told()))
RAW_BODIES = {
    "empty": b"",
    "a blank": b" ",
    "a NUL": b"\0",
    "cut off": _GOOD.encode()[:-1],
    "two of them": _GOOD.encode() * 2,
    "a trailing comma": _GOOD.encode()[:-1] + b",}",
    "single quotes": _GOOD.replace('"', "'").encode(),
    "a form": b"version=4&alerts=",
    "HTML": b"<!doctype html><title>502</title>",
    "invalid UTF-8": _GOOD.encode().replace(b"planner", b"\xff\xfe\xfd"),
    "an overlong NUL": _GOOD.encode().replace(b"planner", b"\xc0\x80"),
    "a raw surrogate": _GOOD.encode().replace(b"planner", b"\xed\xa0\x80"),
    "UTF-16": _GOOD.encode("utf-16"),
    "UTF-32": _GOOD.encode("utf-32"),
    "Latin-1": _GOOD.replace("planner", "plänner").encode("latin-1"),
    "a byte order mark": b"\xef\xbb\xbf" + _GOOD.encode(),
    "gzip": gzip.compress(_GOOD.encode()),
    "NaN": b"NaN",
    "a number": b"1" * 10_000,
    "a text": b'"firing"',
    "half an escape": b'"\\ud8',
    "a lone surrogate": b'{"version": "\\ud800"}',
    "open brackets": b"[" * 500_000,
    "closed brackets": b"[" * 900 + b"]" * 900,
    "many alerts of nothing": json.dumps(notice() | {"alerts": [{}] * 3_000}).encode(),
    "alerts within alerts": json.dumps(notice() | {"alerts": [[notice(told())]]}).encode(),
    "doubled keys": b'{"version": "4", "version": "4", "groupKey": "", "alerts": [], "alerts": [null, 1, "x", [], {}]}',
    "an empty fingerprint": json.dumps(notice(told() | {"fingerprint": ""})).encode(),
    "a long fingerprint": json.dumps(notice(told() | {"fingerprint": "f" * 65})).encode(),
    "a long service": json.dumps(notice(told(service="x" * 201))).encode(),
    "10,000 labels": json.dumps(_labelled({f"label_{n}": "x" for n in range(10_000)})).encode(),
    "a label's name is half a pair": json.dumps(_labelled({"\ud800": "x"})).encode(),
    "a label's name is half a pair, its value no text": json.dumps(_labelled({"\ud800": 5})).encode(),
    "an annotation of a megabyte": json.dumps(notice(told() | {"annotations": {"x": "\u2028" * 350_000}})).encode(),
}
