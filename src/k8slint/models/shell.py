"""Shell scripts, and the text after ``sh -c``: which commands they run, and how these are joined."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from k8slint.location import Location, Notice, NoticeLevel
from k8slint.models.shell_commands import ScriptText
from k8slint.models.shell_quoting import split_words
from k8slint.models.shell_syntax import (
    AndOr,
    Background,
    Case,
    CaseArm,
    Function,
    If,
    Loop,
    Negated,
    Pipeline,
    Sequence,
    SimpleCommand,
    Statement,
    Subshell,
    Word,
    walk,
)
from k8slint.models.shell_tree import TooDeepError, TreeReader
from k8slint.models.source import Source
from k8slint.regex import regex

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = [
    "AndOr",
    "Background",
    "Case",
    "CaseArm",
    "Function",
    "If",
    "Loop",
    "Negated",
    "Pipeline",
    "Sequence",
    "ShellScript",
    "SimpleCommand",
    "Statement",
    "Subshell",
    "Word",
    "parse_shell",
    "parse_shell_text",
    "split_words",
    "walk",
]

_PLACEHOLDER = regex(r"\{\{[^\n]{0,200}?\}\}|\{%[^\n]{0,200}?%\}|<%[^\n]{0,200}?%>")

# What the grammar misreads. ``{ if ..; fi }`` and ``fi fi`` need no semicolon in a shell, but do in the grammar.
_UNTERMINATED = regex(r"\b(fi|done|esac)[ \t](?=(?:[ \t]|\\\n){0,20}(?:\}|(?:fi|done|esac|else|elif)\b))")
# The hyphen of ``python - <<EOF`` is dropped; any other word in its place is not.
# Outside of ASCII; half a character is one byte, a question mark.
_WIDE = regex(r"[^\x00-\x7f]")
_HYPHEN = regex(r"(?<=[ \t])-(?=[ \t]{0,20}<<)")
# The parser's time grows with the square of the here-documents that are open at once.
_MOST_HEREDOCS = 1000
# So does the time it takes to mend what is no shell: 32 KiB of closing parentheses take three seconds.
_NO_SHELL = regex(r"(?:[)|]\s*){300}|(?:[^\s()|]{1,3}[)|]+\s*){3000}")
_PIPES = regex(r"\|\s*")
_LONGEST_PIPELINE = 500
# Of the syntax tree: each costs up to 600 bytes. Installers of 2 MB that hold manifests have a tenth of it.
_MOST_NODES = 300_000


class ShellScript(Struct, frozen=True):
    """One script.

    ``functions`` holds those defined anywhere in it, the last of a name; ``shebang`` the words after ``#!``;
    ``comments`` the line and text of each comment. Commands inside ``$( )`` are not statements of the script: they are
    text in the words that use them.
    """

    path: str
    source: Source
    body: Sequence
    functions: Mapping[str, Function]
    shebang: tuple[str, ...]
    comments: tuple[tuple[int, str], ...]
    notices: tuple[Notice, ...]

    def __hash__(self) -> int:
        return hash(self.path)

    def commands(self) -> Iterator[SimpleCommand]:
        """Every simple command anywhere in the script, in the order of the text."""
        return (statement for statement in walk(self.body) if isinstance(statement, SimpleCommand))


def parse_shell(source: Source) -> ShellScript:
    """Read a script. What is no shell syntax gives a notice and is left out; what stands around it is kept."""
    first = source.line(1)
    shebang = tuple(first[2:].split()) if first.startswith("#!") else ()
    return _parse(source, _Places(source), shebang)


def parse_shell_text(text: str, at: Location, lines: tuple[Location, ...] = ()) -> ShellScript:
    """Read shell text that stands inside another file, at ``at``: the argument of ``sh -c``, a shell-form CMD.

    Every location in the result is that of its line of ``text`` in ``lines``, or ``at`` where there is none.
    """
    source = Source(at.path, text)
    return _parse(source, _Places(source, at, lines), ())


class _Places(Struct, frozen=True):
    source: Source
    at: Location | None = None
    lines: tuple[Location, ...] = ()

    def __call__(self, start: int, end: int) -> Location:
        if self.at is None:
            return self.source.span(start, end)
        line, _ = self.source.position(start)
        return self.lines[line - 1] if line <= len(self.lines) else self.at


def _parse(source: Source, places: _Places, shebang: tuple[str, ...]) -> ShellScript:
    nothing = Sequence((), places(0, 0))
    if source.text.count("<<") > _MOST_HEREDOCS:
        notice = Notice(nothing.location, "the shell script has too many here-documents to be read", NoticeLevel.NOTE)
        return ShellScript(source.path, source, nothing, {}, shebang, (), (notice,))
    text = _plain_lines(source.text)
    placeholders = tuple(match.span() for match in _PLACEHOLDER.finditer(text))
    blanked = _PLACEHOLDER.sub(lambda match: "_" * len(match.group()), text)
    readable = _HYPHEN.sub("_", _UNTERMINATED.sub(r"\1;", blanked))
    root = None if _takes_too_long(readable) else _tree(readable.encode("utf-8", "replace"))
    if root is None:
        message = "the shell script is too long, or too little of it is shell, to be read"
        return ShellScript(
            source.path, source, nothing, {}, shebang, (), (Notice(nothing.location, message, NoticeLevel.NOTE),)
        )
    script = ScriptText(text, _character_index(readable), places, placeholders)
    notices, comments = _remarks(root, script)
    try:
        body = TreeReader(script).sequence(root.children, 0)
    except TooDeepError as error:
        body = nothing
        notices = (Notice(error.location, "the shell script is nested too deeply to be read", NoticeLevel.NOTE),)
    functions = {statement.name: statement for statement in walk(body) if isinstance(statement, Function)}
    return ShellScript(source.path, source, body, functions, shebang, () if places.at else comments, notices)


def _takes_too_long(text: str) -> bool:
    """Whether the parser's time would grow with the square of ``text``: what is no shell, and endless pipelines."""
    # A bar at the end of a line goes on in the next.
    lines = _PIPES.sub("|", text).split("\n") if "|" in text else ()
    return _NO_SHELL.search(text) is not None or any(line.count("|") > _LONGEST_PIPELINE for line in lines)


def _tree(data: bytes) -> Node | None:
    """The syntax tree, None where it would take too much memory."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    root = Parser(Language(tree_sitter_bash.language())).parse(data).root_node
    return root if root.descendant_count <= _MOST_NODES else None


def _plain_lines(text: str) -> str:
    """``text``, as long as before, without carriage returns at line ends and without NUL, where the parser stops."""
    return text.replace("\0", " ").replace("\\\r\n", " \\\n").replace("\r\n", " \n")


def _character_index(text: str) -> Callable[[int], int]:
    """From an offset in the bytes of ``text`` to one in its characters."""
    if text.isascii():
        return int
    # Of each character of several bytes its index, the offset behind it, and how many bytes more than characters
    # come before that.
    indexes: list[int] = []
    ends: list[int] = []
    more = [0]
    for found in _WIDE.finditer(text):
        width = len(found.group().encode("utf-8", "replace"))
        indexes.append(found.start())
        ends.append(found.start() + more[-1] + width)
        more.append(more[-1] + width - 1)
    indexes.append(len(text))

    def index(offset: int) -> int:
        passed = bisect_right(ends, offset)
        return min(offset - more[passed], indexes[passed])

    return index


def _remarks(root: Node, script: ScriptText) -> tuple[tuple[Notice, ...], tuple[tuple[int, str], ...]]:
    """What the tree says besides statements: notices, and comments with their lines."""
    comments: list[tuple[int, str]] = []
    broken: Node | None = None
    falls_through: Node | None = None
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "comment" and (node.start_byte or not script.written(node).startswith("#!")):
            comments.append((node.start_point[0] + 1, script.written(node).rstrip()))
        elif node.type in (";&", ";;&"):
            falls_through = falls_through or node
        elif broken is None and (node.type == "ERROR" or node.is_missing):
            broken = node
        stack.extend(reversed(node.children))
    return (
        *_notice(broken, script, "could not be read; what stands around it is kept"),
        *_notice(falls_through, script, "goes on into the next arm of its case, which is not followed"),
    ), tuple(comments)


def _notice(node: Node | None, script: ScriptText, what: str) -> tuple[Notice, ...]:
    if node is None:
        return ()
    line = node.start_point[0] + 1
    start, end = script.span(node)
    line_end = script.text.find("\n", start, end)
    where = script.place(start, end if line_end < 0 else line_end)
    return (Notice(where, f"line {line} of the shell script {what}", NoticeLevel.NOTE),)
