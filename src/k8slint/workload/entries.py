"""The program at the end of a chain: which server or Python program a command line starts, and from which file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.regex import regex
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.image_files import Image, absolute, folders_in_repository, in_repository
from k8slint.workload.modules import Modules
from k8slint.workload.process import Entry, Language, Word
from k8slint.workload.project_scripts import ConsoleScript
from k8slint.workload.recognise import Interpreter, Recognised, handles_sigterm, interpreter, recognise
from k8slint.workload.server_files import as_options, file_option, variables_as_options
from k8slint.workload.shell_words import Variables
from k8slint.workload.wrappers import program_name

_EXPECTS_APP = ("gunicorn", "uvicorn", "hypercorn", "granian", "daphne", "waitress-serve")
_APP = regex(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?")
_MODULE = regex(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class Surroundings(Struct, frozen=True):
    """What a command line is read in: the image, its ``/bin/sh``, the project and its modules.

    ``shell`` is "dash", "bash", "busybox" or None where it is not known; ``clones`` tells that the image takes its
    files from a clone instead of the build context, so that paths are those of the repository; ``lines`` maps the
    locations of command words that hold several lines of text to the location of each line.
    """

    artifacts: Artifacts
    modules: Modules
    scripts: tuple[ConsoleScript, ...]
    image: Image | None
    shell: str | None
    clones: bool
    lines: Mapping[Location, tuple[Location, ...]]


class Here(Struct, frozen=True):
    """Where a command line stands: the variables it sees, its folder, and what entry scripts export to it."""

    variables: Variables
    cwd: str
    exports: tuple[tuple[str, str | None], ...] = ()


def file_of(word: Word, cwd: str, around: Surroundings) -> str | None:
    """The repository's file that a program word names."""
    if not word.text:
        return None
    if around.image is None or around.clones:
        return _same_path(word.text, cwd, around)
    if "/" in word.text:
        return in_repository(around.image, absolute(word.text, cwd))
    for folder in ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin"):
        found = in_repository(around.image, f"{folder}/{word.text}")
        if found is not None:
            return found
    # dash, bash and BusyBox look a script's name up in the working directory too: `sh run.sh`.
    return in_repository(around.image, absolute(word.text, cwd))


def _same_path(text: str, cwd: str, around: Surroundings) -> str | None:
    """The file at the same path from the repository's root, for images that are built elsewhere or clone it."""
    path = posixpath.normpath(text).lstrip("/")
    inside = "/" in path or (around.clones and around.image is not None)
    return path if inside and path in around.artifacts.files else None


def unknown_entry(words: tuple[Word, ...], here: Here) -> Entry:
    name = (words[0].text or words[0].written) if words else "?"
    location = words[0].location if words else Location("", 1, 1, 1, 1)
    return Entry(
        name, Language.UNKNOWN, words, location, unknown("the program is not known"), cwd=here.cwd, exports=here.exports
    )


def entry_of(words: tuple[Word, ...], here: Here, around: Surroundings) -> Entry:
    words = _with_file(words, here, around)
    found = recognise(words)
    python = interpreter(words)
    name = program_name(words[0])
    entry = replace(unknown_entry(words, here), finite=found.finite)
    if python is not None:
        entry = replace(
            entry,
            unbuffered_flag="u" in python.flags,
            extras=python.extras,
            ignores_environment="E" in python.flags or "I" in python.flags,
        )
    if found.server is not None:
        return _server(entry, found, here, around)
    if python is not None:
        return _python(entry, python, found, here, around)
    if name in ("manage.py", "django-admin") or name.endswith(".py"):
        module = _module_file(words[0], here, around)
        name = name if name.endswith(".py") and name != "manage.py" else _django_name(found)
        return replace(entry, name=name, language=Language.PYTHON, module=module)
    installed = _console_script(words[0], around)
    if installed is not None:
        return replace(entry, name=name, language=Language.PYTHON, module=installed)
    file = file_of(words[0], here.cwd, around)
    if file is not None and re.match(rb"#!.*\bpython", around.artifacts.files[file].data[:128]):
        place = Place(words[0].location, f"{file} in the image")
        return replace(entry, name=file, language=Language.PYTHON, module=known(file, place))
    if found.finite is not None or name in ("node", "java", "nginx", "redis-server", "postgres", "php-fpm", "httpd"):
        return replace(entry, language=Language.OTHER)
    return entry


def _with_file(words: tuple[Word, ...], here: Here, around: Surroundings) -> tuple[Word, ...]:
    """The command line with the server's file of settings put in its place, where it is in the repository."""
    is_uwsgi = bool(words) and program_name(words[0]) == "uwsgi"
    if is_uwsgi:
        words = (*words, *variables_as_options(here.variables, words[0].location))
    option = file_option(words)
    if option is None:
        return words
    start, end, name = option
    text = name.removeprefix("file:") if "/" in name else f"./{name.removeprefix('file:')}"
    file = file_of(Word(text, words[start].location, name), here.cwd, around)
    read = (
        as_options(program_name(words[0]), around.artifacts.source(file), here.variables) if file is not None else None
    )
    if read is None and is_uwsgi:  # Whatever is asked of the command line, this file may say it.
        read = tuple(Word(one, words[start].location, one) for one in ("--ini", name))
    return words if read is None else (*words[:start], *read, *words[end:])


def _django_name(found: Recognised) -> str:
    command = next((word.text for word in found.words[1:] if word.text and not word.text.startswith("-")), "")
    return f"manage.py {command}".strip()


def _server(entry: Entry, found: Recognised, here: Here, around: Surroundings) -> Entry:
    server = found.server or ""
    folders = _app_folders(entry, found, here)
    target = _app_target(server, found.words)
    if target is None and server == "gunicorn":
        target = _app_without_attribute(found.words, _roots(folders, around), around)
    module: Fact[str] = unknown(f"the command line of {server} does not name the project's code")
    if server == "celery" and target is not None:
        module = _celery_app(target, _roots(folders, around), around)
    elif target is not None:
        module = _dotted(target, folders, around)
    elif server == "http.server":
        module = absent()
    elif server.startswith("manage.py") and found.words:
        module = _module_file(found.words[0], here, around)
    return replace(
        entry,
        name=server,
        language=Language.PYTHON,
        words=found.words,
        module=module,
        server=server,
        sigterm=handles_sigterm(found),
        serves=bool(found.row.get("serves")),
        finite=found.finite,
    )


def _app_target(server: str, words: tuple[Word, ...]) -> Word | None:
    if server in _EXPECTS_APP:
        targets = [
            word
            for before, word in pairwise(words)
            if word.text and _APP.fullmatch(word.text) and before.text not in ("-b", "--bind")
        ]
        return targets[-1] if targets else None
    if server == "uwsgi":
        bare = Entry("", Language.PYTHON, words, words[0].location, absent())
        return bare.option("--module", "--wsgi", "-w", "--wsgi-file", "--file")
    if server == "locust":
        bare = Entry("", Language.PYTHON, words, words[0].location, absent())
        return bare.option("-f", "--locustfile") or Word("locustfile.py", words[0].location, "locustfile.py")
    if server in ("celery", "flask"):
        bare = Entry("", Language.PYTHON, words, words[0].location, absent())
        return bare.option("-A", "--app")
    if server in ("streamlit", "fastapi"):
        return next((word for word in words[1:] if word.text and word.text.endswith(".py")), None)
    if server == "kopf":
        return next((word for word in words[1:] if word.text and word.text.endswith(".py")), None)
    return None


def _app_without_attribute(words: tuple[Word, ...], roots: tuple[str, ...], around: Surroundings) -> Word | None:
    """gunicorn takes ``pkg.wsgi`` for ``pkg.wsgi:application``: the last word that names a module of the project."""
    for before, word in reversed(tuple(pairwise(words))):
        is_value = (before.text or "-").startswith("-")
        if word.text is None or (is_value and "." not in word.text) or not _MODULE.fullmatch(word.text):
            continue
        if around.modules.find(word.text, roots, anywhere="." in word.text) is not None:
            return word
    return None


def _celery_app(target: Word, roots: tuple[str, ...], around: Surroundings) -> Fact[str]:
    """``-A proj`` is the module ``proj``, unless there is a ``proj.celery``; ``-A proj.main.app`` is in ``proj.main``.

    The source is ``celery.app.utils.find_app``, which takes the last part for an attribute if it is no module.
    """
    inner = f"{target.text}.celery"
    path = around.modules.find(inner, roots, anywhere=False) if _MODULE.fullmatch(target.text or "") else None
    if path is not None:
        return known(path, Place(target.location, f"{inner} is {path}"))
    found = _dotted_in(target, roots, around)
    outer = (target.text or "").rpartition(".")[0]
    if found.is_known or not _MODULE.fullmatch(outer):
        return found
    inside = _dotted_in(replace(target, text=outer), roots, around)
    return inside if inside.is_known else found


def _app_folders(entry: Entry, found: Recognised, here: Here) -> tuple[str, ...]:
    bare = replace(entry, words=found.words)
    option = bare.option("--chdir", "--app-dir", "--workdir")
    if option is not None and option.text is not None:
        return (absolute(option.text, here.cwd), here.cwd)
    return (here.cwd,)


def _dotted(target: Word, cwds: tuple[str, ...], around: Surroundings) -> Fact[str]:
    if target.text is not None and target.text.endswith(".py"):
        return _module_file(target, Here(Variables({}, False, None), cwds[0]), around)
    path = _in_image((target.text or "").split(":", 1)[0], cwds, around)
    if path is not None:
        return known(path, Place(target.location, f"{target.text} is {path}"))
    return _dotted_in(target, _roots(cwds, around), around)


def _in_image(dotted: str, cwds: tuple[str, ...], around: Surroundings) -> str | None:
    """The file that stands where the interpreter looks for a module, whatever it is called in the repository."""
    if around.image is None or not _MODULE.fullmatch(dotted):
        return None
    tail = dotted.replace(".", "/")
    candidates = (absolute(f"{tail}{ending}", cwd) for cwd in cwds for ending in ("/__init__.py", ".py"))
    return next((found for one in candidates if (found := in_repository(around.image, one)) is not None), None)


def _dotted_in(target: Word, roots: tuple[str, ...], around: Surroundings) -> Fact[str]:
    if target.text is None:
        return unknown(f"{target.written} is not known")
    dotted = target.text.split(":", 1)[0]
    path = around.modules.find(dotted, roots)
    if path is None:
        return unknown(f"module {dotted} is not in the repository")
    return known(path, Place(target.location, f"{target.text} is {path}"))


def _roots(cwds: tuple[str, ...], around: Surroundings) -> tuple[str, ...]:
    if around.image is None:
        return ("", "src", "app")
    folders: list[str] = []
    for cwd in cwds:
        folders.extend(folders_in_repository(around.image, cwd))
    context = around.image.context
    own = posixpath.dirname(around.image.dockerfile.path)
    return tuple(dict.fromkeys((*folders, context, posixpath.join(context, "src"), own)))


def _module_file(word: Word, here: Here, around: Surroundings) -> Fact[str]:
    if word.text is None:
        return unknown(f"{word.written} is not known")
    if around.image is not None:
        path = in_repository(around.image, absolute(word.text, here.cwd))
        if path is None and around.clones:
            path = _same_path(word.text, here.cwd, around)
        if path is not None:
            return known(path, Place(word.location, f"{word.text} is {path}"))
    return unknown(f"{word.text} is not among the files that the repository puts into the image")


def _console_script(word: Word, around: Surroundings) -> Fact[str] | None:
    """The module behind a command that installing the project puts on the PATH, None for any other command."""
    name = program_name(word)
    script = next((one for one in around.scripts if one.name == name), None)
    if script is None:
        return None
    path = around.modules.find(script.module, (script.folder, posixpath.join(script.folder, "src")))
    place = Place(word.location, f"{name} is a console script of the project: {script.module}")
    return known(path, place) if path else unknown(f"module {script.module} is not in the repository")


def _python(entry: Entry, python: Interpreter, found: Recognised, here: Here, around: Surroundings) -> Entry:
    target = python.target
    entry = replace(entry, language=Language.PYTHON, words=python.words, finite=found.finite)
    if target is None:
        return replace(entry, name="python", module=absent())
    if python.kind == "code":
        return replace(entry, name="python -c", module=absent())
    if python.kind == "module":
        text = target.text or target.written
        module: Fact[str] = unknown(f"module {text} is not in the repository")
        roots = _roots((here.cwd,), around)
        path = _in_image(f"{text}.__main__", (here.cwd,), around) or _in_image(text, (here.cwd,), around)
        path = path or around.modules.find(f"{text}.__main__", roots, anywhere="." in text)
        path = path or around.modules.find(text, roots)
        if path is not None and target.text is not None:
            module = known(path, Place(target.location, f"python -m {text} is {path}"))
        return replace(entry, name=f"python -m {text}", module=module)
    module = _module_file(target, here, around)
    if module.is_unknown and "/bin/" in (target.text or ""):
        module = _console_script(target, around) or module  # python3 /usr/local/bin/program
    name = posixpath.basename(target.text) if target.text else target.written
    if name == "manage.py":
        name = _django_name(found)
    return replace(entry, name=name, module=module)
