"""Which module of the project a server's command line names as its application."""

from __future__ import annotations

import posixpath
from itertools import pairwise

from msgspec.structs import replace

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.regex import regex
from k8slint.workload.image_files import absolute, folders_in_repository, in_repository
from k8slint.workload.process import Entry, Language, Word
from k8slint.workload.recognise import Recognised
from k8slint.workload.shell_words import Variables
from k8slint.workload.surroundings import Here, Surroundings, module_file

_EXPECTS_APP = ("gunicorn", "uvicorn", "hypercorn", "granian", "daphne", "waitress-serve")
_APP = regex(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?")
_MODULE = regex(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def app_module(server: str, entry: Entry, found: Recognised, here: Here, around: Surroundings) -> Fact[str]:
    """The file of that module; absent for a server that has none."""
    folders = _app_folders(entry, found, here)
    target = _app_target(server, found.words)
    if target is None and server == "gunicorn":
        target = _app_without_attribute(found.words, roots_of(folders, around), around)
    if target is not None and server == "celery":
        return _celery_app(target, roots_of(folders, around), around)
    if target is not None:
        return _dotted(target, folders, around)
    if server == "http.server":
        return absent()
    if server.startswith("manage.py") and found.words:
        return module_file(found.words[0], here, around)
    return unknown(f"the command line of {server} does not name the project's code")


def _app_target(server: str, words: tuple[Word, ...]) -> Word | None:
    if server in _EXPECTS_APP:
        targets = [
            word
            for before, word in pairwise(words)
            if word.text and _APP.fullmatch(word.text) and before.text not in ("-b", "--bind")
        ]
        return targets[-1] if targets else None
    if server in ("streamlit", "fastapi", "kopf"):
        return next((word for word in words[1:] if word.text and word.text.endswith(".py")), None)
    bare = Entry("", Language.PYTHON, words, words[0].location, absent())
    if server == "uwsgi":
        return bare.option("--module", "--wsgi", "-w", "--wsgi-file", "--file")
    if server == "locust":
        return bare.option("-f", "--locustfile") or Word("locustfile.py", words[0].location, "locustfile.py")
    return bare.option("-A", "--app") if server in ("celery", "flask") else None


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
        return module_file(target, Here(Variables({}, False, None), cwds[0]), around)
    path = in_image((target.text or "").split(":", 1)[0], cwds, around)
    if path is not None:
        return known(path, Place(target.location, f"{target.text} is {path}"))
    return _dotted_in(target, roots_of(cwds, around), around)


def _dotted_in(target: Word, roots: tuple[str, ...], around: Surroundings) -> Fact[str]:
    if target.text is None:
        return unknown(f"{target.written} is not known")
    dotted = target.text.split(":", 1)[0]
    path = around.modules.find(dotted, roots)
    if path is None:
        return unknown(f"module {dotted} is not in the repository")
    return known(path, Place(target.location, f"{target.text} is {path}"))


def in_image(dotted: str, cwds: tuple[str, ...], around: Surroundings) -> str | None:
    """The file that stands where the interpreter looks for a module, whatever it is called in the repository."""
    if around.image is None or not _MODULE.fullmatch(dotted):
        return None
    tail = dotted.replace(".", "/")
    candidates = (absolute(f"{tail}{ending}", cwd) for cwd in cwds for ending in ("/__init__.py", ".py"))
    return next((found for one in candidates if (found := in_repository(around.image, one)) is not None), None)


def roots_of(cwds: tuple[str, ...], around: Surroundings) -> tuple[str, ...]:
    """The folders of the repository in which the interpreter looks for modules, started in one of ``cwds``."""
    if around.image is None:
        return ("", "src", "app")
    folders: list[str] = []
    for cwd in cwds:
        folders.extend(folders_in_repository(around.image, cwd))
    context = around.image.context
    own = posixpath.dirname(around.image.dockerfile.path)
    return tuple(dict.fromkeys((*folders, context, posixpath.join(context, "src"), own)))
