"""Which part of a document Jenkins shows: by its `tree` parameter, or without one."""

import re
from typing import Any

from .jenkins_views import Document

_REFERENCE = ("_class", "name", "number", "url", "color")
_WORD = re.compile(r"\w+|[\[\],]")

Tree = dict[str, "Tree"]


class BadTreeError(Exception):
    """`tree` cannot be parsed."""


def shallow(document: Document) -> Document:
    """What is shown without `tree`: everything, but of what is inside only how to find it."""
    return {key: _reference(value) for key, value in document.items()}


def picked(document: Document, tree: str) -> Document:
    """What `tree` asks for; of what it does not look into, only the class. Raises BadTreeError."""
    return _kept(document, _parsed(tree))


def _reference(value: Any) -> Any:
    if isinstance(value, list):
        return [_reference(one) for one in value]
    return {key: value[key] for key in _REFERENCE if key in value} if isinstance(value, dict) else value


def _parsed(tree: str) -> Tree:
    root: Tree = {}
    open_trees, last = [root], ""
    try:
        for word in _WORD.findall(tree):
            if word == "[":
                open_trees.append(open_trees[-1][last])
            elif word == "]":
                open_trees.pop()
            elif word != ",":
                last = word
                open_trees[-1][last] = {}
    except LookupError as error:
        raise BadTreeError(f"malformed tree: {tree}") from error
    if open_trees != [root]:
        raise BadTreeError(f"malformed tree: {tree}")
    return root


def _kept(document: Document, tree: Tree) -> Document:
    return {key: _pruned(one, tree.get(key, {})) for key, one in document.items() if key == "_class" or key in tree}


def _pruned(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_pruned(one, tree) for one in value]
    return _kept(value, tree) if isinstance(value, dict) else value
