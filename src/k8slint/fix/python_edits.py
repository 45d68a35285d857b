"""Edits of Python programs that keep every line that they do not ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from k8slint.fix.refusal import Refused
from k8slint.models.source import Source
from k8slint.repair import CountFromEnvironment, Edit, StopEvent

if TYPE_CHECKING:
    import libcst

_COUNTS = {"os.cpu_count": "os", "multiprocessing.cpu_count": "multiprocessing"}


class _Program:
    """A parsed module, with the place of each of its nodes and what each stands in."""

    def __init__(self, source: Source) -> None:
        import libcst
        from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

        try:
            wrapper = MetadataWrapper(libcst.parse_module(source.text), unsafe_skip_copy=True)
        except (libcst.ParserSyntaxError, RecursionError) as error:
            raise Refused("the file could not be read") from error
        self.source = source
        self.module = wrapper.module
        self.positions = wrapper.resolve(PositionProvider)
        self.parents = wrapper.resolve(ParentNodeProvider)

    def start(self, node: libcst.CSTNode) -> int:
        place = self.positions[node].start
        return self.source.offset(place.line, place.column + 1)

    def end(self, node: libcst.CSTNode) -> int:
        place = self.positions[node].end
        return self.source.offset(place.line, place.column + 1)

    def replaced(self, node: libcst.CSTNode, text: str) -> Edit:
        return Edit(self.source.span(self.start(node), self.end(node)), text)

    def above(self, line: int, text: str) -> Edit:
        at = self.source.offset(line, 1)
        return Edit(self.source.span(at, at), text)

    def around(self, node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
        while node in self.parents:
            node = self.parents[node]
            yield node


def stop_edits(source: Source, change: StopEvent) -> tuple[Edit, ...]:
    """A handler sets an event, ``while True`` asks for it, and ``time.sleep`` in the loop waits for it.

    Only where the loop sleeps: what else it waits for would not hear of the event. Raises ``Refused``.
    """
    import libcst

    program = _Program(source)
    loop = next(
        (
            node
            for node, place in program.positions.items()
            if isinstance(node, libcst.While) and place.start.line == change.location.line
        ),
        None,
    )
    if loop is None or not _is_true(loop.test) or loop.orelse is not None:
        raise Refused("there is no plain endless loop")
    functions = [one for one in program.around(loop) if isinstance(one, (libcst.FunctionDef, libcst.ClassDef))]
    if any(isinstance(one, libcst.ClassDef) or one.asynchronous or one.name.value != "main" for one in functions):
        raise Refused("the loop stands neither at the top of its module nor in main")
    sleeps = [call for call in _calls_at_level(loop) if _dotted(call.func) in _sleep_names(program)]
    sleeps = [call for call in sleeps if len(call.args) == 1 and not call.args[0].star and call.args[0].keyword is None]
    if not sleeps:
        raise Refused("the loop does not wait with time.sleep")
    taken = _names(program.module)
    imported = {one for one in ("signal", "threading") if _imported_as_itself(program, one)}
    if "stop" in taken or any(one in taken and one not in imported for one in ("signal", "threading")):
        raise Refused("the file uses the names stop, signal or threading for something else")
    edits = [edit for one in ("signal", "threading") if one not in imported for edit in _import(program, one, "time")]
    line = program.positions[loop].start.line
    indent = source.line(line)[: program.positions[loop].start.column]
    if indent.strip():
        raise Refused("the loop shares its line")
    while line > 1 and source.line(line - 1).startswith(f"{indent}#"):
        line -= 1
    end = source.line_end(line)
    lines = ("stop = threading.Event()", "signal.signal(signal.SIGTERM, lambda *_: stop.set())")
    edits.append(program.above(line, "".join(f"{indent}{one}{end}" for one in lines)))
    edits.append(program.replaced(loop.test, "not stop.is_set()"))
    edits += [program.replaced(call.func, "stop.wait") for call in sleeps]
    return tuple(edits)


def count_edits(source: Source, change: CountFromEnvironment) -> tuple[Edit, ...]:
    """The one ``os.cpu_count()`` at a place becomes the number in an environment variable. Raises ``Refused``."""
    import libcst

    program = _Program(source)
    place = change.location
    start, end = source.offset(place.line, place.column), source.offset(place.end_line, place.end_column)
    calls = [
        node
        for node in program.positions
        if isinstance(node, libcst.Call)
        and _dotted(node.func) in _COUNTS
        and start <= program.start(node) <= program.end(node) <= end
    ]
    if len(calls) != 1 or not _imported_as_itself(program, _COUNTS[_dotted(calls[0].func)]):
        raise Refused("os.cpu_count() does not stand there once")
    edits = [program.replaced(calls[0], f'int(os.environ.get("{change.name}", "1"))')]
    if not _imported_as_itself(program, "os"):
        if "os" in _names(program.module):
            raise Refused("the file uses the name os for something else")
        edits += _import(program, "os", "multiprocessing")
    return tuple(edits)


def _is_true(test: libcst.BaseExpression) -> bool:
    import libcst

    return (isinstance(test, libcst.Name) and test.value == "True" and not test.lpar) or (
        isinstance(test, libcst.Integer) and test.value == "1" and not test.lpar
    )


def _calls_at_level(loop: libcst.While) -> Iterator[libcst.Call]:
    import libcst

    for line in loop.body.body:
        if not isinstance(line, libcst.SimpleStatementLine):
            continue
        for statement in line.body:
            if isinstance(statement, libcst.Expr) and isinstance(statement.value, libcst.Call):
                yield statement.value


def _sleep_names(program: _Program) -> set[str]:
    import libcst

    names = {"time.sleep"} if _imported_as_itself(program, "time") else set()
    for _, statement in _imports(program):
        is_time = isinstance(statement, libcst.ImportFrom) and _dotted(statement.module) == "time"
        if is_time and isinstance(statement, libcst.ImportFrom) and not isinstance(statement.names, libcst.ImportStar):
            names.update(
                "sleep" for one in statement.names if one.evaluated_name == "sleep" and one.evaluated_alias is None
            )
    return names


def _imports(program: _Program) -> Iterator[tuple[libcst.SimpleStatementLine, libcst.Import | libcst.ImportFrom]]:
    """The imports at the top of the module, one to a line."""
    import libcst

    for line in program.module.body:
        if isinstance(line, libcst.SimpleStatementLine) and len(line.body) == 1:
            (statement,) = line.body
            if isinstance(statement, (libcst.Import, libcst.ImportFrom)):
                yield line, statement


def _imported_as_itself(program: _Program, name: str) -> bool:
    import libcst

    return any(
        isinstance(statement, libcst.Import)
        and any(one.evaluated_name == name and one.evaluated_alias is None for one in statement.names)
        for _, statement in _imports(program)
    )


def _import(program: _Program, name: str, beside: str) -> Sequence[Edit]:
    """``import name`` in order among the plain imports of the block in which ``beside`` is imported."""
    import libcst

    blocks: list[list[tuple[int, int, libcst.Import | libcst.ImportFrom]]] = []
    for line, statement in _imports(program):
        place = program.positions[line]
        if not blocks or blocks[-1][-1][1] + 1 != place.start.line:
            blocks.append([])
        blocks[-1].append((place.start.line, place.end.line, statement))
    block = next((one for one in blocks if any(_first(statement) == beside for _, _, statement in one)), None)
    if block is None:
        raise Refused(f"{beside} is not imported at the top of the file")
    plain = [(start, end, _first(statement)) for start, end, statement in block if isinstance(statement, libcst.Import)]
    after = [start for start, _, first in plain if first > name]
    last = plain[-1][1] + 1 if plain else block[0][0]
    at = after[0] if after else last
    return (program.above(at, f"import {name}{program.source.line_end(1)}"),)


def _first(statement: libcst.Import | libcst.ImportFrom) -> str:
    import libcst

    return statement.names[0].evaluated_name if isinstance(statement, libcst.Import) else _dotted(statement.module)


def _names(module: libcst.Module) -> set[str]:
    """Every name in a module that is not an attribute, nor the keyword of an argument."""
    import libcst

    found: set[str] = set()
    waiting: list[libcst.CSTNode] = [module]
    while waiting:
        node = waiting.pop()
        if isinstance(node, libcst.Name):
            found.add(node.value)
        elif isinstance(node, (libcst.Attribute, libcst.Arg)):
            waiting.append(node.value)
        else:
            waiting.extend(node.children)
    return found


def _dotted(node: libcst.CSTNode | None) -> str:
    import libcst

    if isinstance(node, libcst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, libcst.Name) else ""
