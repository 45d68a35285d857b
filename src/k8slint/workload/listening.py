"""Which addresses a process listens on, from its command line, settings, environment and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from k8slint.fact import Fact, known, unknown
from k8slint.location import Location
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.regex import regex
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import listening_table
from k8slint.workload.process import Process, Word
from k8slint.workload.values import Lookup, value
from k8slint.workload.workload import Workload

_LOOPBACK = regex(r"localhost|127(\.\d{1,3}){3}|\[?::1\]?", re.IGNORECASE)
_NOT_TCP = ("unix:", "fd:", "/")


class Listener(Struct, frozen=True):
    """One address: ``host`` is "" for all interfaces, ``port`` None where it is not known.

    ``what`` listens, by its name; ``is_default`` tells that nothing sets the address; ``fix`` is what would.
    """

    what: str
    host: Fact[str]
    port: int | None
    location: Location
    is_default: bool
    fix: str

    @property
    def is_loopback(self) -> bool:
        """Whether only the pod itself can connect."""
        return self.host.is_known and _LOOPBACK.fullmatch(self.host.value) is not None


def listening_calls() -> tuple[str, ...]:
    """The names of all calls that listen."""
    return tuple(listening_table()["calls"])


def listeners(workload: Workload, process: Process) -> tuple[Listener, ...]:
    """Everything that is seen to listen in a process; nothing where the program is not known."""
    entry = process.entry
    row = listening_table()["servers"].get(entry.server)
    if row is not None:
        return tuple(_of_server(workload, process, row))
    if entry.server and not entry.server.startswith("manage.py"):
        return ()
    program = workload.program(process)
    if not program.is_known:
        return ()
    found = []
    for name, call_row in listening_table()["calls"].items():
        for module, call in program.value.calls(name):
            if program.value.reaches(module, call.scope):
                found.append(_of_call(workload, process, module, call, call_row))
    return tuple(found)


def _of_server(workload: Workload, process: Process, row: dict[str, Any]) -> Iterator[Listener]:
    entry = process.entry
    texts = [word.text for word in entry.words]
    if "only_with" in row and not any(text in row["only_with"] for text in texts):
        return
    base = Listener(entry.server, unknown("it is set elsewhere"), None, entry.location, False, row["fix"])
    if entry.option(*row.get("elsewhere", ())) is not None or "--bind_all" in texts:
        yield base
    elif entry.server == "gunicorn":
        yield from _of_gunicorn(workload, process, base, row)
    elif row.get("address"):
        yield _of_runserver(process, base, row)
    elif binds := list(entry.options(*row.get("bind", ()))):
        yield from (_bound(replace(base, location=word.location), _template(word), row) for word in binds)
    elif hosts := list(entry.options(*row.get("host", ()))):
        host: Fact[str] = unknown("it is filled in later") if hosts[-1].text is None else known(hosts[-1].text)
        yield replace(base, host=host, port=_port(workload, process, row), location=hosts[-1].location)
    elif entry.may_have_more_options():
        yield base
    else:
        yield _default(workload, process, base, row, _port(workload, process, row), texts)


def _default(
    workload: Workload, process: Process, base: Listener, row: dict[str, Any], port: int | None, texts: list[str | None]
) -> Listener:
    """What counts where no option sets the address: a variable that the server reads, else its default."""
    if any(text in row.get("all_with", ()) for text in texts):
        return replace(base, host=known(""), port=port, is_default=True)
    variable = row.get("host_env")
    if variable is not None:
        found = workload.environment.get(variable, process)
        if not found.is_absent:
            location = found.places[0].location if found.places else base.location
            return replace(base, host=found, port=port, location=location, fix=f"{variable}=0.0.0.0")
    if "default" not in row:
        return base
    return replace(base, host=known(row["default"]), port=port, is_default=True)


def _port(workload: Workload, process: Process, row: dict[str, Any]) -> int | None:
    words = list(process.entry.options(*row.get("port", ())))
    if words:
        return _number(words[-1].text)
    variable = workload.environment.get(row["port_env"], process) if "port_env" in row else None
    if variable is not None and not variable.is_absent:
        return _number(variable.value) if variable.is_known else None
    return row.get("default_port")


def _of_gunicorn(workload: Workload, process: Process, base: Listener, row: dict[str, Any]) -> Iterator[Listener]:
    setting = gunicorn_settings(workload, process).words("bind", *row["bind"])
    if setting.is_known:
        yield from (_bound(replace(base, location=word.location), _template(word), row) for word in setting.value)
        return
    port = workload.environment.get("PORT", process)
    if setting.is_unknown or port.is_unknown:
        yield base
    elif port.is_known:
        yield replace(base, host=known(""), port=_number(port.value))
    else:
        yield replace(base, host=known(row["default"]), port=row["default_port"], is_default=True)


def _of_runserver(process: Process, base: Listener, row: dict[str, Any]) -> Listener:
    words = process.entry.words
    at = next((index for index, word in enumerate(words) if word.text in ("runserver", "runserver_plus")), len(words))
    for before, word in zip(words[at:], words[at + 1 :], strict=False):
        template = _template(word)
        is_value = (before.text or "").startswith("-") and "=" not in (before.text or "")
        if template.startswith("-") or (
            is_value and before.text not in ("--noreload", "--insecure", "--nothreading", "-6")
        ):
            continue
        host, separator, port = template.rpartition(":")
        if "$" in (host if separator else template):
            return base
        if not separator:
            return replace(base, host=known(row["default"]), port=_number(port), location=word.location)
        return replace(base, host=known("" if host == "0" else host), port=_number(port), location=word.location)
    return replace(base, host=known(row["default"]), port=row["default_port"], is_default=True)


def _of_call(workload: Workload, process: Process, module: PythonFile, call: Call, row: dict[str, Any]) -> Listener:
    name = call.name.lstrip(".")
    base = Listener(f"{name}()", unknown("it is set elsewhere"), None, call.location, False, row["fix"])
    keywords = dict(call.keywords)
    if (
        "**" in keywords
        or any(one.value == "*" for one in call.args)
        or any(k in keywords for k in row.get("elsewhere", ()))
    ):
        return base
    if "unless_mentioned" in row and row["unless_mentioned"] in module.source.text:
        return base

    def given(kind: str) -> Fact[object] | None:
        expr = _argument(call, row.get(kind, ()))
        return value(module, expr, call.scope, lambda one: workload.environment.get(one, process)) if expr else None

    port = given("port")
    number = row.get("default_port") if port is None else _number(port.or_else(None))
    if (bind := given("bind")) is not None:
        return _bound(base, str(bind.value), row) if bind.is_known else base
    if (expr := _argument(call, row.get("address", ()))) is not None:
        return _of_address(base, module, call, expr, lambda one: workload.environment.get(one, process))
    host = given("host")
    if host is not None and not (host.is_known and host.value is None):
        return replace(base, host=known(str(host.value)) if host.is_known else unknown(host.reason), port=number)
    return _default(workload, process, base, row, number, [])


def _of_address(base: Listener, module: PythonFile, call: Call, expr: Expr, lookup: Lookup) -> Listener:
    """``(host, port)``; the port may be unknown without the host being so."""
    pair = module.resolve(expr, call.scope)
    if pair.kind != "tuple" or len(pair.args) < 2:
        return base
    host, port = (value(module, part, call.scope, lookup) for part in pair.args[:2])
    return replace(base, host=known(str(host.value)), port=_number(port.or_else(None))) if host.is_known else base


def _argument(call: Call, names: tuple[str | int, ...]) -> Expr | None:
    for name in names:
        found = call.keyword(name) if isinstance(name, str) else call.args[name] if len(call.args) > name else None
        if found is not None:
            return found
    return None


def _bound(base: Listener, value: str, row: dict[str, Any]) -> Listener:
    """``host:port`` in one word."""
    if value.startswith(_NOT_TCP):
        return base
    host, separator, port = value.rpartition(":")
    if not separator or value.endswith("]"):
        host, port = value, ""
    if "$" in host:
        return base
    return replace(base, host=known(host), port=_number(port) if port else row.get("default_port"))


def _template(word: Word) -> str:
    """A word as far as it is known, with variables as they are written."""
    return word.text if word.text is not None else word.written.strip('"')


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() else None
