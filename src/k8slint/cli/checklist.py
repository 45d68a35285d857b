"""``k8slint checklist``: whether each workload is ready for production."""

from __future__ import annotations

import os
import sys

import click

from k8slint.cli.failure import Failure
from k8slint.cli.printing import is_coloured, show, write
from k8slint.cli.reading import project_of, read, report_of


def _minimum(context: click.Context, parameter: click.Parameter, written: str | None) -> int | None:
    from k8slint.checklist.questions import QUESTIONS

    if written is None:
        return None
    number, _, of = written.partition("/")
    if not number.isdecimal() or not 0 < int(number) <= len(QUESTIONS) or of not in ("", str(len(QUESTIONS))):
        raise click.BadParameter(f"{written!r} is not a number of rows such as 20/{len(QUESTIONS)}")
    return int(number)


@click.command()
@click.argument("path", default=".", type=click.Path(exists=True))
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False), help="Write the checklist to this file.")
@click.option("--pedantic/--no-pedantic", default=None, help="Count what is often done on purpose, too.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    help="The least severity that makes the exit code 1.  [default: warning]",
)
@click.option(
    "--min",
    "minimum",
    metavar="ROWS",
    callback=_minimum,
    help="Exit code 1 where a workload has fewer rows right (20/24); findings do not count then.",
)
@click.option("--strict", is_flag=True, help="With --min: a row whose answer is not known is not right.")
def checklist(
    *,
    path: str,
    form: str,
    output: str | None,
    pedantic: bool | None,
    fail_on: str | None,
    minimum: int | None,
    strict: bool,
) -> int:
    """Show for each workload whether it is ready for production: 24 questions, each passed, failed or not known.

    PATH is a folder or file (default: the current folder). A row never passes on what is not known. The exit code is
    that of scan, or that of --min.
    """
    from k8slint import config as settings
    from k8slint import discover, plugins
    from k8slint.checklist import answers
    from k8slint.reporters import checklist as reporter
    from k8slint.reporters import text

    try:
        root = discover.root_of([path])
        config = settings.load(root).merged((), (), [], pedantic, fail_on)
        known = plugins.load()
        rules = settings.choose(known, config)
    except (settings.ConfigError, plugins.PluginError, ValueError) as error:
        raise Failure(str(error)) from error
    found = read((path,), root, config)
    project = project_of(found, rules, root)
    report = report_of(found, project, rules, known, config, root, is_whole=os.path.isdir(path))
    lists = list(answers.checklists(project.workloads, report))
    left_out = answers.left_out(project.workloads)
    shown = {
        "text": lambda: reporter.text(lists, left_out, output is None and is_coloured(sys.stdout)),
        "markdown": lambda: reporter.markdown(lists, left_out),
        "json": lambda: reporter.as_json(lists),
    }[form]()
    if output is None:
        show(shown)
    else:
        write(output, shown)
    show(text.ending(report, is_coloured(sys.stderr), notes=False), to_stderr=True)
    if minimum is None or not report.is_complete:
        return report.exit_code(config.fail_on)
    return int(any(one.reached(strict) < minimum for one in lists))
