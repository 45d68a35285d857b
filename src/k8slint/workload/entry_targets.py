"""What a command line names as the program, and the image does not have: a file, a module, an attribute."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.dockerfile import Stage
from k8slint.models.python import Function, PythonFile
from k8slint.regex import regex
from k8slint.workload.detail import in_full
from k8slint.workload.image_files import Image, absolute, in_repository
from k8slint.workload.mounts import mounts
from k8slint.workload.process import Process, Word
from k8slint.workload.workload import Workload

_APP = regex(r"(?P<module>[A-Za-z_][\w.]*):(?P<name>[A-Za-z_]\w*)")
_MODULE = regex(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
# What may bind a name that is not written.
_BINDS_ANY = regex(r"import\s*\(?\s*\*|__getattr__|\bglobals\s*\(|\bexec\s*\(|\bsetattr\s*\(|sys\.modules|\bvars\s*\(")
# Installing packages and setting the system up leaves the folders of the program alone; whatever else runs may not.
_HARMLESS = regex(
    r"(?:(?:pip3?|python3?\s+-m\s+pip)\s+(?:--?\S+\s+)*install(?!.*(?:\s-e\b|\s--editable|\s\.(?:\s|$|\[|/)|git\+))\s"
    r"|apt-get\s|apt\s|apk\s|rm\s|chown\s|chmod\s|useradd\s|groupadd\s|adduser\s|addgroup\s|mkdir\s|set\s|export\s).*"
)
_WITH_CWD = ("gunicorn", "uvicorn")


class MissingTarget(Struct, frozen=True):
    """``what`` the program cannot find, ``effect`` of that, and ``fix``; ``near`` is the file that may be meant."""

    what: str
    effect: str
    fix: str
    location: Location
    near: Location | None = None


def missing_targets(workload: Workload, process: Process) -> Iterator[MissingTarget]:
    """What a process starts with and certainly does not find."""
    if not process.entry.is_python:
        return
    word = _app(process)
    if word is not None:
        yield from _attribute(workload, process, word)
    image = workload.image
    if image is None or not _is_closed(workload, image):
        return
    if word is not None and process.entry.server in _WITH_CWD:
        yield from _module(workload, image, process, word, (word.text or "").split(":", 1)[0])
    elif process.entry.name.startswith("python -m "):
        yield from _module(workload, image, process, process.entry.words[0], process.entry.words[0].text or "")
    elif not process.entry.server:
        yield from _script(image, process)


def _app(process: Process) -> Word | None:
    """The ``module:attribute`` of a server's command line, where there is one only."""
    if process.entry.server not in ("gunicorn", "uvicorn", "hypercorn"):
        return None
    found = [word for word in process.entry.words[1:] if word.text and _APP.fullmatch(word.text)]
    return found[0] if len(found) == 1 else None


def _attribute(workload: Workload, process: Process, word: Word) -> Iterator[MissingTarget]:
    program = workload.program(process)
    match = _APP.fullmatch(word.text or "")
    if not program.is_known or match is None:
        return
    module, name = in_full(program.value.entry), match["name"]
    text, server = module.source.text, process.entry.server
    top = Location(module.path, 1, 1, 1, 1)
    if _BINDS_ANY.search(text) or program.value.find(f"{match['module']}.{name}") is not None:
        return
    if not re.search(rf"\b{name}\b", text):
        what = f"{server} asks {module.path} for {name}, which the file does not mention"
        yield MissingTarget(
            what, "it ends with an error at start", f"name what the file has{_apps(module)}", word.location, top
        )
        return
    factory = _uncalled_factory(module, name)
    others = any(one.text and "worker" in one.text.lower() for one in process.entry.options("-k", "--worker-class"))
    if server == "gunicorn" and factory is not None and not others and workload.settings(process) is None:
        what = f"gunicorn takes the function {name} for the application and calls it with environ and start_response"
        yield MissingTarget(
            what, "each request fails with a TypeError", f'write "{word.text}()"', word.location, factory.location
        )


def _apps(module: PythonFile) -> str:
    names = [one.target for one in module.assignments if not one.scope and one.target in ("app", "application", "api")]
    return f": {names[0]}" if names else ""


def _uncalled_factory(module: PythonFile, name: str) -> Function | None:
    """The one function of that name that makes an application, and cannot be one: WSGI calls it with two words."""
    found = [one for one in module.functions if one.name == name]
    bound = any(one.target == name and not one.scope for one in module.assignments)
    if len(found) != 1 or bound or found[0].decorators or found[0].is_async:
        return None
    parameters = found[0].parameters
    if len(parameters) > 1 or any(parameter.startswith("*") for parameter, _ in parameters):
        return None
    return found[0]


def _is_closed(workload: Workload, image: Image) -> bool:
    """Whether everything is known that puts files of the program into the container."""
    found = mounts(workload)
    mounted = bool(found.value) if found.is_known else workload.container is not None
    if mounted or not workload.base.listed or not workload.environment.get("PYTHONPATH").is_absent:
        return False
    return all(_is_plain(one, image) for one in image.stage.lineage) and not image.stage.base_image.is_unknown


def _is_plain(stage: Stage, image: Image) -> bool:
    for copy in stage.copies:
        if copy.content or copy.from_stage is not None or "$" in copy.destination:
            return False
        if any("$" in source or "://" in source or "*" in source or source.endswith("gz") for source in copy.sources):
            return False
    for run in stage.runs:
        text = re.sub(r"\\\s*\n", " ", run.value)
        parts = [part.strip() for part in re.split(r"&&|;|\|\||\n", text)]
        if run.heredocs or not all(_HARMLESS.fullmatch(part) for part in parts if part):
            return False
    return bool(stage.copies)


def _module(workload: Workload, image: Image, process: Process, word: Word, dotted: str) -> Iterator[MissingTarget]:
    """A module of the repository that does not stand where the interpreter looks for it."""
    module, entry = process.entry.module, process.entry
    if not module.is_known or not _MODULE.fullmatch(dotted) or entry.option("--chdir", "--app-dir", "--pythonpath"):
        return
    tail = dotted.replace(".", "/")
    ends = (f"{tail}.py", f"{tail}/__init__.py", f"{tail}/__main__.py")
    if any(in_repository(image, absolute(end, entry.cwd)) is not None for end in ends):
        return
    if workload.settings(process) is not None or in_repository(image, absolute(f"{tail}.pyc", entry.cwd)) is not None:
        return
    what = f"{entry.name} looks for the module {dotted} in {entry.cwd}, and the image has no {ends[0]} there"
    near = Location(module.value, 1, 1, 1, 1)
    fix = f"copy {module.value} so that it stands there, or change WORKDIR or the module's name"
    yield MissingTarget(what, "it ends with ModuleNotFoundError at start", fix, word.location, near)


def _script(image: Image, process: Process) -> Iterator[MissingTarget]:
    """A script that is elsewhere in the image, or is spelt otherwise."""
    if not process.entry.words or not process.entry.module.is_unknown:
        return
    word = process.entry.words[0]
    text = word.text or ""
    if not text.endswith(".py"):
        return
    path = absolute(text, process.entry.cwd)
    if in_repository(image, path) is not None:
        return
    name = posixpath.basename(path).lower()
    fits = sorted(file for file in image.files if posixpath.basename(file).lower() == name)
    prefix = f"{image.context}/" if image.context else ""
    fits = [file for file in fits if file.startswith(prefix)]
    if len(fits) != 1:
        return
    what = f"{text} is {path} here, which the image does not have"
    fix = f"copy {fits[0]} to {path}, or name the path that it has in the image"
    near = Location(fits[0], 1, 1, 1, 1)
    yield MissingTarget(what, "the start fails, no such file", fix, word.location, near)
