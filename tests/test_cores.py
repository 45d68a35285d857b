"""Numbers that come from the node's processors."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from k8slint.models.python import Interest, parse_python
from k8slint.models.source import Source
from k8slint.workload.cores import COUNTS, NodeCount, counts_in_shell, node_count

IMPORTS = "import math, multiprocessing, os, psutil\nfrom os import cpu_count as cores\n"


def count(module: str, variables: Collection[str] | None = ()) -> NodeCount | None:
    """What is found in the value of ``size``; ``variables`` are those that the workload sets, None: not known."""
    file = parse_python(Source("app.py", module), Interest(frozenset(COUNTS)))
    (size,) = (one for one in file.assignments if one.target == "size")
    return node_count(file, size.value, size.scope, lambda name: None if variables is None else name in variables)


def found(expression: str, before: str = "", variables: Collection[str] | None = ()) -> str:
    one = count(f"{IMPORTS}{before}size = {expression}\n", variables)
    return one.written if one is not None else ""


class TestSpellings:
    @pytest.mark.parametrize(
        ("expression", "written"),
        [
            ("os.cpu_count()", "os.cpu_count()"),
            ("os.process_cpu_count()", "os.process_cpu_count()"),
            ("multiprocessing.cpu_count()", "multiprocessing.cpu_count()"),
            ("psutil.cpu_count(logical=False)", "psutil.cpu_count()"),
            ("len(os.sched_getaffinity(0))", "os.sched_getaffinity()"),
            ("len(psutil.Process().cpu_affinity())", "psutil.Process.cpu_affinity()"),
            ("cores()", "os.cpu_count()"),
            ("os.cpu_count() or 1", "os.cpu_count()"),
            ("(os.cpu_count() or 1) * 2 + 1", "os.cpu_count()"),
            ("max(1, os.cpu_count() - 1)", "os.cpu_count()"),
            ("math.ceil(os.cpu_count() * 0.75)", "os.cpu_count()"),
            ("int(round(os.cpu_count() / 2))", "os.cpu_count()"),
            ("os.cpu_count() * 2 if threads else os.cpu_count()", "os.cpu_count()"),
        ],
    )
    def test_all_of_them_count_the_node(self, expression: str, written: str) -> None:
        assert found(expression) == written

    @pytest.mark.parametrize(
        "expression",
        [
            "4",
            "os.cpu_count",
            "workers",
            "choose(os.cpu_count())",
            "os.cpu_count() > 4",
            "not os.cpu_count()",
            "os.cpu_count() and 4",
            "workers or os.cpu_count()",
            "2 if small else os.cpu_count()",
        ],
    )
    def test_what_is_not_certain_to_be_a_count(self, expression: str) -> None:
        assert found(expression) == ""

    def test_a_constant_is_followed_to_where_it_is_assigned(self) -> None:
        one = count(f"{IMPORTS}CORES = os.cpu_count()\nsize = CORES * 2\n")
        assert one is not None
        assert (str(one.location), one.location.end_column) == ("app.py:3:9", 23)

    def test_a_name_that_is_assigned_twice_is_not_known(self) -> None:
        assert found("CORES", "CORES = os.cpu_count()\nCORES = 2\n") == ""


class TestCaps:
    @pytest.mark.parametrize(
        "expression",
        [
            "min(os.cpu_count(), 4)",
            "min(8, (os.cpu_count() or 1) + 4)",
            "max(2, min(4, os.cpu_count()))",
            "min(os.cpu_count(), limit)",
            "min(os.cpu_count(), int(os.getenv('WORKERS', '2')))",
            "os.cpu_count() if os.cpu_count() < 4 else 4",
        ],
    )
    def test_a_small_number_or_a_setting_is_a_cap(self, expression: str) -> None:
        assert found(expression) == ""

    @pytest.mark.parametrize("expression", ["min(32, os.cpu_count() + 4)", "min(os.cpu_count(), os.cpu_count() * 2)"])
    def test_a_large_number_is_none(self, expression: str) -> None:
        assert found(expression) == "os.cpu_count()"

    def test_the_cap_may_be_a_constant(self) -> None:
        assert found("min(os.cpu_count(), MOST)", "MOST = 4\n") == ""
        assert found("min(os.cpu_count(), MOST)", "MOST = 64\n") == "os.cpu_count()"


class TestDefaults:
    """The count counts where the workload does not set the variable, and that is known."""

    @pytest.mark.parametrize(
        "expression",
        [
            "os.environ.get('WORKERS', os.cpu_count())",
            "int(os.getenv('WORKERS', os.cpu_count() * 2 + 1))",
            "int(os.getenv('WORKERS', default=os.cpu_count()))",
            "int(os.getenv('WORKERS') or os.cpu_count())",
            "int(os.environ['WORKERS']) if 'WORKERS' in os.environ else os.cpu_count()",
            "os.cpu_count() if 'WORKERS' not in os.environ else int(os.environ['WORKERS'])",
        ],
    )
    def test_behind_a_variable(self, expression: str) -> None:
        assert found(expression, variables=()) == "os.cpu_count()"
        assert found(expression, variables=("WORKERS",)) == ""
        assert found(expression, variables=None) == ""

    def test_a_number_as_default_is_no_count(self) -> None:
        assert found("int(os.getenv('WORKERS', '4'))") == ""


class TestOnALargeNode:
    @pytest.mark.parametrize(
        ("expression", "number"),
        [
            ("os.cpu_count()", 16),
            ("(os.cpu_count() or 1) * 2 + 1", 33),
            ("max(1, os.cpu_count() // 3)", 5),
            ("math.ceil(os.cpu_count() * 0.7)", 12),
            ("min(32, os.cpu_count() + 4)", 20),
            ("os.cpu_count() * factor", None),
        ],
    )
    def test_what_an_expression_comes_to_on_16_cores(self, expression: str, number: int | None) -> None:
        one = count(f"{IMPORTS}size = {expression}\n")
        assert one is not None
        assert one.on_16_cores == number


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("$(nproc)", "nproc"),
        ("`nproc --all`", "nproc"),
        ("$((2 * $(getconf _NPROCESSORS_ONLN) + 1))", "getconf _NPROCESSORS_ONLN"),
        ("$(grep -c ^processor /proc/cpuinfo)", "/proc/cpuinfo"),
        ("$(python -c 'import os; print(os.cpu_count())')", "cpu_count("),
        ("4", None),
        ("$NPROCS", None),
    ],
)
def test_a_shell_counts_the_node_in_its_own_ways(text: str, spelling: str | None) -> None:
    assert counts_in_shell(text) == spelling
