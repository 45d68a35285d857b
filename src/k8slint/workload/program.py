"""The Python program of a workload: its entry module and the project's modules that it imports."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct, field

from k8slint.fact import Fact, known, unknown
from k8slint.models.python import Call, Import, PythonFile
from k8slint.regex import regex
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.modules import Modules

_MOST_MODULES = 5000
_WORD = regex(r"\w+")
DYNAMIC = (
    "importlib.import_module",
    "__import__",
    "importlib.util.spec_from_file_location",
    "runpy.run_path",
    "runpy.run_module",
    "pkgutil.iter_modules",
    "pkgutil.walk_packages",
    "importlib.metadata.entry_points",
)


class Program(Struct, frozen=True, eq=False):
    """The modules that a process can run: ``entry`` first, then what it imports, transitively.

    ``complete`` is False where modules are loaded by a name that cannot be read, or where a module of the project
    could not be parsed: then the absence of something in ``modules`` proves nothing. ``is_script`` tells that the
    entry module runs as ``__main__``.
    """

    entry: PythonFile
    modules: tuple[PythonFile, ...]
    complete: bool
    is_script: bool
    mentioned_elsewhere: Callable[[str], bool]
    """Whether a module of the project that is not among ``modules`` mentions a word: it may be loaded by name."""
    find: Callable[[str], PythonFile | None] = lambda _: None
    """The module of the project with an absolute dotted name, imported by the program or not."""
    imported_first: Callable[[PythonFile], tuple[PythonFile, ...]] = lambda _: ()
    """The modules of the project that importing a module loads whatever happens: in no branch, in no function."""
    _calls: dict[str, list[tuple[int, PythonFile, Call]]] = field(default_factory=dict)
    _words: set[str] = field(default_factory=set)
    _imported: set[str] = field(default_factory=set)

    def may_mention(self, word: str) -> bool:
        """Whether a module that is loaded by a name that cannot be read may hold ``word``."""
        return not self.complete and self.mentioned_elsewhere(word)

    def calls(self, *names: str) -> Iterator[tuple[PythonFile, Call]]:
        """Calls by qualified name (``os.cpu_count``) or method (``.serve_forever``), with the file they are in."""
        index = self._calls_by_last_segment()
        found = {
            number: (module, call)
            for name in names
            for number, module, call in index.get(name.rpartition(".")[2], ())
            if matches(call.name, name) and self.counts(module, call.main_guard)
        }
        yield from (found[number] for number in sorted(found))

    def _calls_by_last_segment(self) -> Mapping[str, Sequence[tuple[int, PythonFile, Call]]]:
        if not self._calls:
            every = ((module, call) for module in self.modules for call in module.calls)
            for number, (module, call) in enumerate(every):
                self._calls.setdefault(call.name.rpartition(".")[2], []).append((number, module, call))
        return self._calls

    def counts(self, module: PythonFile, main_guard: bool) -> bool:
        """Whether code runs: what stands under ``if __name__ == "__main__"`` does in the script only."""
        return not main_guard or (self.is_script and module is self.entry)

    def reaches(self, module: PythonFile, scope: str) -> bool:
        """Whether a function is used, by the last segment of its name, or handed to a framework by a decorator."""
        name = scope.rsplit(".", 1)[-1]
        if not scope or name in ("__init__", "__call__", "__main__", "run", "main") or self.uses(name):
            return True
        return any(one.name == scope and one.decorators for one in module.functions)

    def uses(self, function: str) -> bool:
        """Whether a function or method, by the last segment of its name, is called or passed on anywhere."""
        if not self._words:
            self._words.update(*(one.names_used for one in self.modules if one.full))
            self._words.update(*(_words_of(one.source.text) for one in self.modules if not one.full))
        return function in self._words

    def runs_in_children_only(self, function: str) -> bool:
        """Whether a function is handed to ``preexec_fn=`` and mentioned nowhere else: the parent never runs it."""
        name = function.rsplit(".", 1)[-1]
        if not name or self.may_mention(name):
            return False
        explained = re.compile(rf"\b(?:def\s+|(?P<child>preexec_fn\s*=\s*)(?:\w+\.)*){name}\b")
        handed = False
        for module in self.modules:
            found = list(explained.finditer(module.source.text))
            handed = handed or any(one["child"] for one in found)
            imported = sum(name == one for each in module.imports for one, alias in each.names if alias in (None, one))
            if len(re.findall(rf"\b{name}\b", module.source.text)) > len(found) + imported:
                return False
        return handed

    def imports(self, package: str) -> bool:
        """Whether a module of the program imports ``package`` or something below it."""
        if not self._imported:
            self._imported.add("")  # so that a program without imports is not asked again
            for module in self.modules:
                for one in module.imports:
                    if one.level == 0 and not one.type_checking:
                        self._imported.update(with_parents(one.module))
        return package in self._imported


def with_parents(dotted: str) -> Iterator[str]:
    """``a.b.c``, ``a.b`` and ``a``."""
    while dotted:
        yield dotted
        dotted = dotted.rpartition(".")[0]


@lru_cache(maxsize=1 << 14)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


def matches(name: str, pattern: str) -> bool:
    """Whether a call's qualified name fits a pattern: the whole name, or for ``.method`` its end."""
    return name == pattern or (pattern.startswith(".") and name.endswith(pattern))


def load_program(
    path: str, roots: Sequence[str], artifacts: Artifacts, modules: Modules, is_script: bool
) -> Fact[Program]:
    """Read the entry module at ``path`` and everything of the project that it imports.

    ``roots`` are the folders that the interpreter finds modules in, besides the entry module's own.
    """
    entry = artifacts.python(path)
    if entry is None:
        return unknown(f"{path} cannot be parsed")
    search = tuple(dict.fromkeys((posixpath.dirname(path), *roots)))
    found: dict[str, PythonFile] = {path: entry}
    waiting = [entry]
    prefixes: set[str] = set()
    unread = False
    while waiting:
        module = waiting.pop()
        by_name = [_loaded_by_name(module, call) for call in module.calls if call.name in DYNAMIC]
        prefixes.update(prefix for prefix, is_whole in by_name if not is_whole)
        whole = [found_at for name, is_whole in by_name if is_whole and (found_at := modules.find(name, search))]
        for target in (*whole, *_targets(module, search, modules, module.imports)):
            if target in found:
                continue
            if len(found) >= _MOST_MODULES:
                return unknown("the program has too many modules")
            imported = artifacts.python(target)
            if imported is None:
                unread = True
                continue
            found[target] = imported
            waiting.append(imported)

    def mentioned_elsewhere(word: str) -> bool:
        needle = word.encode()
        folders = tuple(f"/{prefix.replace('.', '/')}" for prefix in prefixes)
        return any(
            needle in artifacts.files[path].data
            for path in artifacts.python_paths - found.keys()
            if any(folder in f"/{path}" for folder in folders) or unread
        )

    def find(dotted: str) -> PythonFile | None:
        path = modules.find(dotted, search)
        return found.get(path) or artifacts.python(path) if path is not None else None

    def imported_first(module: PythonFile) -> tuple[PythonFile, ...]:
        # What stands in a branch, in a ``try`` or in a function is indented.
        plain = tuple(one for one in module.imports if one.location.column == 1 and not one.scope)
        paths = _targets(module, search, modules, plain, anywhere=False)
        return tuple(found[path] for path in paths if path in found)

    complete = not prefixes and not unread
    return known(Program(entry, tuple(found.values()), complete, is_script, mentioned_elsewhere, find, imported_first))


def _loaded_by_name(module: PythonFile, call: Call) -> tuple[str, bool]:
    """What a dynamic import loads: the start of the module's name as far as it is written, and whether that is all."""
    first = module.resolve(call.args[0], call.scope) if call.args else None
    if first is not None and first.kind == "const" and isinstance(first.value, str):
        return first.value, not first.value.startswith(".")
    if first is not None and first.kind == "fstring" and first.args and isinstance(first.args[0].value, str):
        prefix = first.args[0].value if first.args[0].kind == "const" else ""
        return prefix.rpartition(".")[0].lstrip("."), False
    if first is not None and first.kind == "binary" and first.value in ("+", "%") and first.args[0].kind == "const":
        prefix = str(first.args[0].value).split("%", 1)[0]
        return prefix.rpartition(".")[0].lstrip("."), False
    return "", False


def _targets(
    module: PythonFile, roots: tuple[str, ...], modules: Modules, imports: tuple[Import, ...], anywhere: bool = True
) -> Iterator[str]:
    own = posixpath.dirname(module.path)
    for one in imports:
        if one.type_checking:
            continue
        for dotted, folders in _dotted_names(one, own, roots):
            path = modules.find(dotted, folders, anywhere=anywhere and one.level == 0)
            if path is None:
                continue
            yield path
            yield from _packages(path, dotted, modules)


def _dotted_names(one: Import, own: str, roots: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    folders = roots
    if one.level:
        folder = own
        for _ in range(one.level - 1):
            folder = posixpath.dirname(folder)
        folders = (folder,)
    if one.module:
        yield one.module, folders
    for name, _ in one.names:
        if name != "*":
            yield (f"{one.module}.{name}" if one.module else name), folders


def _packages(path: str, dotted: str, modules: Modules) -> Iterator[str]:
    """The ``__init__`` modules that importing ``a.b.c`` runs on the way."""
    parts = dotted.count(".")
    folder = posixpath.dirname(posixpath.dirname(path) if path.endswith("/__init__.py") else path)
    for _ in range(parts):
        init = modules.find("__init__", (folder,), anywhere=False)
        if init is not None:
            yield init
        folder = posixpath.dirname(folder)
