"""What is known of programs and base images, read from the data files beside the code."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from typing import Any

from msgspec import Struct

_DATA = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data")


@cache
def _rows(name: str) -> dict[str, Any]:
    with open(os.path.join(_DATA, name), encoding="utf-8") as file:
        rows: dict[str, Any] = json.load(file)
    return rows


def programs() -> dict[str, Any]:
    """``data/programs.json``: servers, inits, wrappers, calls that keep a program running."""
    return _rows("programs.json")


def concurrency_rows() -> dict[str, Any]:
    """``data/concurrency.json``: options, variables, calls and pools that give a number of processes."""
    return _rows("concurrency.json")


def library_rows() -> dict[str, Any]:
    """``data/libraries.json``: what imports cost in memory, and which libraries start threads of their own."""
    return _rows("libraries.json")


def writes() -> dict[str, Any]:
    """``data/writes.json``: what needs a folder for temporary files."""
    return _rows("writes.json")


def listening_table() -> dict[str, Any]:
    """``data/listening.json``: which addresses servers listen on."""
    return _rows("listening.json")


def image_programs() -> dict[str, Any]:
    """``data/image_programs.json``: programs that base images do not have."""
    return _rows("image_programs.json")


def django_rows() -> dict[str, Any]:
    """``data/django.json``: what shows a Django program's unhandled errors although DEBUG is off."""
    return _rows("django.json")


def build_tool_rows() -> dict[str, Any]:
    """``data/build_tools.json``: packages that a program is built with."""
    return _rows("build_tools.json")


def download_rows() -> dict[str, Any]:
    """``data/downloads.json``: calls that fetch models, and the variables that keep them from it."""
    return _rows("downloads.json")


def celery_rows() -> dict[str, Any]:
    """``data/celery.json``: how Celery's settings are spelt, and which schedulers of beat hold a lock."""
    return _rows("celery.json")


@cache
def stopping() -> dict[str, Any]:
    """``data/stopping.json``: who reaps, how long servers take to stop, when they stop listening."""
    tables = {name: table for name, table in _rows("stopping.json").items() if not name.startswith("_")}
    return {name: {key: row for key, row in table.items() if not key.startswith("_")} for name, table in tables.items()}


def worker_rows() -> dict[str, Any]:
    """``data/workers.json``: what must run once or be shared when a program runs in several processes."""
    return _rows("workers.json")


def probes() -> dict[str, Any]:
    """``data/probes.json``: what starting an interpreter costs, what a health route may ask, who checks hosts."""
    return _rows("probes.json")


def field_rows() -> dict[str, Any]:
    """``data/fields.json``: which fields the API knows at each level of a workload."""
    return _rows("fields.json")


def server_variables() -> dict[str, Any]:
    """``data/server_variables.json``: which variables servers read."""
    return _rows("server_variables.json")


def development_rows() -> dict[str, Any]:
    """``data/development.json``: servers for the developer's machine, and switches that make a server one."""
    return _rows("development.json")


def log_rows() -> dict[str, Any]:
    """``data/logs.json``: what writes a log into a file."""
    return _rows("logs.json")


class BaseImage(Struct, frozen=True):
    """What is known of an external base image; None means that it is not known.

    ``user`` is the user a container of it runs as, ``shell`` what ``/bin/sh`` is ("dash", "bash", "busybox" or
    "none"), ``full`` whether it is the full variant of a Python image, with compilers and headers.
    """

    python: bool | None = None
    user: str | None = None
    shell: str | None = None
    full: bool | None = None
    init: bool | None = None
    workers_from_cores: bool = False
    serverless: bool = False
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    opens_environment: bool = True
    """Whether the image sets variables that are not known here."""
    listed: bool = False
    """Whether the image has a row of its own: then it has no entrypoint but the one written there, or its init."""


def normalise_image(reference: str) -> str:
    """An image reference as the tables spell it: lower case, without digest and without the Docker Hub's prefix."""
    image = reference.strip().lower().split("@", 1)[0]
    for prefix in ("docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/", "library/"):
        if image.startswith(prefix):
            return image[len(prefix) :]
    return image


@cache
def _bases() -> tuple[tuple[re.Pattern[str], BaseImage], ...]:
    rows = []
    for row in _rows("images.json")["bases"]:
        facts = BaseImage(
            python=row.get("python"),
            user=row.get("user"),
            shell=row.get("shell"),
            full=row.get("full"),
            init=row.get("init"),
            workers_from_cores=row.get("workers_from_cores", False),
            serverless=row.get("lambda", False),
            entrypoint=tuple(row["entrypoint"]) if "entrypoint" in row else None,
            cmd=tuple(row["cmd"]) if "cmd" in row else None,
            opens_environment=row.get("open", False),
            listed=True,
        )
        rows.append((re.compile(row["pattern"]), facts))
    return tuple(rows)


def base_image(reference: str) -> BaseImage:
    """The facts of an external base image; all unknown for an image that is in no row."""
    image = normalise_image(reference)
    for pattern, facts in _bases():
        if pattern.search(image):
            return facts
    if re.search(r"(^|[-/_.])python([-_:.\d]|$)", image):
        return BaseImage(python=True)
    return BaseImage()


def is_third_party(reference: str) -> bool:
    """Whether an image is one that nobody builds for a single project, such as ``redis:7`` or ``bitnami/kafka``."""
    image = normalise_image(reference)
    name = image.split(":", 1)[0] if "/" not in image else image
    table = _rows("images.json")["third_party"]
    if "/" not in name:
        return name in table["official"]
    last = image.rsplit("/", 1)[-1].split(":", 1)[0]
    mirrored = last in table["official"] and image.split("/", 1)[0].count(".") > 0
    return mirrored or image.startswith(tuple(table["prefixes"]))


def publishes_no_versions(reference: str) -> bool:
    """Whether an image has no tags that name a version, so that only a digest could pin it."""
    return any(re.search(one, normalise_image(reference)) for one in _rows("images.json")["unversioned"]["patterns"])


def split_image(reference: str) -> tuple[str, str]:
    """An image reference as repository and tag; the tag is empty when none is written. The digest is dropped."""
    name = reference.split("@", 1)[0]
    head, _, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return (f"{head}/{last}" if head else last), tag


@cache
def common_words(kind: str) -> frozenset[str]:
    """Words that do not tell which program a "stages", "tags" or "folders" name is for."""
    return frozenset(_rows("images.json")["words"][kind])
