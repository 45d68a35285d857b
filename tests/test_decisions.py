"""What a program does with the value of a call: comparisons and sizes, not logs and exports."""

from __future__ import annotations

import pytest

from k8slint.models.python import Interest, parse_python
from k8slint.models.python_decisions import decisions
from k8slint.models.source import decode

INTEREST = Interest(frozenset({"psutil.virtual_memory"}))


def found(text: str) -> list[tuple[str, str, int]]:
    file = parse_python(decode("a.py", f"import psutil\n{text}\n".encode()), INTEREST)
    return [(one.kind, one.written, one.location.line) for one in decisions(file.source, file.calls)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if psutil.virtual_memory().percent > 90: stop()", [("compares", "psutil.virtual_memory().percent > 90", 2)]),
        ("m = psutil.virtual_memory()\nwhile m[2] < 5 and go: pass", [("compares", "m[2] < 5", 3)]),
        ("def f():\n m = psutil.virtual_memory().free\n return 1 if 5 > m else 2", [("compares", "5 > m", 4)]),
        ("cache_size = psutil.virtual_memory().total // 4", [("sizes", "cache_size", 2)]),
        ("self.maxSize = int(psutil.virtual_memory().total * 0.1)", [("sizes", "maxSize", 2)]),
        ("Cache(max_bytes=psutil.virtual_memory().total)", [("sizes", "max_bytes", 2)]),
        ("if psutil.virtual_memory().percent > 90: log.warning('full')", []),
        ("if psutil.virtual_memory().total == 0: stop()", []),
        ("gib = psutil.virtual_memory().total / 1024**3\nprint(gib)", []),
        ("size = psutil.virtual_memory().total", []),
        ("limit = min(psutil.virtual_memory().total, own) // 2", []),
        ("status = {'limit': psutil.virtual_memory().total / 2}", []),
        ("m = psutil.virtual_memory().percent\nm = 3\nif m > 2: stop()", []),
        ("m = psutil.virtual_memory().percent\ndef f(m):\n if m > 2: stop()", []),
        ("if len(f'{psutil.virtual_memory().total}') > 3: stop()", []),
    ],
)
def test_decisions(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert found(text) == expected
