"""Which program a command line starts: a server, a Python program, something that ends by itself, something else."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from k8slint.regex import regex
from k8slint.workload.knowledge import programs, stopping
from k8slint.workload.process import Word
from k8slint.workload.wrappers import peel, program_name

_PYTHON = regex(r"^(python|pypy)[\d.]*t?$")
_INTERPRETER_OPTIONS_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")
_LONG_CELERY = ("worker", "beat", "flower", "events")


class Interpreter(Struct, frozen=True):
    """A Python command line taken apart. ``kind`` is "file", "module", "code" or "none" (an interactive shell)."""

    kind: str
    target: Word | None
    words: tuple[Word, ...]
    """What follows the interpreter's options: target first."""
    flags: str
    """The single letters of the interpreter's options, such as "uO"."""
    extras: tuple[str, ...] = ()
    """The values of its ``-X`` options."""


def is_python_interpreter(name: str) -> bool:
    return _PYTHON.match(name) is not None


def interpreter(words: tuple[Word, ...]) -> Interpreter | None:
    """Take a ``python ...`` command line apart; None where it is none."""
    if not words or not is_python_interpreter(program_name(words[0])):
        return None
    flags = ""
    extras: tuple[str, ...] = ()
    index = 1
    while index < len(words):
        text = words[index].text
        if text is None:
            return Interpreter("file", words[index], words[index:], flags, extras)
        if text in _INTERPRETER_OPTIONS_WITH_VALUE:
            extras += tuple(word.text or word.written for word in words[index + 1 : index + 2] if text == "-X")
            index += 2
            continue
        if text.startswith("--") or text == "-":
            index += 1
            continue
        if not text.startswith("-"):
            return Interpreter("file", words[index], words[index:], flags, extras)
        letters = text[1:]
        for ending, kind in (("m", "module"), ("c", "code")):
            if ending in letters and not letters.startswith(("X", "W")):
                before, _, after = letters.partition(ending)
                if after:
                    target = Word(after, words[index].location, after)
                    return Interpreter(kind, target, (target, *words[index + 1 :]), flags + before, extras)
                target_words = words[index + 1 :]
                target_or_none = target_words[0] if target_words else None
                return Interpreter(kind, target_or_none, target_words, flags + before, extras)
        if letters.startswith("X"):
            extras += (letters[1:],)
        elif not letters.startswith("W"):
            flags += letters
        index += 1
    return Interpreter("none", None, (), flags, extras)


class Recognised(Struct, frozen=True):
    """What a command line is known to be.

    ``server`` is the row of the table of servers, None for anything else; ``finite`` True for a program that ends by
    itself, False for one that stays up, None where that is not known.
    """

    server: str | None
    row: dict[str, Any]
    finite: bool | None
    words: tuple[Word, ...]


def recognise(words: tuple[Word, ...]) -> Recognised:
    """Look a command line up, behind its inits, wrappers and ``python -m``."""
    for _ in range(8):
        peeled = peel(words)
        if peeled is None or peeled.opaque or peeled.shell_text is not None:
            break
        words = peeled.words
    python = interpreter(words)
    if python is not None:
        return _python_program(python)
    if not words:
        return Recognised(None, {}, None, words)
    name = program_name(words[0])
    table = programs()
    if name in ("manage.py", "django-admin"):
        return _django(words)
    if name in table["servers"]:
        return _server(name, words)
    if name == "sleep" and len(words) > 1 and words[1].text == "infinity":
        return Recognised(None, {}, False, words)
    if name == "tail" and any(word.text is not None and word.text.startswith("-f") for word in words):
        return Recognised(None, {}, False, words)
    if name in table["finite"]["programs"]:
        return Recognised(None, {}, True, words)
    return Recognised(None, {}, None, words)


def _python_program(python: Interpreter) -> Recognised:
    if python.target is None or python.target.text is None:
        return Recognised(None, {}, None, python.words)
    target = python.target.text
    if python.kind == "module":
        name = target.removesuffix(".__main__")
        if name in programs()["servers"]:
            return _server(name, python.words)
        if name in ("http.server", "SimpleHTTPServer", "wsgiref.simple_server"):
            return Recognised("http.server", {"sigterm": "ignores", "serves": True}, False, python.words)
        if name == "django":
            return _django(python.words)
        if name in programs()["finite"]["python_modules"]:
            return Recognised(None, {}, True, python.words)
    if python.kind == "file" and program_name(python.target) in ("manage.py", "django-admin"):
        return _django(python.words)
    if python.kind == "file" and program_name(python.target) in programs()["servers"]:
        return _server(program_name(python.target), python.words)
    return Recognised(None, {}, None, python.words)


def _server(name: str, words: tuple[Word, ...]) -> Recognised:
    row = programs()["servers"][name]
    texts = [word.text for word in words[1:]]
    if name == "celery":
        command = next((text for text in texts if text in _LONG_CELERY), None)
        others = ("inspect", "control", "purge", "status", "call", "result", "migrate", "shell", "upgrade", "report")
        if command is None and any(text in others for text in texts):
            return Recognised(None, {}, True, words)
    if name == "flask" and "run" not in texts:
        return Recognised(None, {}, True if None not in texts else None, words)
    if background(name, words) is not None:
        return Recognised(name, row, True, words)
    if name in ("airflow", "prefect", "mlflow", "dagster", "ray", "dask", "jupyter", "rq"):
        return Recognised(name, row, None, words)
    return Recognised(name, row, False, words)


def background(server: str, words: tuple[Word, ...]) -> tuple[Word, str] | None:
    """The word, and the text, that makes a server a daemon: what started it ends at once."""
    row = stopping()["daemons"].get(server)
    if row is None:
        return None
    for word in words[1:]:
        if word.text is not None and word.text.partition("=")[0] in row["options"]:
            return word, word.text
    wanted = row.get("words", [])
    for index, word in enumerate(words) if wanted else ():
        if [one.text for one in words[index : index + len(wanted)]] == wanted:
            return word, " ".join(wanted)
    return None


def _django(words: tuple[Word, ...]) -> Recognised:
    table = programs()["django_commands"]
    command = next((word.text for word in words[1:] if word.text and not word.text.startswith("-")), None)
    if command in table["_finite"]:
        return Recognised(None, {}, True, words)
    row = table.get(command) if command is not None and not command.startswith("_") else None
    if row is None:
        return Recognised(None, {}, None, words)
    texts = {word.text for word in words}
    ignores = any(flag in texts for flag in row["ignores_with"])
    return Recognised(f"manage.py {command}", {**row, "sigterm": "ignores" if ignores else "handles"}, False, words)


def handles_sigterm(found: Recognised) -> bool | None:
    """Whether a recognised server ends cleanly on SIGTERM as PID 1; None where that is not known."""
    row = found.row
    texts = [word.text or word.written for word in found.words]
    if row.get("sigterm") == "handles":
        return True
    if row.get("sigterm") != "ignores":
        return None
    if any(flag in texts for flag in row.get("unless", [])):
        return True
    if row.get("unless") and any(word.text is None for word in found.words):
        return None  # A word that is filled in later may be the option.
    if row.get("only_with") and not any(text.partition("=")[0] in row["only_with"] for text in texts):
        return None  # Without it the signal ends the server at once: neither cleanly nor not at all.
    if any(text.startswith(sign) or text.endswith(sign) for text in texts for sign in row.get("configured", [])):
        return None
    return False
