"""Whether a program needs to know that its clients came by HTTPS, and a server that does not believe it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call
from k8slint.models.yaml import YamlSequence
from k8slint.workload.detail import in_full
from k8slint.workload.django import setting, settings_module
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.ingresses import ways_in
from k8slint.workload.knowledge import listening_table
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload


class ClientRead(Struct, frozen=True):
    """``written`` depends on the scheme, or on the address of the client; ``effect`` is what it then comes to."""

    written: str
    effect: str
    location: Location


class Distrust(Struct, frozen=True):
    """``server`` believes no X-Forwarded headers of others, and the program has ``reads``; ``location`` starts it."""

    server: str
    location: Location
    reads: tuple[ClientRead, ...]


def forwarding_calls() -> tuple[str, ...]:
    """The names of the calls that start a server which reads X-Forwarded headers."""
    return tuple(listening_table()["forwarded"]["calls"])


def tls_ingresses(workload: Workload) -> Iterator[Location]:
    """The Ingresses in front of a container that end TLS."""
    table = listening_table()["forwarded"]
    for way in ways_in(workload):
        marks = way.ingress.annotations
        tls = way.ingress.root.get("spec", "tls")
        has_certificate = any(marks.get(one) for one in table["certificates"])
        ends = has_certificate or (isinstance(tls, YamlSequence) and bool(tls.items))
        if ends and not any(marks.get(one, "") not in ("", "false") for one in table["passes"]):
            yield tls.location if isinstance(tls, YamlSequence) else way.ingress.location


def distrusts(workload: Workload) -> Iterator[Distrust]:
    """The servers of a container that are told of nobody to trust, where the program does not read the headers."""
    table = listening_table()["forwarded"]
    for process in workload.python_processes:
        program = workload.program(process)
        found = _server(workload, process, program.value, table) if program.is_known else None
        if found is None or _handles(program.value, table["handled"]):
            continue
        name, location = found
        reads = tuple(_reads(workload, process, program.value, table, name))
        if reads:
            yield Distrust(name, location, reads)


def _server(
    workload: Workload, process: Process, program: Program, table: dict[str, Any]
) -> tuple[str, Location] | None:
    """The server with the place that starts it; None where somebody is trusted, or may be."""
    row = table["servers"].get(process.entry.server)
    calls = list(program.calls(*table["calls"])) if not process.entry.server else []
    if row is None and len(calls) != 1:
        return None
    call = calls[0][1] if row is None else None
    row = row or table["calls"][calls[0][1].name]
    if any(not workload.environment.get(name, process).is_absent for name in row["variables"]):
        return None
    if call is not None:
        return None if any(call.keyword(one) is not None for one in row["keywords"]) else (call.name, call.location)
    entry = process.entry
    if entry.option(*row["options"]) is not None or entry.may_have_more_options():
        return None
    if entry.server == "gunicorn":
        settings = gunicorn_settings(workload, process)
        if not all(settings.get(name, *row["options"]).is_absent for name in row["settings"]):
            return None
    return entry.server, entry.location


def _handles(program: Program, words: list[str]) -> bool:
    """Whether the program speaks of these headers, or loads code that nobody can tell."""
    texts = [module.source.text.lower() for module in program.modules]
    return not program.complete or any(word.lower() in text for text in texts for word in words)


def _reads(
    workload: Workload, process: Process, program: Program, table: dict[str, Any], server: str
) -> Iterator[ClientRead]:
    if program.imports("django"):
        redirect = _redirects(workload, process, program)
        if redirect is None:
            return  # The settings may name the header.
        yield from redirect
    # gunicorn leaves the address of the client alone, whomever it trusts.
    attributes = [*table["attributes"], *(table["clients"] if server != "gunicorn" else ())]
    pattern = "|".join(re.escape(one) for one in attributes)
    for short in program.modules:
        text = short.source.text
        if any(one in text for one in (".url_for", "url_for(", *table["external"])):
            module = in_full(short)
            for call in module.calls:
                if _is_external(call, table) and program.reaches(module, call.scope):
                    yield ClientRead(f"{call.name.lstrip('.')}()", "begins with http://", call.location)
        for match in re.finditer(rf"^[^#\n\"']*?\b({pattern})\b", text, re.MULTILINE):
            is_client = match[1] in table["clients"]
            effect = "is the address of the ingress controller" if is_client else "begins with http://"
            yield ClientRead(match[1], effect, short.source.span(match.start(1), match.end(1)))


def _is_external(call: Call, table: dict[str, Any]) -> bool:
    if call.name == "flask.url_for":
        given = call.keyword("_external")
        return given is not None and given.value is True and call.keyword("_scheme") is None
    if call.name.endswith(".url_for") and "request" in call.name.lower():
        return True
    return call.name.endswith(tuple(table["external"]))


def _redirects(workload: Workload, process: Process, program: Program) -> tuple[ClientRead, ...] | None:
    """Django's own redirect to HTTPS; None where the settings may name the header, or cannot be read."""
    dotted = settings_module(program, workload.environment, process)
    if not dotted.is_known or not setting(program, dotted.value, "SECURE_PROXY_SSL_HEADER").is_absent:
        return None
    redirect = setting(program, dotted.value, "SECURE_SSL_REDIRECT")
    file = program.find(dotted.value)
    if file is None or re.search(r"forward|proxy|xff", file.source.text, re.IGNORECASE):
        return None  # A middleware may read it.
    if redirect.is_known and redirect.value[1].value is True:
        return (ClientRead("SECURE_SSL_REDIRECT", "redirects every request to itself", redirect.value[2]),)
    return ()
