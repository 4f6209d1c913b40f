"""Quoting a stranger's answer in a message: short, on one line, printable, and without a login in an address."""

import re

from pydantic import ValidationError

_SHOWN = 120
_FAULTS_READ = 1000
_PAGE_READ = 10_000
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b(?:.*?<title[^>]*>(?P<title>[^<]*))?", re.IGNORECASE | re.DOTALL)
_LOGIN = re.compile(r"//[^/?#]*@")


def address(url: str) -> str:
    """The address without the user and password in it."""
    return _LOGIN.sub("//", url)


def fault(error: ValidationError) -> str:
    """Where an answer first differs from its documentation, in short: both the place and the words are a stranger's."""
    if error.error_count() > _FAULTS_READ:  # a list of a million numbers has a million faults
        return f"{error.error_count()} faults"
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    return f"{start(where)}: {start(first['msg'])}"


def start(text: str) -> str:
    """How a text begins; of a page in HTML, its title, which is what a person would read."""
    if page := _PAGE.match(text[:_PAGE_READ]):
        return f"an HTML page, {start(page['title']) if page['title'] else 'without a title'}"
    flat = " ".join(text[: 8 * _SHOWN].split())
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in flat[:_SHOWN])
    return plain + ("..." if len(flat) > _SHOWN else "")
