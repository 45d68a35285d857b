"""What two versions of a Python file differ in, statement by statement."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from k8slint.fix.refusal import Refused
from k8slint.models.source import Source
from k8slint.repair import Change, StopEvent

_NEW = frozenset(
    (
        "import os",
        "import signal",
        "import threading",
        "stop = threading.Event()",
        "signal.signal(signal.SIGTERM, lambda *_: stop.set())",
    )
)


def demand_statements(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise ``Refused`` where ``after`` cannot be read, or other statements are added or changed than asked for."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the linted code's own style
            old, new = (list(_statements(ast.parse(one.text))) for one in (before, after))
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Refused("the file could not be read afterwards") from error
    is_loop = any(isinstance(one, StopEvent) for one in changes)
    changed = 0
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        added = [text for _, text in new[new_start:new_end] if text not in _NEW]
        if len(added) != end - start:
            raise Refused("something else in the file would change")
        pairs = zip(old[start:end], [one for one in new[new_start:new_end] if one[1] not in _NEW], strict=True)
        for (depth, text), (new_depth, new_text) in pairs:
            asked = "stop." in new_text if is_loop else "os.environ.get(" in new_text
            if depth != new_depth or (text != new_text and not asked):
                raise Refused("something else in the file would change")
            changed += text != new_text
    if not is_loop and changed > len(changes):
        raise Refused("something else in the file would change")


def _statements(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Every statement with its depth and its text, compound ones without what is inside them."""
    waiting: list[tuple[int, ast.AST]] = [(0, one) for one in reversed(module.body)]
    while waiting:
        depth, node = waiting.pop()
        inner: list[ast.AST] = []
        for name in ("body", "handlers", "orelse", "finalbody", "cases"):
            parts = getattr(node, name, None)
            if isinstance(parts, list):
                inner.extend(parts)
                setattr(node, name, [])
        yield depth, ast.unparse(node)
        waiting.extend((depth + 1, one) for one in reversed(inner))
