"""Which commands of an entry script run on every way to the program."""

from __future__ import annotations

import pytest

from builders import image


def sure(script: str) -> list[str]:
    dockerfile = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["./run.sh"]\n'
    workload = image(dockerfile, {"run.sh": f"#!/bin/sh\n{script}\nexec gunicorn app:app\n"})
    (process,) = workload.processes.value
    return [" ".join(words) for step in process.steps for words, _ in step.sure_commands if words[0] == "migrate"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("migrate a", ["migrate a"]),
        ("wait && migrate a", ["migrate a"]),
        ("migrate a || exit 1", ["migrate a"]),
        ("until migrate a; do sleep 1; done", ["migrate a"]),
        ('if [ "$X" = 1 ]; then migrate a; fi', []),
        ('if [ -f b ]; then migrate a; fi', []),
        ('if [ -f b ]; then migrate a; else migrate a; fi', []),
        ('[ -f b ] && migrate a', []),
        ("f() { migrate a; }\nf", ["migrate a"]),
        ("f() { migrate a; }", []),
    ],
)  # fmt: skip
def test_sure_commands(script: str, expected: list[str]) -> None:
    assert sure(script) == expected
