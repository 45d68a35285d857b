"""From a command line to the program that does the work, through shells, scripts, inits and wrappers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location, whole_file
from k8slint.models.shell import ShellScript, parse_shell_text
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.image_files import Image, absolute, folders_in_repository, in_repository
from k8slint.workload.launch import Launch
from k8slint.workload.modules import Modules
from k8slint.workload.process import Entry, Language, OnSigterm, Process, Step, StepKind, Word
from k8slint.workload.project_scripts import ConsoleScript
from k8slint.workload.recognise import (
    Interpreter,
    Recognised,
    handles_sigterm,
    interpreter,
    recognise,
)
from k8slint.workload.shell_flow import End, Flow
from k8slint.workload.shell_words import Variables
from k8slint.workload.wrappers import peel, program_name

_SHELLS = {"sh": None, "bash": "bash", "dash": "dash", "ash": "busybox", "zsh": "bash", "busybox": "busybox"}
_DEEPEST = 8
_MOST = 32
_EXPECTS_APP = ("gunicorn", "uvicorn", "hypercorn", "granian", "daphne")


@dataclass(frozen=True, slots=True)
class Surroundings:
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


@dataclass(frozen=True, slots=True)
class _Here:
    variables: Variables
    cwd: str
    exports: tuple[tuple[str, str | None], ...] = ()


def processes(launch: Launch, variables: Variables, cwd: str, around: Surroundings) -> Fact[tuple[Process, ...]]:
    """All ways the container's process may go from its command line; unknown where they cannot be told."""
    chains = _follow(launch.words, launch.before, _Here(variables, cwd), around, 0)
    if chains is None:
        return unknown("the entry script takes too many paths to follow")
    if not chains:
        return unknown("nothing is started")
    return known(tuple(dict.fromkeys(chains)))


def _follow(
    words: tuple[Word, ...], steps: tuple[Step, ...], here: _Here, around: Surroundings, depth: int
) -> list[Process] | None:
    if depth > _DEEPEST:
        return None
    while True:
        peeled = peel(words)
        if peeled is None:
            break
        steps = (*steps, peeled.step)
        if peeled.assignments:
            here = replace(here, exports=(*here.exports, *peeled.assignments))
        if peeled.directory is not None:
            here = replace(here, cwd=absolute(peeled.directory, here.cwd))
        if peeled.opaque:
            return [Process(steps, _unknown_entry(words, here))]
        if peeled.shell_text is not None:
            shell = Word("sh", words[0].location, "sh")
            flag = Word("-c", words[0].location, "-c")
            return _follow((shell, flag, peeled.shell_text), steps, here, around, depth + 1)
        words = peeled.words
    if not words:
        return [Process(steps, _unknown_entry(words, here))]
    name = program_name(words[0])
    if name in _SHELLS:
        return _shell(words, steps, here, around, depth)
    file = _file(words[0], here.cwd, around)
    if file is not None:
        first = around.artifacts.files[file].data[:128].split(b"\n", 1)[0]
        if file.endswith((".sh", ".bash")) or re.search(rb"^#!.*\b(ba|da|a|z)?sh\b", first):
            return _script(file, words, steps, here, around, depth)
    return [Process(steps, _entry(words, here, around))]


def _shell(
    words: tuple[Word, ...], steps: tuple[Step, ...], here: _Here, around: Surroundings, depth: int
) -> list[Process] | None:
    name = program_name(words[0])
    index = 1
    while index < len(words):
        text = words[index].text
        if text is None or not text.startswith(("-", "+")):
            break
        if text in ("-O", "--rcfile", "--init-file"):
            index += 2
            continue
        if not text.startswith("--") and text.startswith("-") and "c" in text[1:]:
            if "o" in text[1:]:
                index += 1  # -euo pipefail -c is written apart; -ceuo takes its option's name next.
            rest = words[index + 1 :]
            return _shell_text(name, rest, steps, here, around, depth) if rest else None
        index += 2 if not text.startswith("--") and text.endswith("o") else 1  # -o and -euo take a name.
    rest = words[index:]
    if not rest:
        entry = replace(_unknown_entry(words, here), name=name, language=Language.OTHER)
        return [Process(steps, entry)]
    file = _file(rest[0], here.cwd, around)
    if file is None:
        step = Step(StepKind.SCRIPT, rest[0].text or rest[0].written, words[0].location, False, OnSigterm.UNKNOWN)
        return [Process((*steps, step), _unknown_entry(rest, here))]
    return _script(file, rest, steps, here, around, depth)


def _shell_text(
    name: str, rest: tuple[Word, ...], steps: tuple[Step, ...], here: _Here, around: Surroundings, depth: int
) -> list[Process] | None:
    text = rest[0]
    source = text.text if text.text is not None else text.written
    script = parse_shell_text(source, text.location, around.lines.get(text.location, ()))
    # The words after the text are $0, $1 and on.
    variables = replace(here.variables, parameters=rest[2:])
    flow = Flow(dict(script.functions), lambda path, cwd: _sourced(path, cwd, around))
    ends = flow.ends(script.body, variables, here.cwd)
    if ends is None:
        return None
    kind = _SHELLS[name] or around.shell
    chains: list[Process] = []
    for end in ends:
        replaced, on_sigterm = _text_step(kind, end)
        step = Step(
            StepKind.SHELL,
            name,
            text.location,
            replaced,
            on_sigterm,
            how=end.how,
            start=end.location,
            commands=end.ran,
        )
        further = _after(end, (*steps, step), here, around, depth)
        if further is None:
            return None
        chains.extend(further)
    return chains if len(chains) <= _MOST else None


def _text_step(kind: str | None, end: End) -> tuple[bool, OnSigterm]:
    """Whether a shell with ``-c`` is replaced by the command it ends in, and what it does with SIGTERM if not.

    Measured: dash as Debian builds it never replaces itself; bash and BusyBox do for a plain last command, BusyBox
    also for one with redirections and for one in an ``if``.
    """
    if end.how == "exec":
        return True, OnSigterm.DROPS
    if end.how == "background" and end.forwards:
        return False, OnSigterm.FORWARDS
    if end.how != "foreground" or not end.position or kind == "dash":
        return False, OnSigterm.DROPS
    if kind is None:
        return False, OnSigterm.UNKNOWN
    if kind == "bash" and end.position != "last":
        return False, OnSigterm.DROPS
    return True, OnSigterm.DROPS


def _script(
    file: str, words: tuple[Word, ...], steps: tuple[Step, ...], here: _Here, around: Surroundings, depth: int
) -> list[Process] | None:
    script = around.artifacts.script(file)
    if script is None:
        return [Process(steps, _unknown_entry(words, here))]
    variables = replace(here.variables, parameters=words[1:])
    flow = Flow(dict(script.functions), lambda path, cwd: _sourced(path, cwd, around))
    ends = flow.ends(script.body, variables, here.cwd)
    if ends is None:
        return None
    chains: list[Process] = []
    for end in ends:
        forwards = end.how == "background" and end.forwards
        step = Step(
            StepKind.SCRIPT,
            file,
            words[0].location,
            end.how == "exec",
            OnSigterm.FORWARDS if forwards else OnSigterm.DROPS,
            how=end.how,
            start=end.location,
            commands=end.ran,
        )
        further = _after(end, (*steps, step), here, around, depth)
        if further is None:
            return None
        chains.extend(further)
    return chains if len(chains) <= _MOST else None


def _after(end: End, steps: tuple[Step, ...], here: _Here, around: Surroundings, depth: int) -> list[Process] | None:
    variables = here.variables
    for name, value in end.exports:
        variables = variables.having(name, value)
    inner = _Here(variables, end.cwd, (*here.exports, *end.exports))
    if not end.words:
        entry = replace(_unknown_entry((), inner), location=end.location, finite=None)
        return [Process(steps, entry)]
    return _follow(end.words, steps, inner, around, depth + 1)


def _sourced(path: str, cwd: str, around: Surroundings) -> ShellScript | None:
    word = Word(path, whole_file(path), path)
    file = _file(word, cwd, around)
    return around.artifacts.script(file) if file is not None else None


def _file(word: Word, cwd: str, around: Surroundings) -> str | None:
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


def _unknown_entry(words: tuple[Word, ...], here: _Here) -> Entry:
    name = (words[0].text or words[0].written) if words else "?"
    location = words[0].location if words else Location("", 1, 1, 1, 1)
    return Entry(
        name, Language.UNKNOWN, words, location, unknown("the program is not known"), cwd=here.cwd, exports=here.exports
    )


def _entry(words: tuple[Word, ...], here: _Here, around: Surroundings) -> Entry:
    found = recognise(words)
    python = interpreter(words)
    name = program_name(words[0])
    entry = replace(_unknown_entry(words, here), finite=found.finite)
    if python is not None:
        entry = replace(
            entry,
            unbuffered_flag="u" in python.flags,
            ignores_environment="E" in python.flags or "I" in python.flags,
        )
    if found.server is not None:
        return _server(entry, found, here, around)
    if python is not None:
        return _python(entry, python, found, here, around)
    if name in ("manage.py", "django-admin") or (words[0].text or "").endswith(".py"):
        module = _module_file(words[0], here, around)
        return replace(entry, name=_django_name(found) or name, language=Language.PYTHON, module=module)
    script = next((one for one in around.scripts if one.name == name), None)
    if script is not None:
        path = around.modules.find(script.module, (script.folder, posixpath.join(script.folder, "src")))
        place = Place(words[0].location, f"{name} is a console script of the project: {script.module}")
        module = known(path, place) if path else unknown(f"module {script.module} is not in the repository")
        return replace(entry, name=name, language=Language.PYTHON, module=module)
    file = _file(words[0], here.cwd, around)
    if file is not None and re.match(rb"#!.*\bpython", around.artifacts.files[file].data[:128]):
        place = Place(words[0].location, f"{file} in the image")
        return replace(entry, name=file, language=Language.PYTHON, module=known(file, place))
    if found.finite is not None or name in ("node", "java", "nginx", "redis-server", "postgres", "php-fpm", "httpd"):
        return replace(entry, language=Language.OTHER)
    return entry


def _django_name(found: Recognised) -> str:
    command = next((word.text for word in found.words[1:] if word.text and not word.text.startswith("-")), "")
    return f"manage.py {command}".strip()


def _server(entry: Entry, found: Recognised, here: _Here, around: Surroundings) -> Entry:
    server = found.server or ""
    target = _app_target(server, found.words)
    module: Fact[str] = absent()
    if target is not None:
        module = _dotted(target, _app_folders(entry, found, here), around)
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
            word for word in words[1:] if word.text and re.fullmatch(r"[A-Za-z_][\w.]*:[\w.]+(\(.*\))?", word.text)
        ]
        return targets[-1] if targets else None
    if server == "celery":
        bare = Entry("", Language.PYTHON, words, words[0].location, absent())
        return bare.option("-A", "--app")
    if server in ("streamlit", "fastapi"):
        return next((word for word in words[1:] if word.text and word.text.endswith(".py")), None)
    if server == "kopf":
        return next((word for word in words[1:] if word.text and word.text.endswith(".py")), None)
    return None


def _app_folders(entry: Entry, found: Recognised, here: _Here) -> tuple[str, ...]:
    bare = replace(entry, words=found.words)
    option = bare.option("--chdir", "--app-dir", "--workdir")
    if option is not None and option.text is not None:
        return (absolute(option.text, here.cwd), here.cwd)
    return (here.cwd,)


def _dotted(target: Word, cwds: tuple[str, ...], around: Surroundings) -> Fact[str]:
    if target.text is None:
        return unknown(f"{target.written} is not known")
    if target.text.endswith(".py"):
        return _module_file(target, _Here(Variables({}, False, None), cwds[0]), around)
    dotted = target.text.split(":", 1)[0]
    path = around.modules.find(dotted, _roots(cwds, around))
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


def _module_file(word: Word, here: _Here, around: Surroundings) -> Fact[str]:
    if word.text is None:
        return unknown(f"{word.written} is not known")
    if around.image is not None:
        path = in_repository(around.image, absolute(word.text, here.cwd))
        if path is None and around.clones:
            path = _same_path(word.text, here.cwd, around)
        if path is not None:
            return known(path, Place(word.location, f"{word.text} is {path}"))
    return unknown(f"{word.text} is not among the files that the repository puts into the image")


def _python(entry: Entry, python: Interpreter, found: Recognised, here: _Here, around: Surroundings) -> Entry:
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
        path = around.modules.find(f"{text}.__main__", roots, anywhere="." in text) or around.modules.find(text, roots)
        if path is not None and target.text is not None:
            module = known(path, Place(target.location, f"python -m {text} is {path}"))
        return replace(entry, name=f"python -m {text}", module=module)
    module = _module_file(target, here, around)
    name = posixpath.basename(target.text) if target.text else target.written
    if name == "manage.py":
        name = _django_name(found)
    return replace(entry, name=name, module=module)
