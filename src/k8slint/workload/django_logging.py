"""Whether an error in a view of Django leaves a trace in the container's log."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location, whole_file
from k8slint.models.python import Expr, PythonFile
from k8slint.regex import regex
from k8slint.workload.django import setting, settings_module
from k8slint.workload.knowledge import django_rows
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.values import value as value_of
from k8slint.workload.workload import Workload

_REQUEST = "django.request"
_MODULE = regex(r"""["']([A-Za-z_]\w*(?:\.\w+)*)["']""")
_MOST_MODULES = 300


class HiddenErrors(Struct, frozen=True):
    """Settings with which Django prints no error: ``path`` is their module, ``location`` the place to mend.

    ``why`` is "none" where LOGGING is not set, "unheard" where it gives the loggers of Django no handler that prints
    with DEBUG off, "disabled" where its ``disable_existing_loggers`` turns them off.
    """

    path: str
    location: Location
    why: str


def hidden_errors(workload: Workload) -> Iterator[tuple[Process, HiddenErrors]]:
    """The processes that serve Django with DEBUG off and have nobody print the traceback of a 500."""
    for process, program in workload.programs():
        if process is None or not _leaves_root_alone(workload, process):
            continue
        text = program.entry.source.text
        if "get_wsgi_application" not in text and "get_asgi_application" not in text:
            continue
        dotted = settings_module(program, workload.environment, process)
        found = _hidden(workload, process, program, dotted.value) if dotted.is_known else None
        if found is not None:
            yield process, found


def _leaves_root_alone(workload: Workload, process: Process) -> bool:
    """Whether the server, and what stands in front of it, is known to give the root logger no handler."""
    table = django_rows()
    row = table["servers"].get(process.entry.server)
    if row is None or process.entry.may_have_more_options():
        return False
    if any(step.name in table["wrappers"]["names"] for step in process.steps):
        return False
    if process.entry.option(*row["options"]) is not None:
        return False
    if any(not workload.environment.get(name, process).is_absent for name in row.get("variables", ())):
        return False
    file = workload.settings(process)
    if file is not None:
        return not any(word in file.source.text for word in row.get("words", ()))
    return process.entry.server != "gunicorn" or process.entry.option("-c", "--config") is None


def _hidden(workload: Workload, process: Process, program: Program, dotted: str) -> HiddenErrors | None:
    home = program.find(dotted)
    if home is None or not _debug_is_off(workload, process, program, dotted) or not _mails_nobody(program, dotted):
        return None
    logging = setting(program, dotted, "LOGGING")
    if logging.is_unknown or _may_report(program, dotted):
        return None
    if logging.is_absent:
        debug = setting(program, dotted, "DEBUG")
        return HiddenErrors(home.path, debug.value[2] if debug.is_known else whole_file(home.path), "none")
    module, value, location = logging.value
    why = _fault(module, value)
    return HiddenErrors(module.path, location, why) if why else None


def _debug_is_off(workload: Workload, process: Process, program: Program, dotted: str) -> bool:
    found = setting(program, dotted, "DEBUG")
    if not found.is_known:
        return found.is_absent  # Django's own default.
    module, value, _ = found.value
    came_to = value_of(module, value, "", lambda name: workload.environment.get(name, process))
    return came_to.is_known and came_to.value in (False, 0, None, "")


def _mails_nobody(program: Program, dotted: str) -> bool:
    admins = setting(program, dotted, "ADMINS")
    return admins.is_absent or (
        admins.is_known and admins.value[1].kind in ("list", "tuple") and not admins.value[1].args
    )


def _may_report(program: Program, dotted: str) -> bool:
    """Whether a module that runs, or that the settings name, prints or reports errors in a way of its own."""
    words = django_rows()["reports"]["words"]
    return any(any(word in module.source.text for word in words) for module in _running(program, dotted))


def _running(program: Program, dotted: str) -> Iterator[PythonFile]:
    """The program's modules, its settings, and the modules of the project that any of them names in a text."""
    home = program.find(dotted)
    waiting = [*program.modules, *([home] if home is not None else [])]
    seen: set[str] = set()
    while waiting and len(seen) < _MOST_MODULES:
        module = waiting.pop()
        if module.path in seen:
            continue
        seen.add(module.path)
        yield module
        waiting.extend(_named(program, module))


def _named(program: Program, module: PythonFile) -> Iterator[PythonFile]:
    package = module.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    names = [name for name in _MODULE.findall(module.source.text) if "." in name or len(name) > 2]
    for one in module.imports:
        up = package.split(".")[: -one.level or None] if one.level else []
        names.append(".".join(part for part in (*up, one.module) if part))
    for name in dict.fromkeys(names):
        for dotted in (name, f"{name}.apps", name.rpartition(".")[0]):
            found = program.find(dotted) if dotted else None
            if found is not None:
                yield found


def _fault(module: PythonFile, value: Expr) -> str:
    """What is wrong with a LOGGING, "" where it prints errors or may do so."""
    config = _dict(module, value)
    if config is None or "incremental" in config:
        return ""
    loggers, handlers = _dict(module, config.get("loggers")), _dict(module, config.get("handlers"))
    if loggers is None or handlers is None:
        return ""
    existing = config.get("disable_existing_loggers")
    if existing is not None and existing.kind != "const":
        return ""
    is_disabling = existing is None or bool(existing.value)
    if is_disabling and _REQUEST not in loggers and "django" not in loggers:
        return "disabled"
    return _unheard(module, config, loggers, handlers)


def _unheard(module: PythonFile, config: dict[str, Expr], loggers: dict[str, Expr], handlers: dict[str, Expr]) -> str:
    """Follows a record of ``django.request`` up to the root, as far as the loggers pass it on."""
    for name in (_REQUEST, "django", ""):
        written = loggers.get(name) if name else config.get("root", loggers.get("", loggers.get("root")))
        logger = _dict(module, written)
        if logger is None:
            return ""
        names = module.resolve(logger["handlers"], "") if "handlers" in logger else None
        if names is not None and (names.kind not in ("list", "tuple") or not _all_silent(module, names, handlers)):
            return ""
        passes_on = logger.get("propagate")
        if passes_on is not None and passes_on.kind != "const":
            return ""
        if passes_on is not None and not passes_on.value and name:
            break
    return "unheard"


def _all_silent(module: PythonFile, names: Expr, handlers: dict[str, Expr]) -> bool:
    table = django_rows()["handlers"]
    for name in names.args:
        handler = _dict(module, handlers.get(str(name.value))) if name.kind == "const" else None
        if not handler:
            return False
        kind = handler.get("class")
        if kind is not None and kind.value in table["silent"]:
            continue
        filters = module.resolve(handler["filters"], "") if "filters" in handler else None
        listed = [one.value for one in filters.args] if filters is not None else []
        if not any(one == "require_debug_true" or one in table["debug_filters"] for one in listed):
            return False
    return True


def _dict(module: PythonFile, value: Expr | None) -> dict[str, Expr] | None:
    """The entries of a dict that is written out, empty where there is none; None where it cannot be read in full."""
    if value is None:
        return {}
    found = module.resolve(value, "")
    return dict(found.keywords) if found.kind == "dict" and not found.args else None
