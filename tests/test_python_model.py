"""The Python model: names, positions, loops, guards, environment reads, imports, and the byte test before it all."""

from __future__ import annotations

import pickle
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slint.models.python import Expr, Import, Interest, PythonFile, PythonSyntaxError, parse_python
from k8slint.models.source import Source, decode

WANTED = Interest(
    frozenset(
        {
            "os.cpu_count",
            "multiprocessing.Pool",
            "signal.signal",
            "flask.Flask",
            "flask.Flask.run",
            "kafka.KafkaConsumer",
            "kafka.KafkaConsumer.poll",
            ".run_forever",
            ".close",
            "own",
            "Worker.step",
        }
    )
)
FORCED = "\nwhile False: pass\n"
"""Appended, it makes the byte test let any file through."""


def read(text: str, interest: Interest = WANTED) -> PythonFile:
    return parse_python(Source("app.py", textwrap.dedent(text)), interest)


def read_all(text: str) -> PythonFile:
    """Read in full, whatever the byte test says."""
    return read(textwrap.dedent(text) + FORCED)


def names(text: str) -> list[str]:
    return [call.name for call in read(text).calls]


def place(fact: object) -> str:
    location = fact.location  # type: ignore[attr-defined]
    return f"{location.line}:{location.column}-{location.end_line}:{location.end_column}"


def shown(expr: Expr | None) -> str:
    """An expression in one line: names bare, constants quoted, the rest as kind or value with arguments."""
    if expr is None:
        return "-"
    if expr.kind == "name":
        return str(expr.value)
    if expr.kind == "const":
        return repr(expr.value)
    parts = [shown(arg) for arg in expr.args] + [f"{name}={shown(value)}" for name, value in expr.keywords]
    return f"{expr.kind if expr.value is None else expr.value}({', '.join(parts)})"


# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import os; os.cpu_count()", "os.cpu_count"),
        ("import os.path; os.cpu_count()", "os.cpu_count"),
        ("import os as system; system.cpu_count()", "os.cpu_count"),
        ("from os import cpu_count; cpu_count()", "os.cpu_count"),
        ("from os import cpu_count as cores; cores()", "os.cpu_count"),
        ("import os; cores = os.cpu_count; cores()", "os.cpu_count"),
        ("import multiprocessing as mp; mp.Pool(4)", "multiprocessing.Pool"),
        ("def f():\n    cores()\nfrom os import cpu_count as cores", "os.cpu_count"),
        ("import asyncio; asyncio.get_event_loop().run_forever()", "asyncio.get_event_loop.run_forever"),
        ("import asyncio; loop = asyncio.get_event_loop(); loop.run_forever()", "asyncio.get_event_loop.run_forever"),
        ("thing().parts[0].run_forever()", ".run_forever"),
        ("def f(loop): loop.run_forever()", ".run_forever"),
        ("from ..jobs import pool; pool.close()", "..jobs.pool.close"),
        ("from . import pool; pool.close()", ".pool.close"),
        ("def own(): pass\nown()", "own"),
        ("try:\n    import signal\nexcept ImportError:\n    signal = None\nsignal.signal(1, f)", "signal.signal"),
    ],
)
def test_calls_by_qualified_name(text: str, name: str) -> None:
    assert names(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "def f(os): os.cpu_count()",
        "import os\ndef f():\n    os = Fake()\n    os.cpu_count()",
        "def f(signal, frame): signal.signal()",
        "getattr(os, 'cpu_count')()",
        "class A:\n    import os\n    def f(self): os.cpu_count()\nos = 1",
    ],
)
def test_a_name_that_means_something_else_is_not_taken_for_the_module(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "app = Flask(__name__)\napp.run()",
        "def main():\n    app.run()\napp = Flask(__name__)",
        "app = None\ndef start():\n    global app\n    app = Flask('x')\n    app.run()",
        "def create():\n    made = Flask('x')\n    return made\napp = create()\napp.run()",
        "def create() -> 'Flask': ...\ncreate().run()",
        "def main(app: Flask): app.run()",
        "def main(app: Flask | None = None): app.run()",
        "def main(app: 'Optional[Flask]'): app.run()",
        "with Flask('x') as app: app.run()",
        "app: Flask = build()\napp.run()",
        "app = Flask('x') if debug else None\napp.run()",
        "start = app.run\nstart()\napp = Flask('x')",
        "class Web:\n    def go(self): self.app.run()\n    def __init__(self): self.app = Flask('x')",
        "class Web:\n    app: Flask\n    def go(self):\n        def inner(): self.app.run()",
        "class Base:\n    def __init__(self): self.app = Flask('x')\nclass Web(Base):\n    def f(self): self.app.run()",
        "class Web:\n    app = Flask('x')\nWeb.app.run()\n",
        "class Web:\n    def __init__(self): self.app = Flask('x')\nweb = Web()\nweb.app.run()",
        "class Web:\n    @property\n    def app(self): return Flask('x')\n    def go(self): self.app.run()",
    ],
)
def test_a_method_is_named_by_the_class_of_its_object(text: str) -> None:
    assert "flask.Flask.run" in names("from flask import Flask\n" + text)


def test_an_object_of_two_classes_keeps_its_bare_name() -> None:
    text = "if a: pool = A()\nelse: pool = B()\npool.close()"
    assert names(text) == ["pool.close"]


def test_own_methods() -> None:
    text = """
        class Worker:
            def step(self): pass
            def run(self):
                self.step()
        Worker().step()
    """
    assert [(call.name, call.scope) for call in read(text).calls] == [
        ("Worker.step", "Worker.run"),
        ("Worker.step", ""),
    ]


def test_what_a_call_holds() -> None:
    text = "import multiprocessing as mp\nasync def f():\n    await mp.Pool(n + 1, *rest, initializer=g, **more)\n"
    call = read(text).calls[0]
    assert place(call) == "3:11-3:55"
    assert [shown(arg) for arg in call.args] == ["+(n, 1)", "*(rest)"]
    assert [(name, shown(value)) for name, value in call.keywords] == [("initializer", "g"), ("**", "more")]
    assert shown(call.keyword("initializer")) == "g"
    assert call.keyword("maxtasksperchild") is None
    assert (call.scope, call.awaited, call.main_guard) == ("f", True, False)


def test_expressions() -> None:
    text = """
        import os
        own(-1, [1.5, None], {"a": b, **c}, os.environ["X"], f"{x}!", not y, a < b <= c, p if q else r, f().size)
        own(int(os.getenv("W", "4")), os.cpu_count() or 1, lambda: g(1), {1: 2}, x[1:], (z := 3))
    """
    first, last = (call for call in read(text).calls if call.name == "own")
    assert [shown(arg) for arg in first.args] == [
        "-1",
        "list(1.5, None)",
        "dict(**(c), a=b)",
        "subscript(os.environ, 'X')",
        "fstring(x, '!')",
        "not(y)",
        "< <=(a, b, c)",
        "if(q, p, r)",
        "size(f())",
    ]
    assert [shown(arg) for arg in last.args] == [
        "int(os.getenv('W', '4'))",
        "or(os.cpu_count(), 1)",
        "other(g(1))",
        "dict(1, 2)",
        "subscript(x, other(1))",
        "3",
    ]
    assert [inner.value for inner in last.args[0].walk()] == ["int", "os.getenv", "W", "4"]


def test_an_expression_too_large_to_keep_is_other() -> None:
    call = read("own([" + "1," * 5000 + "], " + "-" * 80 + "x)").calls[0]
    assert shown(call.args[0]) == "...()"
    assert [inner.value for inner in call.args[1].walk()][-1] == "..."


# Positions


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"own()", "1:1-1:6"),
        ("x = 'é😀'; own()".encode(), "1:11-1:16"),
        (b"x = 1\r\nown(\r\n 1)\r\n", "2:1-3:4"),
        (b"x = '\xff'; own()", "1:10-1:15"),
        (b"\xef\xbb\xbfown()", "1:1-1:6"),
        (b"if x:\n\town()", "2:2-2:7"),
        (b"x = 1\rown()\n", "1:7-1:12"),
        ("é = 1\ré.x; own()\n".encode(), "1:12-1:17"),
    ],
)
def test_lines_end_at_newlines_and_columns_count_characters(data: bytes, expected: str) -> None:
    assert place(parse_python(decode("app.py", data), WANTED).calls[0]) == expected


def test_positions_of_definitions_loops_and_assignments() -> None:
    text = """\
        @own()
        async  def  main(a, /, b=1, *c, d, e=2, **f):
            while (True):  # for ever
                pass
            async for (x) in (
                y
            ): pass
        class  Config(base.Settings[int]):
            size: int = (
                3)
    """
    file = read(text)
    assert [place(fact) for fact in (*file.functions, *file.loops, *file.classes, *file.assignments)] == [
        "2:1-2:17",
        "3:5-3:17",
        "5:5-7:6",
        "8:1-8:14",
        "9:5-10:11",
    ]
    main = file.functions[0]
    assert [(name, shown(default)) for name, default in main.parameters] == [
        ("a", "-"),
        ("b", "1"),
        ("*c", "-"),
        ("d", "-"),
        ("e", "2"),
        ("**f", "-"),
    ]
    assert (main.name, main.is_async, [shown(one) for one in main.decorators]) == ("main", True, ["own()"])
    assert (file.classes[0].name, file.classes[0].bases) == ("Config", ("base.Settings",))
    assert (file.assignments[0].target, file.assignments[0].annotation) == ("Config.size", "int")


# Where a call stands


def test_guards_and_main_guard() -> None:
    text = """
        from contextlib import suppress
        def main():
            with suppress(OSError), lock:
                try:
                    for x in y:
                        own(1)
                except (KeyboardInterrupt, db.Error) as e:
                    own(2)
                except:
                    own(3)
                else:
                    own(4)
                finally:
                    own(5)
            while own(6):
                if a: pass
                elif b: own(7)
            def inner(): own(8)
        if __name__ == "__main__":
            own(9)
        else:
            own(10)
    """
    calls = {call.args[0].value if call.args else None: call for call in read(text).calls}
    managers = ("with contextlib.suppress", "with lock", "try-finally")
    assert {number: call.guards for number, call in calls.items()} == {
        1: (*managers, "except KeyboardInterrupt", "except db.Error", "except", "for"),
        2: (*managers, "handler KeyboardInterrupt", "handler db.Error"),
        3: (*managers, "handler"),
        4: managers,
        5: ("with contextlib.suppress", "with lock", "finally"),
        6: ("while",),
        7: ("while", "if"),
        8: (),
        9: (),
        10: (),
    }
    assert [number for number, call in calls.items() if call.main_guard] == [9]
    assert calls[8].scope == "main.inner"


@pytest.mark.parametrize(
    ("test", "is_main"),
    [
        ("__name__ == '__main__'", True),
        ("'__main__' == __name__ and ready", True),
        ("__name__ in ('__main__', 'builtins')", True),
        ("__name__ != '__main__'", False),
        ("__name__ == 'worker'", False),
    ],
)
def test_spellings_of_the_main_guard(test: str, is_main: bool) -> None:
    assert read(f"if {test}:\n    own()").calls[0].main_guard is is_main


# Loops


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("work()", False),
        ("if x: break", True),
        ("for x in y: break", False),
        ("for x in y: pass\n    else: break", True),
        ("for x in y: return", True),
        ("def f(): return", False),
        ("raise SystemExit(1)", True),
        ("raise ValueError", False),
        ("import sys; sys.exit()", True),
        ("quit()", True),
        ("self.exit()", False),
        ("yield 1", True),
        ("try: work()\n    except KeyboardInterrupt: break", False),
        ("try: work()\n    except (KeyboardInterrupt, SystemExit): exit()", False),
        ("try: work()\n    except (KeyboardInterrupt, OSError): break", True),
        ("try: work()\n    except OSError: break", True),
    ],
)
def test_whether_a_loop_ends(body: str, ends: bool) -> None:
    assert read(f"def main():\n  while True:\n    {body}").loops[0].ends is ends


def test_an_inner_loop_in_the_interrupt_handler_may_be_broken() -> None:
    outer, inner = read("while 1:\n  try: f()\n  except KeyboardInterrupt:\n    while 1: break").loops
    assert (outer.ends, inner.ends) == (False, True)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("while True:", "while-true"),
        ("while 1:", "while-true"),
        ("while(not False):", "while-true"),
        ("while 0:", "while"),
        ("while not stop:", "while"),
        ("for x in y:", "for"),
    ],
)
def test_kinds_of_loops(header: str, kind: str) -> None:
    assert read(f"{header}\n  own()").loops[0].kind == kind


def test_what_loops_hold() -> None:
    text = """
        from time import sleep as rest
        def main(stop, consumer):
            while not stop.wait(5):
                line = input()
            for message in consumer: rest(1)
    """
    waiting, consuming = read(text).loops
    assert (shown(waiting.condition), waiting.iterable, waiting.sleeps, waiting.reads_input) == (
        "not(.wait(5))",
        None,
        True,
        True,
    )
    assert (shown(consuming.iterable), consuming.condition, consuming.sleeps, consuming.reads_input) == (
        "consumer",
        None,
        True,
        False,
    )
    assert {loop.scope for loop in (waiting, consuming)} == {"main"}


# The environment


@pytest.mark.parametrize(
    ("text", "name", "default"),
    [
        ("import os; os.environ['X']", "X", "-"),
        ("import os; os.environ.get('X', 3)", "X", "3"),
        ("from os import getenv as env; env('X', default='a')", "X", "'a'"),
        ("from os import environ as e; e['X']", "X", "-"),
        ("import os; KEY = 'X'; os.getenv(KEY)", "X", "-"),
        ("import environ; env = environ.Env(); env.int('X', default=2)", "X", "2"),
        ("import environ; env = environ.Env(); env('X', int, 2)", "X", "2"),
        ("from environs import Env; env = Env(); env.bool('X', False)", "X", "False"),
        ("from decouple import config; config('X', default=1, cast=int)", "X", "1"),
    ],
)
def test_environment_reads(text: str, name: str, default: str) -> None:
    reads = read_all(text).env_reads
    assert [(one.name, shown(one.default)) for one in reads] == [(name, default)]


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ('import os\nx = os.environ["X"]', True),
        ('import os\nwith open("f"):\n    x = os.environ["X"]', True),
        ('import os\nx = os.environ["X"] or 1', True),
        ('import os\nx = os.environ.get("X")', False),
        ('import os\nx = os.environ["X"] if "X" in os.environ else 1', False),
        ('import os\nx = "Y" in os.environ and os.environ["X"]', False),
        ('import os\ntry:\n    x = os.environ["X"]\nexcept KeyError:\n    x = 1', False),
        ('import os\nif True:\n    x = os.environ["X"]', False),
        ('import os\nxs = [os.environ["X"] for _ in ()]', False),
        ('import environ\nenv = environ.Env()\nx = env("X")', True),
        ('import environ\nenv = environ.Env()\nx = env("X", default=1)', False),
    ],
)
def test_a_read_is_required_where_nothing_keeps_it_from_raising(text: str, required: bool) -> None:
    assert [read.required for read in read_all(text).env_reads] == [required]


def test_what_is_no_environment_read() -> None:
    text = """
        import os
        os.environ["X"] = "1"
        del os.environ["Y"]
        os.getenv(key)
        settings.get("environ")
    """
    file = read_all(text)
    assert file.env_reads == ()
    assert [(one.target, shown(one.value)) for one in file.assignments] == [("os.environ[X]", "'1'")]


# Assignments and what they resolve to


def test_targets() -> None:
    text = """
        import settings
        a = b = 1
        (c, d), e = (2, 3), 4
        f, *g = h
        settings.DEBUG = True
        x[i] = 1
        class Config:
            workers = 2
            def __init__(self):
                self.size = n = 5
        Config.workers += 1
    """
    found = [(one.target, shown(one.value), one.scope) for one in read_all(text).assignments]
    assert found == [
        ("a", "1", ""),
        ("b", "1", ""),
        ("c", "2", ""),
        ("d", "3", ""),
        ("e", "4", ""),
        ("settings.DEBUG", "True", ""),
        ("Config.workers", "2", "Config"),
        ("self.size", "5", "Config.__init__"),
        ("n", "5", "Config.__init__"),
    ]


@pytest.mark.parametrize(
    ("before", "argument", "expected"),
    [
        ("size = 4", "size", "4"),
        ("import os\ncores = os.cpu_count() or 1\nsize = cores * 2", "size", "*(or(os.cpu_count(), 1), 2)"),
        ("size = 4\nsize = 5", "size", "size"),
        ("size = 4\nsize += 1", "size", "size"),
        ("size = 4\ndef grow():\n    global size\n    size = 5", "size", "size"),
        ("import os\nhandler = os.abort", "handler", "os.abort"),
        ("from settings import size", "size", "settings.size"),
        ("a = b\nb = a", "a", "a"),
        ("class C:\n    n = 3", "C.n", "3"),
        ("class C:\n    n = 3\nC.n = 4", "C.n", "C.n"),
        ("if x: size = 4\nelse: size = 5", "size", "size"),
        ("size: int\nsize = 4", "size", "4"),
        ("with f() as size: pass", "size", "size"),
    ],
)
def test_resolve_at_module_level(before: str, argument: str, expected: str) -> None:
    file = read(f"{before}\nown({argument})")
    assert shown(file.resolve(file.calls[-1].args[0], file.calls[-1].scope)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def f():\n    n = 1\n    own(n)", "1"),
        ("def f(n):\n    own(n)", "n"),
        ("def f():\n    own(n)", "7"),
        ("def f():\n    n = 1\n    def g(): own(n)", "1"),
        ("class A:\n    n = 1\n    def f(self): own(n)", "7"),
        ("class A:\n    n = 1\n    def f(self): own(self.n)", "1"),
        ("class A:\n    def __init__(self): self.n = 2\n    def f(self): own(self.n)", "2"),
        ("class A:\n    def __init__(self, n): self.n = n\n    def f(self): own(self.n)", "self.n"),
        ("class A:\n    n = 1\n    def f(self): self.n = 2; own(self.n)", "self.n"),
        ("for sig in (signal.SIGINT, signal.SIGTERM): own(sig)", "choice(signal.SIGINT, signal.SIGTERM)"),
        ("def f():\n    return [own(s) for s in [1, 2]]", "choice(1, 2)"),
        ("BOTH = {1, 2}\nfor s in BOTH: own(s)", "choice(1, 2)"),
        ("for s in [1, *more]: own(s)", "s"),
        ("for s in every(): own(s)", "s"),
        ("for s in (1, 2): own(s)\nfor s in (3, 4): pass", "s"),
        ("a = 1\na += 1\nb = [a]\ndef f(): own(b)", "list(a)"),
        ("a = 1\na += 1\nb = [a]\ndef f():\n    a = 2\n    own(b)", "b"),
    ],
)
def test_resolve_in_scopes(body: str, expected: str) -> None:
    file = read(f"import signal\nn = 7\n{body}")
    call = file.calls[0]
    assert shown(file.resolve(call.args[0], call.scope)) == expected


def test_resolving_a_name_that_doubles_itself_stays_small() -> None:
    lines = [f"a{i} = ({', '.join([f'a{i + 1}'] * 50)})" for i in range(20)]
    file = read("\n".join([*lines, "own(a0)"]))
    assert sum(1 for _ in file.resolve(file.calls[0].args[0], "").walk()) < 5000


# Imports


def test_imports() -> None:
    text = """\
        import a.b as c, d  # e
        from ..f.g import (h,
            i as j,  # k
        )
        def late():
            from . import *
        if TYPE_CHECKING:
            import l
    """
    expected = [
        ("a.b", (), "c", 0, "", False, "1:1-1:19"),
        ("d", (), None, 0, "", False, "1:1-1:19"),
        ("f.g", (("h", None), ("i", "j")), None, 2, "", False, "2:1-4:2"),
        ("", (("*", None),), None, 1, "late", False, "6:5-6:20"),
        ("l", (), None, 0, "", True, "8:5-8:13"),
    ]
    for file in (read(text), read_all(text)):
        found = [(i.module, i.names, i.alias, i.level, i.scope, i.type_checking, place(i)) for i in file.imports]
        assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        "x = 1; import a",
        "try: import a\nexcept ImportError: from b import c as a",
        "from a \\\n  import b, \\\n  c",
        "from.import a\nfrom . a import(b)",
        "class A:\n    '''\n    import no\n    '''\n    def f(self):\n        if x:\n            import a",
        "s = 'it''s' # import no\nimport a",
        's = """\\""" import no"""; import a',
        "def f(\n    x=1,\n):\n    import a",
        "@d\nasync def f(): import a\nimport b",
        "raise A from b\nimport c",
        "def g():\n    yield from b\nimport c",
        "import \uff41",
        "if x:\r\n\timport a\r\nelse:\r\n        import b\r\n",
        "x = 1\rimport a\r",
    ],
)
def test_imports_are_the_same_without_parsing(text: str) -> None:
    assert scanned(text) == walked(text) != ()


def scanned(text: str) -> tuple[Import, ...]:
    file = parse_python(Source("app.py", text), Interest(frozenset()))
    assert not file.full
    return file.imports


def walked(text: str) -> tuple[Import, ...]:
    file = parse_python(Source("app.py", text + FORCED), Interest(frozenset()))
    assert file.full
    return file.imports


# The byte test


@pytest.mark.parametrize(
    ("data", "matches"),
    [
        (b"import os\nos.cpu_count()", True),
        (b"os_cpu_count()", False),
        (b"cpu_count()", False),
        (b"loop.run_forever()", True),
        (b"run_forever2()", False),
        (b"def f():\n\twhile x: pass", True),
        (b"while(1): pass", True),
        (b"x = 1\rwhile 1: pass", True),
        (b"# meanwhile\nwhiles = 1 # while", False),
        (b"", False),
    ],
)
def test_the_byte_test(data: bytes, matches: bool) -> None:
    assert WANTED.matches(data) is matches


def test_identifiers_are_compared_as_the_compiler_does() -> None:
    assert names("import os\nos.\uff43pu_count()") == ["os.cpu_count"]


def test_what_an_interest_wants() -> None:
    interest = Interest(frozenset({".run", "os.cpu_count"}))
    assert interest.tokens == (b"cpu_count", b"run")
    assert [interest.wants(name) for name in ("flask.Flask.run", ".run", "run", "os.cpu_count", "cpu_count")] == [
        True,
        True,
        False,
        True,
        False,
    ]


def test_a_file_of_no_interest_is_not_parsed() -> None:
    file = read("import a\nthis is no Python  # k8slint: ignore[x] y\n's # k8slint: no'")
    assert not file.full
    assert [one.module for one in file.imports] == ["a"]
    assert file.comments == ((2, "# k8slint: ignore[x] y"),)


def test_names_used() -> None:
    file = read_all("from a import b\nstore = c.d(e.f)\nx.g = h\n")
    assert file.names_used == {"c", "d", "e", "f", "x", "h"}


# Odd input


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("own(\n", 1, 4),
        ("x = 1\n  own()", 2, 1),
        ("own\0()", 1, 1),
        ("own(" + "-" * 100_000 + "1)", 1, 1),
        ("if own: pass\n" + "elif own: pass\n" * 100_000, 1, 1),
        ("own('\ud800')", 1, 1),
    ],
)
def test_what_cannot_be_parsed(text: str, line: int, column: int) -> None:
    with pytest.raises(PythonSyntaxError) as caught:
        parse_python(Source("app.py", text), WANTED)
    assert (caught.value.location.path, caught.value.location.line) == ("app.py", line)
    assert caught.value.location.column >= column
    assert caught.value.message


@pytest.mark.parametrize("text", ["own" + ".a" * 100_000, "own" + "()" * 100_000])
def test_a_chain_without_end_is_read_or_refused_but_ends(text: str) -> None:
    """Python 3.10 parses it, later versions do not."""
    try:
        assert read(text).full
    except PythonSyntaxError as error:
        assert (error.location.line, error.location.column) == (1, 1)


def test_deep_but_legal_code_is_read() -> None:
    chain = "x" + ".own()" * 900
    elifs = "if a: pass\n" + "elif own(): pass\n" * 500
    assert len(read(f"{chain}.close()\n{elifs}").calls) == 501


def test_doubtful_escapes_warn_nobody() -> None:
    assert names(r"own('\d')") == ["own"]


def test_classes_that_inherit_in_many_ways_are_followed_in_no_time() -> None:
    classes = [f"class C{i}(C{i - 1}, C{i - 1}):\n  def m(self): self.x.close()" for i in range(1, 60)]
    assert names("\n".join(classes)) == [".close"] * 59


def test_facts_are_picklable() -> None:
    file = read("n = 4\nown(n)")
    copy = pickle.loads(pickle.dumps(file))
    assert copy == file
    assert shown(copy.resolve(copy.calls[0].args[0], "")) == "4"


# Properties: generated programs

BEFORE = st.sampled_from(["", "x = 1\n", "'''\nimport no\n'''\n", "s = 'from os import no'  # import no\n", "# '''\n"])
NESTED = st.lists(
    st.sampled_from(
        (
            *("def f():", "async def g(x=1, *y):", "class C:", "if TYPE_CHECKING:", "if x:", "for i in x:"),
            *("with x as y:", "try:\n    pass\nexcept X as e:", "@d\ndef h(\n    x,\n):"),
        )
    ),
    max_size=3,
)


def nested(headers: list[str], statement: str) -> str:
    for header in reversed(headers):
        statement = header + "\n" + textwrap.indent(statement, "    ")
    return statement


@st.composite
def wanted_calls(draw: st.DrawFn) -> tuple[str, str, str]:
    """A program, the qualified name of what it calls, and the pattern that asks for it."""
    module, thing = draw(st.sampled_from([("os", "cpu_count"), ("a.b", "Make"), ("..near.by", "Make"), ("_m", "x1")]))
    imports = [
        (f"from {module} import {thing}", thing),
        (f"from {module} import {thing} as it", "it"),
        (f"from {module} \\\n  import (one,  # two\n  {thing} as it)", "it"),
    ]
    if not module.startswith("."):
        imports += [(f"import {module}", f"{module}.{thing}"), (f"import x, {module} as m", f"m.{thing}")]
    statement, callee = draw(st.sampled_from(imports))
    uses = [
        (f"{callee}()", ""),
        (f"again = {callee}\nanother = again\nanother()", ""),
        (f"{callee}(1).go()", ".go"),
        (f"made = {callee}(1)\nmade.go()", ".go"),
        (f"made: {callee}\nmade.go()", ".go"),
        (f"def start(x, made: {callee} | None): return made.go(1)", ".go"),
        (f"def start(x, made: '{callee}'): return [made.go(i) for i in x]", ".go"),
        (f"with {callee}() as made, y: (lambda: made.go())()", ".go"),
        (f"def made(): return {callee}()\nmade().go()", ".go"),
        (f"class W:\n  def f(self): self.v.go()\n  def g(self): self.v = {callee}()", ".go"),
        (f"class W:\n  def f(self): self.go = {callee}\n  def g(self): self.go()", ""),
        (f"async def start():\n  run = (await {callee}()).go\n  run()", ".go"),
    ]
    use, method = draw(st.sampled_from(uses))
    name = f"{module}.{thing}{method}"
    pattern = draw(st.sampled_from([name, "." + name.rpartition(".")[2]]))
    parts = [statement, nested(draw(NESTED), use)]
    return draw(BEFORE) + "\n".join(draw(st.permutations(parts))), name, pattern


@settings(max_examples=400, deadline=None, derandomize=True)
@given(wanted_calls())
def test_the_byte_test_drops_no_wanted_call(program: tuple[str, str, str]) -> None:
    text, name, pattern = program
    interest = Interest(frozenset({pattern}))
    file = parse_python(Source("app.py", text), interest)
    assert name in [call.name for call in file.calls]
    assert file.calls == parse_python(Source("app.py", text + FORCED), interest).calls


@settings(max_examples=100, deadline=None, derandomize=True)
@given(BEFORE, NESTED, st.sampled_from(["while True:", "while(x):", "while\\\n x:", "while 1 : # y"]))
def test_the_byte_test_drops_no_while(before: str, headers: list[str], header: str) -> None:
    file = parse_python(Source("app.py", before + nested(headers, f"{header}\n  pass")), Interest(frozenset()))
    assert [loop.kind for loop in file.loops if loop.kind != "for"]


@st.composite
def imports(draw: st.DrawFn) -> str:
    """An import statement in any spelling."""
    blank = draw(st.sampled_from([" ", "\t", "  ", " \\\n ", "\\\n"]))
    dotted = st.sampled_from(["a", "a.b", "a . b", "é.c", "imports"])
    alias = st.sampled_from(["", f"{blank}as{blank}z"])
    if draw(st.booleans()):
        return f"import{blank}" + f"{blank},".join(
            draw(st.lists(st.builds("".join, st.tuples(dotted, alias)), min_size=1))
        )
    module = draw(st.sampled_from(["", ".", "..", "....", ". . "])) + draw(dotted)
    names = draw(st.lists(st.builds("".join, st.tuples(st.sampled_from(["n", "m", "from_"]), alias)), min_size=1))
    gap = draw(st.sampled_from(["", " ", "\n", "  # import x\n ", "\\\n"]))
    listed = draw(
        st.sampled_from(
            ["*", f"{blank},".join(names), f"({gap}{f',{gap}'.join(names)}{gap})", f"({','.join(names)},{gap})"]
        )
    )
    return f"from{blank}{module}{blank}import{blank}{listed}"


STATEMENTS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "x = 1; ", "if x: ", "class D: ", "def f(x={1: 2}): ", "while x:\\\n "]),
    imports(),
    st.sampled_from(["", "  # import y", "; import z", "; s = 'import y'"]),
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.tuples(BEFORE, NESTED, STATEMENTS), min_size=1, max_size=3), st.sampled_from(["\n", "\r\n"]))
def test_every_import_is_found_without_parsing(parts: list[tuple[str, list[str], str]], line_end: str) -> None:
    lines = [before + nested(headers, statement) for before, headers, statement in parts]
    text = "\n".join(lines).replace("while x", "if x").replace("\n", line_end)
    assert scanned(text) == walked(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(
            (
                *(
                    "import ",
                    "from ",
                    " as ",
                    ".",
                    "a",
                    "é",
                    ",",
                    "(",
                    ")",
                    "*",
                    "\n",
                    "\n  ",
                    "\\",
                    "\r",
                    "\f",
                    ";",
                    ":",
                ),
                *("'", '"""', "#", "def f():", "class C:", "if TYPE_CHECKING:", " pass", "from . import b", "import c"),
                *("while 1:", "f'{a}'", "x = 1"),
            )
        ),
        max_size=12,
    ).map("".join)
)
def test_any_text_is_read_alike_or_refused(text: str) -> None:
    try:
        expected = parse_python(Source("app.py", text + FORCED), WANTED).imports
        found = parse_python(Source("app.py", text), WANTED).imports
    except PythonSyntaxError:
        return
    assert found == expected
