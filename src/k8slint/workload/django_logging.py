"""Where a Django program's unhandled errors go: whether a traceback reaches the container's output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from k8slint.fact import Fact
from k8slint.location import Location
from k8slint.models.python import Expr, PythonFile
from k8slint.workload.django import setting, settings_module
from k8slint.workload.knowledge import django_rows
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.values import value
from k8slint.workload.workload import Workload

_LOGGERS = ("django", "django.request")


@dataclass(frozen=True, slots=True)
class SilentErrors:
    """A program whose tracebacks go nowhere: ``location`` is LOGGING where there is one, else DEBUG, else the settings.

    ``has_logging`` tells whether LOGGING is set, ``mails`` whether ADMINS may hold somebody to write to.
    """

    settings: str
    location: Location
    has_logging: bool
    mails: bool


def silent_errors(workload: Workload) -> Iterator[SilentErrors]:
    """The Django programs of a workload that run with DEBUG off and print nothing of an exception in a view.

    Django's own configuration prints errors only while DEBUG is on, and else mails them:
    https://docs.djangoproject.com/en/stable/ref/logging/#default-logging-configuration
    """
    for process, program in workload.programs():
        if process is not None and _serves(process, program) and not _has_log_options(workload, process):
            found = _judge(workload, process, program)
            if found is not None:
                yield found


def _serves(process: Process, program: Program) -> bool:
    rows = django_rows()
    text = program.entry.source.text
    is_django = "get_wsgi_application" in text or "get_asgi_application" in text
    wrapped = any(step.name in rows["reporters"]["wrappers"] for step in process.steps)
    return is_django and not wrapped and process.entry.server in rows["servers"]["names"]


def _has_log_options(workload: Workload, process: Process) -> bool:
    """Whether the server is told to configure logging itself, for the program too."""
    options = django_rows()["servers"]["options"]
    if any((word.text or "?").startswith((*options, "?")) for word in process.entry.words):
        return True
    settings = workload.settings(process)
    return settings is not None and any(word in settings.source.text for word in ("logconfig", "logger_class", "root"))


def _judge(workload: Workload, process: Process, program: Program) -> SilentErrors | None:
    dotted = settings_module(program, workload.environment, process)
    if not dotted.is_known:
        return None

    def read(name: str) -> Fact[tuple[PythonFile, Expr, Location]]:
        return setting(program, dotted.value, name)

    def variable(name: str) -> Fact[str]:
        return workload.environment.get(name, process)

    debug, logging, file = read("DEBUG"), read("LOGGING"), program.find(dotted.value)
    if file is None or debug.is_unknown or logging.is_unknown or not read("LOGGING_CONFIG").is_absent:
        return None
    if debug.is_known:
        module, expression, _ = debug.value
        in_effect = value(module, expression, "", variable)
        if not in_effect.is_known or in_effect.value not in (False, 0):
            return None
    if logging.is_known and not _hides(logging.value[1]):
        return None
    if _reports_elsewhere(program, dotted.value):
        return None
    admins = read("ADMINS")
    mails = not admins.is_absent and not (admins.is_known and not admins.value[1].args)
    place = next((one.value[2] for one in (logging, debug) if one.is_known), file.source.line_span(1))
    return SilentErrors(file.path, place, logging.is_known, mails)


def _reports_elsewhere(program: Program, dotted: str) -> bool:
    """Whether any module of the program, or of the settings' package, mentions what reports or prints errors."""
    words = django_rows()["reporters"]["words"]
    package = dotted.rpartition(".")[0]
    near = (program.find(name) for name in (dotted, package, f"{package}.base", f"{package}.urls"))
    files = (*program.modules, *(one for one in near if one is not None))
    return not program.complete or any(word in one.source.text for one in files for word in words)


def _hides(logging: Expr) -> bool:
    """Whether LOGGING is sure to print no error of Django: none of its handlers for them writes to a stream."""
    if logging.kind != "dict" or logging.args:
        return False
    loggers = _part(logging, "loggers")
    sources = [_part(logging, "root")]
    for name in ("", *_LOGGERS):
        sources.append(_part(loggers, name) if loggers is not None else None)
    if loggers is not None and (loggers.kind != "dict" or loggers.args):
        return False
    for source in sources:
        names = _handler_names(source)
        if names is None or not all(_is_hidden(logging, name) for name in names):
            return False
    return True


def _part(expression: Expr | None, key: str) -> Expr | None:
    return next((one for name, one in expression.keywords if name == key), None) if expression is not None else None


def _handler_names(logger: Expr | None) -> Sequence[str] | None:
    """The handlers of a logger; none where there is no logger, None where they cannot be told."""
    if logger is None:
        return ()
    handlers = _part(logger, "handlers")
    if logger.kind != "dict" or logger.args:
        return None
    if handlers is None:
        return ()
    names = [one.value for one in handlers.args if one.kind == "const" and isinstance(one.value, str)]
    return names if handlers.kind in ("list", "tuple") and len(names) == len(handlers.args) else None


def _is_hidden(logging: Expr, name: str) -> bool:
    rows = django_rows()["handlers"]
    handler = _part(_part(logging, "handlers"), name)
    kind = _part(handler, "class")
    if handler is None or kind is None or not isinstance(kind.value, str):
        return False
    if kind.value in rows["hidden"]:
        return True
    filters = _part(handler, "filters")
    if kind.value not in rows["stream"] or filters is None:
        return False
    classes = [_part(_part(_part(logging, "filters"), str(one.value)), "()") for one in filters.args]
    return any(one is not None and one.value in rows["debug_filter"] for one in classes)
