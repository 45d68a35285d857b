"""The program at the end of a chain: which server or Python program a command line starts, and from which file."""

from __future__ import annotations

import posixpath
import re

from msgspec.structs import replace

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.workload.app_modules import app_module, in_image, roots_of
from k8slint.workload.process import Entry, Language, Word
from k8slint.workload.recognise import Interpreter, Recognised, handles_sigterm, interpreter, recognise
from k8slint.workload.server_files import as_options, file_option, variables_as_options
from k8slint.workload.surroundings import Here, Surroundings, file_of, module_file
from k8slint.workload.wrappers import program_name


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
        module = module_file(words[0], here, around)
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
    module = app_module(server, entry, found, here, around)
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
        roots = roots_of((here.cwd,), around)
        path = in_image(f"{text}.__main__", (here.cwd,), around) or in_image(text, (here.cwd,), around)
        path = path or around.modules.find(f"{text}.__main__", roots, anywhere="." in text)
        path = path or around.modules.find(text, roots)
        if path is not None and target.text is not None:
            module = known(path, Place(target.location, f"python -m {text} is {path}"))
        return replace(entry, name=f"python -m {text}", module=module)
    module = module_file(target, here, around)
    if module.is_unknown and "/bin/" in (target.text or ""):
        module = _console_script(target, around) or module  # python3 /usr/local/bin/program
    name = posixpath.basename(target.text) if target.text else target.written
    if name == "manage.py":
        name = _django_name(found)
    return replace(entry, name=name, module=module)
