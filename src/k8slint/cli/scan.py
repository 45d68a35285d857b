"""``k8slint scan``: findings, and their fixes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from k8slint.cli.failure import Failure
from k8slint.cli.printing import is_coloured, show, write
from k8slint.cli.reading import (
    CACHE_DIR,
    HELM_VALUES,
    STDIN,
    WITH_HELM,
    cache_of,
    project_of,
    read,
    report_of,
    with_helm_run,
)

if TYPE_CHECKING:
    from k8slint.cache import Cache
    from k8slint.config import Config
    from k8slint.discover import Discovery
    from k8slint.fix.rounds import Outcome
    from k8slint.project import FileText
    from k8slint.report import LoadedRule, Report


def _names(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "concise", "json", "sarif", "markdown", "github"]),
    default="text",
    show_default=True,
)
@click.option("--output", type=click.Path(dir_okay=False), help="Write the report to this file.")
@click.option("--select", multiple=True, metavar="NAME", callback=_names, help="Run only these rules or concerns.")
@click.option("--ignore", multiple=True, metavar="NAME", callback=_names, help="Leave out these rules or concerns.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out paths, in the syntax of .gitignore.")
@click.option("--pedantic/--no-pedantic", default=None, help="Report what is often done on purpose, too.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    help="The least severity that makes the exit code 1.  [default: warning]",
)
@click.option(
    "--source",
    type=click.Path(exists=True, file_okay=False),
    help='With "-": the folder of the code and the Dockerfiles; its own manifests and charts are left out.',
)
@WITH_HELM
@HELM_VALUES
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    help="How many processes run the rules.  [default: as many as are worth it]",
)
@click.option("--no-cache", is_flag=True, help="Read every file anew, and keep nothing.")
@CACHE_DIR
@click.option("--quiet", "-q", is_flag=True, help="Leave out the notes and the summary.")
@click.option("--fix", is_flag=True, help="Write the fixes that change nothing but the fault.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: the fixes that are to be reviewed, too.")
@click.option("--diff", is_flag=True, help="Show what --fix would write and change nothing; exit code 1 if it would.")
def scan(
    *,
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    pedantic: bool | None,
    fail_on: str | None,
    source: str | None,
    with_helm: bool,
    helm_values: tuple[str, ...],
    jobs: int | None,
    no_cache: bool,
    cache_dir: str | None,
    quiet: bool,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
) -> int:
    """Lint files and folders (default: the current one); "-" reads manifests, YAML or JSON, from standard input.

    Exit code: 0 clean, 1 findings at or above --fail-on, 2 something could not be linted.
    """
    from k8slint import config as settings  # --version and --help stay fast
    from k8slint import discover, plugins

    if source is not None and paths != ("-",):
        raise Failure('--source goes with "-" alone: k8slint scan - --source FOLDER')
    if helm_values and not with_helm:
        raise Failure("--helm-values goes with --helm")
    if unsafe_fixes and not (fix or diff):
        raise Failure("--unsafe-fixes goes with --fix or --diff")
    if (fix or diff) and ("-" in paths or with_helm):
        raise Failure("--fix and --diff go with files and folders, not with standard input or --helm")
    given = ("-", source) if source is not None else paths or (".",)
    try:
        root = discover.root_of([path for path in given if path != "-"])
        config = settings.load(root).merged(
            select, ignore, [(os.getcwd(), glob) for glob in exclude], pedantic, fail_on
        )
        known = plugins.load()
        rules = settings.choose(known, config)
    except (settings.ConfigError, plugins.PluginError, ValueError) as error:
        raise Failure(str(error)) from error
    found, helm = read(given, root, config), None
    cache = None if no_cache else cache_of(found, root, cache_dir)
    if fix or diff:
        outcome = _repaired(found, rules, known, config, root, cache, unsafe=unsafe_fixes)
        if diff:
            if cache is not None:
                cache.save()
            return _show_diff(found, outcome)
        found = _write_repairs(found, outcome, root)
    if with_helm:
        found, helm = with_helm_run(found, root, helm_values)
    only = frozenset((STDIN,)) if source is not None else None
    project = project_of(found, rules, root, only, helm, cache)
    report = report_of(found, project, rules, known, config, root, is_whole=all(map(os.path.isdir, given)), jobs=jobs)
    if cache is not None:
        cache.save()
    _emit(report, form, output, quiet)
    return report.exit_code(config.fail_on)


def _repaired(
    found: Discovery,
    rules: tuple[LoadedRule, ...],
    known: tuple[LoadedRule, ...],
    config: Config,
    root: str,
    cache: Cache | None,
    *,
    unsafe: bool,
) -> Outcome:
    """What the fixes of ``rules`` make of the files; whether they bring a new fault, all rules are asked."""
    from k8slint.fix import rounds

    ids = {one.rule.id for one in rules}
    everything = tuple(one for one in known if one.rule.id in ids or not one.rule.pedantic)

    def lint(files: Mapping[str, FileText]) -> Report:
        project = project_of(found.having(files), everything, root, memory=cache)
        return report_of(found, project, everything, known, config, root, is_whole=False)

    return rounds.repaired(found.files, lint, ids, unsafe)


def _show_diff(found: Discovery, outcome: Outcome) -> int:
    from k8slint.fix.diff import unified
    from k8slint.reporters import repairs

    show(unified(found.files, outcome.changed))
    show(repairs.render(outcome.repaired, outcome.dropped, is_done=False), to_stderr=True)
    return 1 if outcome.changed else 0


def _write_repairs(found: Discovery, outcome: Outcome, root: str) -> Discovery:
    """Write what was repaired; the files as they are then."""
    from k8slint.fix import files as writing
    from k8slint.fix.refusal import Refused
    from k8slint.reporters import repairs

    try:
        writing.write_all(root, {path: (found.files[path].data, one.data) for path, one in outcome.changed.items()})
    except (Refused, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Failure(f"nothing was fixed: {reason}") from error
    show(repairs.render(outcome.repaired, outcome.dropped, is_done=True), to_stderr=True)
    return found.having(outcome.changed)


def _emit(report: Report, form: str, output: str | None, quiet: bool) -> None:
    """The report to ``output`` or stdout; what surrounds it to stdout only if that is for people."""
    from k8slint import reporters
    from k8slint.reporters import text

    if output is None:
        show(reporters.render(report, form, is_coloured(sys.stdout)))
        for_people = form == "text"
    else:
        write(output, reporters.render(report, form))
        for_people = False
    stream = sys.stdout if for_people else sys.stderr
    show(text.ending(report, is_coloured(stream), notes=not quiet), to_stderr=not for_people)
