"""The functions of a program that answer an HTTP path: decorators, routers with their prefixes, Django's urls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.django import setting, settings_module
from k8slint.workload.environment import Environment
from k8slint.workload.knowledge import probes
from k8slint.workload.objects import defined
from k8slint.workload.process import Process
from k8slint.workload.program import Program, matches

_DEEPEST = 4
_MOUNTS = (".include_router", ".register_blueprint")


class Handler(Struct, frozen=True):
    """A function that answers a path, by its name in ``module``; ``location`` is where the route is written."""

    module: PythonFile
    function: str
    location: Location


def handlers(program: Program, environment: Environment, process: Process | None, path: str) -> tuple[Handler, ...]:
    """What answers GET ``path``; more than one where several applications are in reach, none where nobody can tell.

    A route below a prefix that is not written out is left out.
    """
    found: dict[tuple[str, str], Handler] = {}
    for short in program.modules:
        if not _may_route(short.source.text, path):
            continue
        module = in_full(short)
        for handler in (*_decorated(program, module, path), *_registered(program, module, path)):
            found.setdefault((handler.module.path, handler.function), handler)
    if program.imports("django"):
        for handler in _django(program, environment, process, path):
            found.setdefault((handler.module.path, handler.function), handler)
    return tuple(found.values())


def _may_route(text: str, path: str) -> bool:
    segments = [part for part in path.split("/") if part]
    return any(part in text for part in segments) if segments else ('"/"' in text or "'/'" in text)


def written_routes(module: PythonFile) -> Iterator[tuple[str, Location]]:
    """Every path that a module which was read in full routes to something, as written: without prefixes."""
    table = probes()["routes"]
    for _, decorator, path in _decorators(module):
        owner = str(decorator.value).rpartition(".")[0]
        if owner in table["applications"] or owner in table["routers"]:
            yield path, decorator.location
    for call, _, path in _registrations(module, (*table["calls"], *table["unmounted_calls"])):
        yield path, call.location


def _decorators(module: PythonFile) -> Iterator[tuple[str, Expr, str]]:
    """Functions that answer GET by a decorator, with the path."""
    for function in module.functions:
        for one in function.decorators:
            if one.kind == "call" and str(one.value).rpartition(".")[2] in probes()["routes"]["decorators"]:
                written = _text(one.args[0]) if one.args else _keyword(one, "path", "rule")
                if written is not None and _methods_fit(one):
                    yield function.name, one, written


def prefixes(program: Program, module: PythonFile, decorator: Expr) -> tuple[str, ...]:
    """What stands in front of the path of a route's decorator, once for each place the router is mounted at.

    Empty where a router on the way is mounted by somebody who is not known.
    """
    variable = _callee(module, decorator.location).rpartition(".")[0]
    return tuple(_prefixes(program, module, str(decorator.value).rpartition(".")[0], variable, 0))


def _decorated(program: Program, module: PythonFile, path: str) -> Iterator[Handler]:
    for function, one, written in _decorators(module):
        for prefix in prefixes(program, module, one):
            if _same(prefix + written, path):
                yield Handler(module, function, one.location)


def _methods_fit(one: Expr) -> bool:
    methods = dict(one.keywords).get("methods")
    return methods is None or any(part.value == "GET" for part in methods.walk())


def _registrations(
    module: PythonFile, rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Call, Mapping[str, Any], str]]:
    """Routes that are calls, with the path: ``web.get(path, handler)``, ``app.add_api_route(path, handler)``."""
    for call in module.calls:
        row = next((row for row in rows if matches(call.name, row["name"])), None)
        written = _text(call.args[row["path"]]) if row is not None and len(call.args) > row["path"] else None
        if row is not None and written is not None:
            yield call, row, written


def _registered(program: Program, module: PythonFile, path: str) -> Iterator[Handler]:
    for call, row, written in _registrations(module, probes()["routes"]["calls"]):
        target = call.args[row["handler"]] if len(call.args) > row["handler"] else _value(call, "view_func", "endpoint")
        if target is not None and _same(written, path):
            yield from _of_name(program, module, target, call.location)


def _of_name(program: Program, module: PythonFile, target: Expr, location: Location) -> Iterator[Handler]:
    if target.kind == "call" and str(target.value).endswith(".as_view"):
        view = defined(program, module, str(target.value).removesuffix(".as_view"))
        if view is not None and any(one.name == f"{view[1]}.get" for one in view[0].functions):
            yield Handler(view[0], f"{view[1]}.get", location)
    elif target.kind == "name":
        found = defined(program, module, str(target.value))
        if found is not None and any(one.name == found[1] for one in found[0].functions):
            yield Handler(found[0], found[1], location)


def _prefixes(program: Program, module: PythonFile, owner: str, variable: str, depth: int) -> Iterator[str]:
    """The prefixes that a route of an application or router has; none where one of them is not known."""
    table = probes()["routes"]
    if owner in table["applications"]:
        yield ""
        return
    made = (module, variable)
    if owner not in table["routers"]:
        found = defined(program, module, owner) if owner else None
        if found is None or depth >= _DEEPEST:
            return
        made = found
    constructor = next((one.value for one in made[0].assignments if one.target == made[1]), None)
    name = str(constructor.value) if constructor is not None and constructor.kind == "call" else ""
    if name in table["applications"]:
        yield ""
    elif name in table["routers"] and constructor is not None:
        keyword = table["routers"][name]
        own = _prefix(made[0], dict(constructor.keywords).get(keyword))
        if own is not None:
            yield from _mounted(program, made, own, keyword == "url_prefix", depth)


def _mounted(program: Program, made: tuple[PythonFile, str], own: str, is_replaced: bool, depth: int) -> Iterator[str]:
    for short in program.modules if depth < _DEEPEST else ():
        if not any(mount[1:] in short.source.text for mount in _MOUNTS):
            continue
        module = in_full(short)
        for call in module.calls:
            if not call.name.endswith(_MOUNTS) or not call.args or call.args[0].kind != "name":
                continue
            child = defined(program, module, str(call.args[0].value))
            if child is None or (child[0].path, child[1]) != (made[0].path, made[1]):
                continue
            given = _value(call, "prefix", "url_prefix")
            here = _prefix(module, given)
            if here is None or any(name == "**" for name, _ in call.keywords):
                continue
            inner = here if is_replaced and given is not None else here + own
            variable = _callee(module, call.location).rpartition(".")[0]
            owner = call.name.rpartition(".")[0]
            if not owner and variable in ("app", "application"):
                yield inner
            for outer in _prefixes(program, module, owner, variable, depth + 1):
                yield outer + inner


def _prefix(module: PythonFile, value: Expr | None) -> str | None:
    return "" if value is None else _text(module.resolve(value, ""))


def _django(program: Program, environment: Environment, process: Process | None, path: str) -> Iterator[Handler]:
    dotted = settings_module(program, environment, process)
    root = setting(program, dotted.value, "ROOT_URLCONF") if dotted.is_known else None
    name = _text(root.value[1]) if root is not None and root.is_known else None
    if name is not None:
        yield from _urls(program, name, "/", path, 0)


def _urls(program: Program, dotted: str, prefix: str, path: str, depth: int) -> Iterator[Handler]:
    file = program.find(dotted) if depth < _DEEPEST else None
    if file is None:
        return
    module = in_full(file)
    for call in module.calls:
        is_pattern = call.name in ("django.urls.path", "django.urls.re_path", "django.conf.urls.url")
        written = _text(call.args[0]) if is_pattern and len(call.args) > 1 else None
        if written is None:
            continue
        whole = prefix + (written if call.name == "django.urls.path" else written.strip("^$").replace("/?", "/"))
        target = call.args[1]
        if target.kind == "call" and str(target.value).endswith("include"):
            inner = _text(target.args[0]) if target.args else None
            if inner is not None and path.startswith(whole):
                yield from _urls(program, inner, whole, path, depth + 1)
        elif _same(whole, path):
            yield from _of_name(program, module, target, call.location)


def _callee(module: PythonFile, location: Location) -> str:
    """What a call or a decorator calls, as written."""
    line = module.source.line(location.line)
    return line[location.column - 1 :].lstrip("@").partition("(")[0].strip()


def _same(route: str, path: str) -> bool:
    """Frameworks redirect to the spelling with or without the last slash, and the kubelet follows."""
    return (route.rstrip("/") or "/") == (path.rstrip("/") or "/")


def _text(value: Expr) -> str | None:
    return value.value if value.kind == "const" and isinstance(value.value, str) else None


def _keyword(one: Expr, *names: str) -> str | None:
    return next((_text(value) for name, value in one.keywords if name in names), None)


def _value(call: Call, *names: str) -> Expr | None:
    return next((value for name, value in call.keywords if name in names), None)
