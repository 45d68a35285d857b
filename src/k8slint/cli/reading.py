"""From paths on the command line to a report: the steps that the commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from k8slint.cli.failure import Failure

if TYPE_CHECKING:
    from k8slint.cache import Cache
    from k8slint.config import Config
    from k8slint.discover import Discovery
    from k8slint.project import HelmRun, Project
    from k8slint.report import LoadedRule, Report

STDIN = "stdin.yaml"
# Fewer files are read again in less time than a cache takes to be opened.
_WORTH_A_CACHE = 200
_STDIN_LIMIT = 64 * 1024 * 1024
WITH_HELM = click.option(
    "--helm", "with_helm", is_flag=True, help="Render charts with the helm on the PATH (helm template)."
)
CACHE_DIR = click.option(
    "--cache-dir",
    type=click.Path(file_okay=False),
    envvar="K8SLINT_CACHE_DIR",
    help="Where facts of files are kept between runs.  [default: the user's cache folder]",
)
HELM_VALUES = click.option(
    "--helm-values",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="With --helm: a file of values, laid over those of every chart.",
)


def all_rules() -> tuple[LoadedRule, ...]:
    from k8slint import plugins

    try:
        return plugins.load()
    except plugins.PluginError as error:
        raise Failure(str(error)) from error


def read(paths: Sequence[str], root: str, config: Config) -> Discovery:
    from k8slint import discover
    from k8slint.project import FileText

    exclude = [discover.Exclude(base, (pattern,)) for base, pattern in config.exclude]
    found = discover.files([path for path in paths if path != "-"], root, exclude)
    if "-" not in paths:
        return found
    data = sys.stdin.buffer.read(_STDIN_LIMIT + 1)
    if len(data) > _STDIN_LIMIT:
        raise Failure(f"standard input holds more than {_STDIN_LIMIT} bytes")
    return found.having({STDIN: FileText(STDIN, data, 0o644)})


def project_of(
    found: Discovery,
    rules: tuple[LoadedRule, ...],
    root: str,
    only: frozenset[str] | None = None,
    helm: HelmRun | None = None,
    memory: Cache | None = None,
) -> Project:
    from k8slint import engine
    from k8slint.project import Project

    return Project.from_files(found.files, engine.interest(rules), os.path.basename(root), only, helm, memory)


def cache_of(found: Discovery, root: str, folder: str | None) -> Cache | None:
    """What is known of the files of ``root`` from earlier runs; None where there are too few to be worth it."""
    if len(found.files) < _WORTH_A_CACHE:
        return None
    from k8slint import cache

    return cache.Cache(folder or cache.default_folder(), root)


def with_helm_run(found: Discovery, root: str, values: tuple[str, ...]) -> tuple[Discovery, HelmRun]:
    """What helm makes of the charts, and what was found, with why helm failed."""
    from k8slint import helm

    try:
        run, notices = helm.render(found.files, root, values)
    except helm.HelmError as error:
        raise Failure(str(error)) from error
    return found.having({}, notices), run


def report_of(
    found: Discovery,
    project: Project,
    rules: tuple[LoadedRule, ...],
    known: tuple[LoadedRule, ...],
    config: Config,
    root: str,
    *,
    is_whole: bool,
    jobs: int | None = None,
) -> Report:
    from k8slint import engine
    from k8slint.location import Notice, NoticeLevel, whole_file
    from k8slint.models.manifest import KubernetesObject

    ids = frozenset(one.rule.id for one in known)
    notices = found.notices
    given = found.files[STDIN].data.strip(b"- \r\n") if STDIN in found.files else b""
    if given and not project.notices and not any(project.units(KubernetesObject)):
        notices = (*notices, Notice(whole_file(STDIN), "holds no Kubernetes object", NoticeLevel.ERROR))
    elif not given and STDIN in found.files:
        message = "standard input is empty: did the command before it fail?"
        notices = (*notices, Notice(whole_file(STDIN), message, NoticeLevel.NOTE))
    report = engine.run(project, rules, known=ids, pedantic=config.pedantic, is_whole=is_whole, jobs=jobs)
    return report.of_run(notices, found.skipped, root)
