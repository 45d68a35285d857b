"""Python files: source text in, facts with positions out."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from msgspec import Struct, field

from k8slint.location import whole_file
from k8slint.models.python_facts import (
    Assignment,
    Call,
    Class,
    EnvRead,
    Expr,
    Function,
    Import,
    Loop,
    PythonSyntaxError,
)
from k8slint.models.python_interest import Interest
from k8slint.models.source import Source

# Most runs read Python; what reads it is imported where a file is met, as manifests alone need the names only.
if TYPE_CHECKING:
    from k8slint.models.python_resolve import Values

__all__ = [
    "Assignment",
    "Call",
    "Class",
    "EnvRead",
    "Expr",
    "Function",
    "Import",
    "Interest",
    "Loop",
    "PythonFile",
    "PythonSyntaxError",
    "parse_python",
]

_MARK = "k8slint:"


class PythonFile(Struct, frozen=True):
    """The facts of one Python file, each kind in the order of the text.

    ``full`` is False where the byte test found nothing to look for: then only ``imports`` and ``comments`` were read.
    ``names_used`` are the last segments of all names and attributes that are read. ``comments`` are the (line, text)
    of those that speak to k8slint.
    """

    path: str
    source: Source
    imports: tuple[Import, ...] = ()
    calls: tuple[Call, ...] = ()
    loops: tuple[Loop, ...] = ()
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    env_reads: tuple[EnvRead, ...] = ()
    names_used: frozenset[str] = frozenset()
    comments: tuple[tuple[int, str], ...] = ()
    full: bool = False
    _values: Values = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.path)

    def resolve(self, expr: Expr, scope: str) -> Expr:
        """``expr``, written in ``scope``, with each name replaced that is assigned once in the whole scope it is from.

        The variable of a loop over a literal becomes a ``choice`` of its elements. A parameter, and a name that is
        assigned more than once or changed from elsewhere, stays a name.
        """
        from k8slint.models.python_resolve import resolved

        return resolved(expr, scope, self._values, frozenset(one.name for one in self.classes))


def parse_python(source: Source, interest: Interest, in_full: bool = False) -> PythonFile:
    """Read a file in full where it may hold something of interest or ``in_full`` says so, else its imports.

    Raises ``PythonSyntaxError`` for what this Python cannot parse.
    """
    from k8slint.models.python_assembly import Assembly
    from k8slint.models.python_imports import scan_imports
    from k8slint.models.python_walk import walk

    notes = _comments(source) if _MARK in source.text else ()
    if not in_full and not interest.matches(_searchable(source.text)):
        return PythonFile(source.path, source, imports=scan_imports(source), comments=notes)
    assembly = Assembly(found := walk(_parsed(source)), source, interest)
    calls, env_reads = assembly.calls()
    return PythonFile(
        path=source.path,
        source=source,
        imports=assembly.imports(),
        calls=calls,
        loops=assembly.loops(),
        functions=assembly.functions(),
        classes=assembly.classes(),
        assignments=assembly.assignments(),
        env_reads=env_reads,
        names_used=frozenset(found.names_used),
        comments=notes,
        full=True,
        _values=assembly.values(),
    )


def _comments(source: Source) -> tuple[tuple[int, str], ...]:
    from k8slint.models.python_text import comments

    return tuple((source.position(offset)[0], text) for offset, text in comments(source.text, _MARK))


def _searchable(text: str) -> bytes:
    """The bytes to look for names in, with identifiers spelt as the compiler compares them (PEP 3131)."""
    if text.isascii():
        return text.encode()
    import unicodedata  # most files are ASCII

    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


def _parsed(source: Source) -> ast.Module:
    from k8slint.models.python_tree import ends_python

    if ends_python(source.text):
        raise PythonSyntaxError(whole_file(source.path), "nested too deeply to be parsed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source.text)
    except SyntaxError as error:
        raise _syntax_error(source, error) from None
    except (RecursionError, MemoryError):
        raise PythonSyntaxError(whole_file(source.path), "nested too deeply to be parsed") from None
    except ValueError as error:
        raise PythonSyntaxError(whole_file(source.path), str(error)) from None


def _syntax_error(source: Source, error: SyntaxError) -> PythonSyntaxError:
    line = min(max(error.lineno or 1, 1), source.line_count)
    column = min(max(error.offset or 1, 1), len(source.line(line)) + 1)
    start = source.offset(line, column)
    return PythonSyntaxError(source.span(start, start), error.msg)
