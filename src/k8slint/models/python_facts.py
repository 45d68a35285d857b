"""What is kept of a Python file: small, plain, picklable facts with positions."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location


class PythonSyntaxError(Exception):
    """The file is not Python that this interpreter can read."""

    def __init__(self, location: Location, message: str) -> None:
        super().__init__(f"{location}: {message}")
        self.location = location
        self.message = message


class Expr(Struct, frozen=True, array_like=True):
    """A small expression.

    ``kind`` says what ``value`` and ``args`` hold:

    - ``const``: the value (str, int, float, bool, None, bytes; negative numbers are folded)
    - ``name``: the dotted name, imports resolved ("signal.SIGTERM", "app", "self.size")
    - ``call``: the callee's name as in ``Call.name``; positional arguments in ``args``, the others in ``keywords``
    - ``binary``: the operator ("+", "//"), two args; ``unary``: the operator ("-", "not"), one arg
    - ``bool``: "and" or "or"; ``compare``: the operators, separated by blanks ("<", "not in")
    - ``if``: test, body, orelse
    - ``tuple``, ``list``, ``set``: the elements
    - ``dict``: values with a constant text key in ``keywords``, other keys and values in turn in ``args``
    - ``choice``: any one of ``args`` (only ``PythonFile.resolve`` makes it, for the variable of a loop)
    - ``fstring``: the pieces; ``subscript``: object, index; ``attribute``: the attribute's name, the object
    - ``other``: whatever sub-expressions matter; ``value`` is "*" or "**" for unpacking and "..." where the
      expression was too large to keep
    """

    kind: str
    value: object
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    location: Location

    def walk(self) -> Iterator[Expr]:
        """This expression and all inside it, outermost first, in the order written."""
        pending = [self]
        while pending:
            expr = pending.pop()
            yield expr
            pending.extend(value for _, value in reversed(expr.keywords))
            pending.extend(reversed(expr.args))


class Call(Struct, frozen=True, array_like=True):
    """A call that somebody asked for.

    ``name`` is qualified: imports, aliases and the classes of variables are resolved ("os.cpu_count",
    "flask.Flask.run" for ``app.run()``, "Worker.run" for ``self.run()``); a method of an unknown object is ".run",
    and an object called like a function ends in ".__call__". ``location`` goes to the closing parenthesis.

    ``guards`` is what encloses the call within its function, outermost first: "try-finally" and "except X" (one each
    for the types caught) in the body of a ``try``, "handler X" in the handler itself, "finally" in the last block,
    "with <name>", "for", "while", "while-true", "if" (also for ``else`` and ``match``, not for the main guard).
    """

    name: str
    location: Location
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    scope: str
    main_guard: bool
    guards: tuple[str, ...]
    awaited: bool

    def keyword(self, name: str) -> Expr | None:
        """The value of a keyword argument; unpacked mappings (``**x``) have the name ``**``."""
        return next((value for keyword, value in self.keywords if keyword == name), None)


class Loop(Struct, frozen=True, array_like=True):
    """A ``for`` or ``while`` statement; comprehensions are not loops.

    ``kind`` is "while-true" (a condition that is constantly true), "while" or "for". ``ends`` says that something
    inside leaves it for good: a break at its level, a return, a yield (the consumer may stop), SystemExit or one of
    the exit calls, except in a handler of nothing but KeyboardInterrupt and its like. ``location`` is the header
    without the colon.
    """

    kind: str
    iterable: Expr | None
    condition: Expr | None
    ends: bool
    sleeps: bool
    reads_input: bool
    scope: str
    main_guard: bool
    guards: tuple[str, ...]
    location: Location
    is_async: bool


class EnvRead(Struct, frozen=True, array_like=True):
    """A variable read from the environment by a constant name.

    ``cast`` is "int" or "float" where the text is made a number at once, or where the name that holds it is.
    ``required`` says that it raises without the variable, and that nothing in its function may keep it from running.
    """

    name: str
    default: Expr | None
    location: Location
    scope: str
    cast: str = ""
    required: bool = False
    main_guard: bool = False


class Import(Struct, frozen=True, array_like=True):
    """One imported module: ``import a, b`` is two of them.

    ``module`` is as written without the leading dots, which ``level`` counts. ``names`` holds (name, alias) for
    ``from`` imports, (("*", None),) for all, and is empty for ``import x``. ``location`` is the whole statement.
    """

    module: str
    names: tuple[tuple[str, str | None], ...]
    alias: str | None
    level: int
    location: Location
    scope: str
    type_checking: bool


class Function(Struct, frozen=True, array_like=True):
    """A function; ``*args`` and ``**kwargs`` keep their stars. ``location`` covers ``def name``."""

    name: str
    parameters: tuple[tuple[str, Expr | None], ...]
    decorators: tuple[Expr, ...]
    is_async: bool
    location: Location


class Class(Struct, frozen=True, array_like=True):
    """A class and its qualified bases. ``location`` covers ``class name``."""

    name: str
    bases: tuple[str, ...]
    location: Location


class Assignment(Struct, frozen=True, array_like=True):
    """An assignment of one value to one target; ``a = b = 1`` and ``a, b = 1, 2`` are two.

    ``target`` is "workers", "self.size", "os.environ[X]" for a constant key, and "Config.workers" for ``workers`` in
    the body of class ``Config`` (whose ``scope`` is "Config"). ``location`` is the whole statement.
    """

    target: str
    value: Expr
    scope: str
    location: Location
    annotation: str | None
