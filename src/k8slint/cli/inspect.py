"""``k8slint inspect``: what is taken for true."""

from __future__ import annotations

import sys

import click

from k8slint.cli.failure import Failure
from k8slint.cli.printing import is_coloured, show
from k8slint.cli.reading import HELM_VALUES, WITH_HELM, all_rules, project_of, read, with_helm_run


@click.command()
@click.argument("path", default=".", type=click.Path(exists=True))
@click.argument("workload", default="")
@click.option("--links", "only_links", is_flag=True, help="Show only which Dockerfile builds which image.")
@click.option("--files", "only_files", is_flag=True, help="Show only what each file is taken for, and why.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@WITH_HELM
@HELM_VALUES
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
    found, helm = read((path,), root, config), None
    if with_helm:
        found, helm = with_helm_run(found, root, helm_values)
    failed = next((one for one in found.notices if one.level is NoticeLevel.ERROR), None) if with_helm else None
    if failed is not None:
        raise Failure(f"{failed.location}: {failed.message}")
    project = project_of(found, all_rules(), root, helm=helm)
    coloured = is_coloured(sys.stdout)
    if only_files:
        files = [one for one in project.listed_files() if workload.lower() in one.path.lower()]
        show(report.files_json(files) if form == "json" else report.files_text(files, coloured))
        return
    if only_links:
        mentions = [
            one for one in inspection.links(project) if workload.lower() in f"{one.manifest} {one.image}".lower()
        ]
        show(report.links_json(mentions) if form == "json" else report.links_text(mentions, coloured))
        return
    shown = [*inspection.inspections(project, workload), *inspection.disabled(project, workload)]
    if workload and not shown:
        raise Failure(f"no workload is called {workload!r} (k8slint inspect shows all)")
    show(report.workloads_json(shown) if form == "json" else report.workloads_text(shown, coloured))
