"""The command line; the only place that prints and exits."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn, TextIO

import click

from k8slint._version import __version__

if TYPE_CHECKING:
    from k8slint.config import Config
    from k8slint.discover import Discovery
    from k8slint.fix.rounds import Outcome
    from k8slint.project import FileText, HelmRun, Project
    from k8slint.report import LoadedRule, Report

_STDIN = "stdin.yaml"
_STDIN_LIMIT = 64 * 1024 * 1024
_STREAM_ERRORS = (errno.EPIPE, errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG)


class Failure(click.ClickException):
    """k8slint cannot do its job, for a reason that the user can mend."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="k8slint")
def cli() -> None:
    """Lint Python programs that run on Kubernetes: source, Dockerfiles, scripts and manifests together."""


def _names(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


_WITH_HELM = click.option(
    "--helm", "with_helm", is_flag=True, help="Render charts with the helm on the PATH (helm template)."
)
_HELM_VALUES = click.option(
    "--helm-values",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="With --helm: a file of values, laid over those of every chart.",
)


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True))
@click.option(
    "--format", "form", type=click.Choice(["text", "concise", "json", "sarif"]), default="text", show_default=True
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
@_WITH_HELM
@_HELM_VALUES
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
    found, helm = _read(given, root, config), None
    if fix or diff:
        outcome = _repaired(found, rules, known, config, root, unsafe=unsafe_fixes)
        if diff:
            return _show_diff(found, outcome)
        found = _write_repairs(found, outcome, root)
    if with_helm:
        found, helm = _with_helm(found, root, helm_values)
    only = frozenset((_STDIN,)) if source is not None else None
    project = _project(found, rules, root, only, helm)
    report = _report(found, project, rules, known, config, root, is_whole=all(map(os.path.isdir, given)))
    _emit(report, form, output, quiet)
    return report.exit_code(config.fail_on)


@cli.command()
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option("--pages", metavar="FOLDER", help="In Markdown: link each rule to its page below this folder.")
def rules(form: str, pages: str | None) -> None:
    """List all rules."""
    known = _known()
    if form == "json":
        _print(_rules_as_json(known))
    elif form == "markdown":
        rows = [
            f"| {one.concern} | {_linked(one, pages)} | {one.rule.severity} | {one.rule.summary} |"
            for one in sorted(known, key=lambda one: (one.concern, one.rule.id))
        ]
        _print("\n".join(["| concern | rule | severity | what it finds |", "| --- | --- | --- | --- |", *rows]) + "\n")
    else:
        width = max(len(one.rule.id) for one in known)
        concern = max(len(one.concern) for one in known)
        for one in known:
            name = f"{one.rule.id:<{width}}  {one.concern:<{concern}}"
            _print(f"{name}  {one.rule.severity!s:<7}  {one.rule.summary}\n")


@cli.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Print the page of a RULE: what happens in production, examples, the fix, sources."""
    from k8slint.suppress import suggestion

    pages = {one.rule.id: one.page for one in _known()}
    if rule not in pages:
        raise Failure(f"there is no rule {rule!r}{suggestion(rule, pages)} (see k8slint rules)")
    _print(pages[rule].rstrip("\n") + "\n")


@cli.command()
@click.argument("path", default=".", type=click.Path(exists=True))
@click.argument("workload", default="")
@click.option("--links", "only_links", is_flag=True, help="Show only which Dockerfile builds which image.")
@click.option("--files", "only_files", is_flag=True, help="Show only what each file is taken for, and why.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_WITH_HELM
@_HELM_VALUES
def inspect(
    *,
    path: str,
    workload: str,
    only_links: bool,
    only_files: bool,
    form: str,
    with_helm: bool,
    helm_values: tuple[str, ...],
) -> None:
    """Show what k8slint takes for true: each workload's process and facts, with the places that say so.

    PATH is a folder or file (default: the current folder); WORKLOAD is a part of a workload's name or of its path.
    """
    from k8slint import config as settings
    from k8slint import discover, inspection
    from k8slint.location import NoticeLevel
    from k8slint.reporters import inspection as report

    if helm_values and not with_helm:
        raise Failure("--helm-values goes with --helm")
    try:
        root = discover.root_of([path])
        config = settings.load(root)
    except (settings.ConfigError, ValueError) as error:
        raise Failure(str(error)) from error
    found, helm = _read((path,), root, config), None
    if with_helm:
        found, helm = _with_helm(found, root, helm_values)
    failed = next((one for one in found.notices if one.level is NoticeLevel.ERROR), None) if with_helm else None
    if failed is not None:
        raise Failure(f"{failed.location}: {failed.message}")
    project = _project(found, _known(), root, helm=helm)
    coloured = _is_coloured(sys.stdout)
    if only_files:
        files = [one for one in project.listed_files() if workload.lower() in one.path.lower()]
        _print(report.files_json(files) if form == "json" else report.files_text(files, coloured))
        return
    if only_links:
        mentions = [
            one for one in inspection.links(project) if workload.lower() in f"{one.manifest} {one.image}".lower()
        ]
        _print(report.links_json(mentions) if form == "json" else report.links_text(mentions, coloured))
        return
    shown = [*inspection.inspections(project, workload), *inspection.disabled(project, workload)]
    if workload and not shown:
        raise Failure(f"no workload is called {workload!r} (k8slint inspect shows all)")
    _print(report.workloads_json(shown) if form == "json" else report.workloads_text(shown, coloured))


def _minimum(context: click.Context, parameter: click.Parameter, written: str | None) -> int | None:
    from k8slint.checklist.questions import QUESTIONS

    if written is None:
        return None
    number, _, of = written.partition("/")
    if not number.isdecimal() or not 0 < int(number) <= len(QUESTIONS) or of not in ("", str(len(QUESTIONS))):
        raise click.BadParameter(f"{written!r} is not a number of rows such as 20/{len(QUESTIONS)}")
    return int(number)


@cli.command()
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
    found = _read((path,), root, config)
    project = _project(found, rules, root)
    report = _report(found, project, rules, known, config, root, is_whole=os.path.isdir(path))
    lists = list(answers.checklists(project.workloads, report))
    left_out = answers.left_out(project.workloads)
    shown = {
        "text": lambda: reporter.text(lists, left_out, output is None and _is_coloured(sys.stdout)),
        "markdown": lambda: reporter.markdown(lists, left_out),
        "json": lambda: reporter.as_json(lists),
    }[form]()
    if output is None:
        _print(shown)
    else:
        _write(output, shown)
    _print(text.ending(report, _is_coloured(sys.stderr), notes=False), to_stderr=True)
    if minimum is None or not report.is_complete:
        return report.exit_code(config.fail_on)
    return int(any(one.reached(strict) < minimum for one in lists))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit."""
    # The models are trees that live until the end: collecting walks them again and again and finds nothing.
    gc.disable()
    try:
        code = cli.main(args=arguments, prog_name="k8slint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = 130
    except OSError as error:
        # What names no file and says this is about a standard stream.
        is_stream = error.filename is None and error.errno in _STREAM_ERRORS
        code = _unwritten(error) if is_stream else _crashed()
    except SystemExit:
        code = 2  # click's own code for a broken pipe is 1, which is ours for findings
    except Exception:  # noqa: BLE001  # the exit code of a crash must not be that of findings
        code = _crashed()
    sys.exit(code)


def _unwritten(error: OSError) -> int:
    """Say why the output could not be written, if anybody is left to read that."""
    # Whoever read our output has gone, as head does, and knows it.
    if error.errno != errno.EPIPE:
        with contextlib.suppress(OSError):  # standard error may be what is full
            click.echo(f"Error: the output cannot be written: {error.strerror}", err=True)
    # Python would complain once more when it closes the streams, with an exit code of its own.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    return 2


def _crashed() -> int:
    traceback.print_exc()
    click.echo("This is a mistake in k8slint itself; nothing can be said about the files.", err=True)
    return 2


def _known() -> tuple[LoadedRule, ...]:
    from k8slint import plugins

    try:
        return plugins.load()
    except plugins.PluginError as error:
        raise Failure(str(error)) from error


def _read(paths: Sequence[str], root: str, config: Config) -> Discovery:
    from k8slint import discover
    from k8slint.project import FileText

    exclude = [discover.Exclude(base, (pattern,)) for base, pattern in config.exclude]
    found = discover.files([path for path in paths if path != "-"], root, exclude)
    if "-" not in paths:
        return found
    data = sys.stdin.buffer.read(_STDIN_LIMIT + 1)
    if len(data) > _STDIN_LIMIT:
        raise Failure(f"standard input holds more than {_STDIN_LIMIT} bytes")
    return replace(found, files={**found.files, _STDIN: FileText(_STDIN, data, 0o644)})


def _project(
    found: Discovery,
    rules: tuple[LoadedRule, ...],
    root: str,
    only: frozenset[str] | None = None,
    helm: HelmRun | None = None,
) -> Project:
    from k8slint import engine
    from k8slint.project import Project

    return Project.from_files(found.files, engine.interest(rules), os.path.basename(root), only, helm)


def _with_helm(found: Discovery, root: str, values: tuple[str, ...]) -> tuple[Discovery, HelmRun]:
    """What helm makes of the charts, and what was found, with why helm failed."""
    from k8slint import helm

    try:
        run, notices = helm.render(found.files, root, values)
    except helm.HelmError as error:
        raise Failure(str(error)) from error
    return replace(found, notices=(*found.notices, *notices)), run


def _repaired(
    found: Discovery,
    rules: tuple[LoadedRule, ...],
    known: tuple[LoadedRule, ...],
    config: Config,
    root: str,
    *,
    unsafe: bool,
) -> Outcome:
    """What the fixes of ``rules`` make of the files; whether they bring a new fault, all rules are asked."""
    from k8slint.fix import rounds

    ids = {one.rule.id for one in rules}
    everything = tuple(one for one in known if one.rule.id in ids or not one.rule.pedantic)

    def lint(files: Mapping[str, FileText]) -> Report:
        project = _project(replace(found, files=files), everything, root)
        return _report(found, project, everything, known, config, root, is_whole=False)

    return rounds.repaired(found.files, lint, ids, unsafe)


def _show_diff(found: Discovery, outcome: Outcome) -> int:
    from k8slint.fix.diff import unified
    from k8slint.reporters import repairs

    _print(unified(found.files, outcome.changed))
    _print(repairs.render(outcome.repaired, outcome.dropped, is_done=False), to_stderr=True)
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
    _print(repairs.render(outcome.repaired, outcome.dropped, is_done=True), to_stderr=True)
    return replace(found, files={**found.files, **outcome.changed})


def _report(
    found: Discovery,
    project: Project,
    rules: tuple[LoadedRule, ...],
    known: tuple[LoadedRule, ...],
    config: Config,
    root: str,
    *,
    is_whole: bool,
) -> Report:
    from k8slint import engine
    from k8slint.location import Notice, NoticeLevel, whole_file
    from k8slint.models.manifest import KubernetesObject

    ids = frozenset(one.rule.id for one in known)
    notices = found.notices
    given = found.files[_STDIN].data.strip(b"- \r\n") if _STDIN in found.files else b""
    if given and not project.notices and not any(project.units(KubernetesObject)):
        notices = (*notices, Notice(whole_file(_STDIN), "holds no Kubernetes object", NoticeLevel.ERROR))
    elif not given and _STDIN in found.files:
        message = "standard input is empty: did the command before it fail?"
        notices = (*notices, Notice(whole_file(_STDIN), message, NoticeLevel.NOTE))
    report = engine.run(project, rules, known=ids, pedantic=config.pedantic, is_whole=is_whole)
    return replace(report, notices=(*notices, *report.notices), skipped=found.skipped, root=root)


def _emit(report: Report, form: str, output: str | None, quiet: bool) -> None:
    """The report to ``output`` or stdout; what surrounds it to stdout only if that is for people."""
    from k8slint import reporters
    from k8slint.reporters import text

    if output is None:
        _print(reporters.render(report, form, _is_coloured(sys.stdout)))
        for_people = form == "text"
    else:
        _write(output, reporters.render(report, form))
        for_people = False
    stream = sys.stdout if for_people else sys.stderr
    _print(text.ending(report, _is_coloured(stream), notes=not quiet), to_stderr=not for_people)


def _is_coloured(stream: TextIO | None) -> bool:
    # A stream that was closed before the start is None.
    return stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")


def _print(text: str, to_stderr: bool = False) -> None:
    """Print ``text``; what the encoding of the stream cannot hold is written as escapes."""
    encoding = getattr(sys.stderr if to_stderr else sys.stdout, "encoding", None) or "utf-8"
    if text and sys.stdout is None and not to_stderr:
        raise OSError(errno.EBADF, "it is closed")
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=False, err=to_stderr)


def _write(path: str, text: str) -> None:
    """Write a file in one step, so that no reader sees half of it; what is no file (a pipe) is written to directly."""
    data = text.encode("utf-8", "backslashreplace")
    target = os.path.realpath(path)
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as stream:
                stream.write(data)
            return
        temporary = f"{target}.{os.getpid()}.tmp"
        try:
            with open(temporary, "xb") as stream:
                stream.write(data)
            os.replace(temporary, target)
        except OSError:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise Failure(f"{path}: cannot be written: {error.strerror}") from error


def _linked(one: LoadedRule, pages: str | None) -> str:
    has_page = pages is not None and one.module != "k8slint.suppress"
    return f"[{one.rule.id}]({pages}/{one.module.replace('.', '/')}.md)" if has_page else one.rule.id


def _rules_as_json(known: Sequence[LoadedRule]) -> str:
    import json

    listed = [
        {
            "id": one.rule.id,
            "concern": one.concern,
            "severity": str(one.rule.severity),
            "confidence": str(one.rule.confidence),
            "pedantic": one.rule.pedantic,
            "fixable": str(one.rule.fixable),
            "summary": one.rule.summary,
            "package": one.package,
        }
        for one in known
    ]
    return json.dumps(listed, indent=2) + "\n"
