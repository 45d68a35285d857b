"""What expressions come to in one container; none of a hostile tree makes the reading fail or hang."""

from __future__ import annotations

import pytest

from k8slint.fact import Fact, absent, known
from k8slint.models.python import Interest, parse_python
from k8slint.models.source import decode
from k8slint.workload.values import NODE, value

VARIABLES = {"HOST": "0.0.0.0", "PORT": "8080", "DEBUG": "false"}


def variable(name: str) -> Fact[str]:
    return known(VARIABLES[name]) if name in VARIABLES else absent()


def read(expression: str, before: str = "") -> Fact[object]:
    text = f"import math, os\nfrom decouple import config\n{before}\nwanted = {expression}\n"
    file = parse_python(decode("app.py", text.encode()), Interest(frozenset()), in_full=True)
    (wanted,) = (one for one in file.assignments if one.target == "wanted")
    return value(file, wanted.value, "", variable)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("int(os.getenv('PORT', '1')) // 3", 2693),
        ("f\"{os.environ['HOST']}:{os.getenv('PORT')}\"", "0.0.0.0:8080"),
        ("[os.environ['HOST'] + ':80', '[::]:81']", ["0.0.0.0:80", "[::]:81"]),
        ("os.getenv('NOT_SET') or 4", 4),
        ("os.getenv('PORT') and 4", 4),
        ("8 if os.environ.get('DEBUG') == 'true' else 2", 2),
        ("config('DEBUG', default=True, cast=bool)", False),
        ("config('NOT_SET', default='3', cast=int)", 3),
        ("float('2.5') * 2", 5.0),
        ("math.ceil(7 / 2)", 4),
        ("min(4, 2 + 1)", 3),
    ],
)
def test_what_is_written(expression: str, expected: object) -> None:
    assert read(expression).value == expected


@pytest.mark.parametrize(
    "expression",
    ["os.environ['NOT_SET']", "config('NOT_SET')", "int('many')", "1 / 0", "'a' * 2", "unheard_of()", "int('9' * 5)"],
)
def test_what_cannot_be_told(expression: str) -> None:
    assert read(expression).is_unknown


@pytest.mark.parametrize("expression", ["os.cpu_count()", "int(os.getenv('N', os.cpu_count())) * 2 + 1"])
def test_what_follows_the_node(expression: str) -> None:
    assert read(expression).reason == NODE


@pytest.mark.parametrize(
    "expression",
    ["int(1e999)", "round(1e999 - 1e999)", f"f'{{{'9' * 4000} * {'9' * 4000}}}'", "max(1e999 - 1e999, 1)"],
)
def test_a_number_that_no_setting_has(expression: str) -> None:
    assert read(expression).is_unknown


def test_names_that_ask_for_millions_of_steps() -> None:
    lines = [f"a{n} = [{', '.join([f'a{n + 1}'] * 50)}]" for n in range(10)]
    assert read("a0", "\n".join([*lines, "a10 = 1"])).is_unknown


def test_a_text_that_would_fill_the_memory() -> None:
    lines = [f"a{n} = a{n + 1} + a{n + 1}" for n in range(8)]
    assert read("a0", "\n".join([*lines, f"a8 = {'x' * 5000!r}"])).is_unknown
