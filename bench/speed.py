"""Times k8slint beside other linters on the same input, in alternating pairs, and writes a table in Markdown.

    python bench/speed.py TREES [--runs 7] [--only WORD] [--skip WORD] [--output FILE]

TREES holds work trees named owner+name (bench/trees.txt lists them by commit); what is missing there is left out and
said. Peers are looked for beside this Python and on the PATH; those that are not installed are left out and said. A
tree of 5,000 files is generated for the cases that need no repository.

Each case runs ours and theirs in turn (A B A B ...), whole processes, warm page cache, after one uncounted pair. The
ratio is the median of the ratios of the pairs: it holds when the machine's speed drifts, milliseconds do not. The ratio
of processor times stands beside it: it holds on a busy machine, and does not see that a peer uses several processors.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import generate

_HERE = os.path.dirname(os.path.abspath(__file__))
_DEMO, _ARGO, _PIPELINES, _PREFECT, _SALEOR = (
    "GoogleCloudPlatform+microservices-demo",
    "argoproj+argo-cd",
    "kubeflow+pipelines",
    "PrefectHQ+prefect",
    "saleor+saleor",
)
_RULES = "rules:\n" + "".join(
    f"  - {{id: r{at}, languages: [python], severity: WARNING, message: m, pattern: {pattern}}}\n"
    for at, pattern in enumerate(("os.cpu_count()", "print(...)", "time.sleep(...)", "os.fork()", "gc.collect()"))
)


@dataclass(frozen=True)
class Case:
    """``goal`` is the largest ratio ours / theirs that is good enough, None where there is no goal."""

    name: str
    ours: Sequence[str]
    theirs: Sequence[str]
    goal: float | None
    folder: str
    memory_goal: float | None = None


@dataclass(frozen=True)
class Run:
    """Wall and processor seconds of one run, and the peak memory of its largest process."""

    seconds: float
    processor: float
    mib: float
    code: int


def measure(command: Sequence[str], folder: str) -> Run:
    """One run of a whole process."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def compare(case: Case, runs: int) -> tuple[list[Run], list[Run]]:
    measure(case.ours, case.folder), measure(case.theirs, case.folder)
    pairs = [(measure(case.ours, case.folder), measure(case.theirs, case.folder)) for _ in range(runs)]
    return [ours for ours, _ in pairs], [theirs for _, theirs in pairs]


def find(name: str) -> str | None:
    beside = os.path.join(os.path.dirname(sys.executable), name)
    return beside if os.access(beside, os.X_OK) else shutil.which(name)


def below(folder: str, *ends: str) -> list[str]:
    return sorted(
        os.path.join(base, name)
        for base, folders, names in os.walk(folder)
        for name in names
        if name.endswith(ends) and ".git" not in base.split(os.sep)
    )


def _first(paths: Sequence[str], least: int, most: int) -> str:
    return next(path for path in paths if least <= os.path.getsize(path) <= most)


def cases(trees: str, scratch: str) -> Iterator[Case]:
    """The cases whose input and peers are there."""
    ours = [sys.executable, "-m", "k8slint"] if not find("k8slint") else [str(find("k8slint"))]
    scan = [*ours, "scan", "--fail-on", "never", "--no-cache"]
    warm = [*scan[:-1], "--cache-dir", os.path.join(scratch, "cache")]
    bare = [sys.executable, "-c", "pass"]
    hadolint, checkov, bandit = find("hadolint"), find("checkov"), find("bandit")
    ruff, semgrep, kube, score = find("ruff"), find("semgrep"), find("kube-linter"), find("kube-score")
    checking = [str(checkov), "--framework", "kubernetes", "dockerfile", "--quiet", "--skip-download", "-d"]

    def tree(name: str) -> str | None:
        path = os.path.join(trees, name)
        return path if os.path.isdir(path) else None

    yield Case("--version, against bare Python", [*ours, "--version"], bare, 4.5, scratch)
    demo = tree(_DEMO)
    if demo:
        small = _first(below(demo, "Dockerfile"), 800, 2000)
        manifest = _first(below(os.path.join(demo, "kubernetes-manifests"), ".yaml"), 1200, 3000)
        module = _first(below(os.path.join(demo, "src"), "_server.py", "recommendation_server.py"), 4000, 9000)
        yield Case("one manifest, against bare Python", [*scan, manifest], bare, 8, demo)
        yield Case("one Python file, against bare Python", [*scan, module], bare, 6, demo)
        if hadolint:
            yield Case("one small Dockerfile, against hadolint", [*scan, small], [hadolint, small], 1.8, demo)
            files = below(demo, "Dockerfile")
            yield Case(
                "microservices-demo, against hadolint on its Dockerfiles", [*scan, demo], [hadolint, *files], 1, demo
            )
        if checkov:
            single = [*checking[:-1], "-f", manifest]
            yield Case("one manifest, against checkov", [*scan, manifest], single, 1 / 25, demo)
            yield Case("microservices-demo, against checkov", [*scan, demo], [*checking, demo], 1 / 20, demo)
        if bandit:
            yield Case("one Python file, against bandit", [*scan, module], [bandit, "-q", module], 1 / 3, demo)
        if kube:
            found = os.path.join(demo, "kubernetes-manifests")
            yield Case(
                "microservices-demo's manifests, against kube-linter", [*scan, found], [kube, "lint", found], 1, demo
            )
        if score:
            files = below(os.path.join(demo, "kubernetes-manifests"), ".yaml")
            theirs = [score, "score", *files]
            yield Case("microservices-demo's manifests, against kube-score", [*scan, *files], theirs, None, demo)
        if semgrep:
            rules = os.path.join(scratch, "semgrep.yaml")
            with open(rules, "w", encoding="utf-8") as stream:
                stream.write(_RULES)
            theirs = [semgrep, "--metrics=off", "--disable-version-check", "-q", "--config", rules, demo]
            yield Case("microservices-demo, against semgrep with five local rules", [*scan, demo], theirs, None, demo)
    pipelines = tree(_PIPELINES)
    if pipelines:
        long = max((path for path in below(pipelines, "Dockerfile")), key=os.path.getsize)
        if hadolint:
            yield Case(
                "one Dockerfile of 100 lines and more, against hadolint",
                [*scan, long],
                [hadolint, long],
                0.25,
                pipelines,
            )
        if checkov:
            yield Case(
                "kubeflow/pipelines, against checkov", [*scan, pipelines], [*checking, pipelines], 1 / 10, pipelines
            )
        if ruff:
            theirs = [ruff, "check", "--no-cache", "-q", pipelines]
            yield Case("kubeflow/pipelines, against ruff without cache", [*scan, pipelines], theirs, 2, pipelines)
        yield Case(
            "kubeflow/pipelines, warm, against a cold run", [*warm, pipelines], [*scan, pipelines], None, pipelines
        )
    argo = tree(_ARGO)
    if argo and checkov:
        yield Case("argo-cd, against checkov", [*scan, argo], [*checking, argo], 1 / 50, argo, 1 / 10)
    if argo and score:
        files = below(os.path.join(argo, "manifests"), "install.yaml")
        yield Case(
            "argo-cd's install manifests, against kube-score", [*scan, *files], [score, "score", *files], None, argo
        )
    if argo and kube:
        found = os.path.join(argo, "manifests")
        yield Case("argo-cd's manifests, against kube-linter", [*scan, found], [kube, "lint", found], 1, argo)
    for name in (_PREFECT, _SALEOR):
        path = tree(name)
        if path and ruff:
            short = name.rpartition("+")[2]
            plain = [ruff, "check", "--no-cache", "-q", "--isolated", path]
            yield Case(f"{short}, against ruff without cache", [*scan, path], plain, 2, path)
            everything = [*plain[:-1], "--select", "ALL", path]
            yield Case(f"{short}, against ruff with all rules", [*scan, path], everything, 0.6, path)
    large = os.path.join(scratch, "large")
    generate.generate(large, 5000)
    walk = "import os\nfor base, _, names in os.walk('.'):\n    for name in names: os.stat(os.path.join(base, name))"
    yield Case("5,000 files, against walking them", [*scan, large], [sys.executable, "-c", walk], None, large)
    yield Case("5,000 files, warm, against walking them", [*warm, large], [sys.executable, "-c", walk], 2.5, large)
    yield Case("5,000 files, warm, against a cold run", [*warm, large], [*scan, large], None, large)
    entry = shlex.quote(below(large, "main.py")[0])
    change = f'echo "# $(date +%N)" >> {entry}; exec {shlex.join([*warm, large])}'
    yield Case("5,000 files, warm, one changed, against none", ["sh", "-c", change], [*warm, large], 1.5, large)
    if ruff:
        yield Case(
            "5,000 files, warm, against ruff's warm run",
            [*warm, large],
            [ruff, "check", "-q", "--isolated", large],
            0.25,
            large,
        )


def row(case: Case, ours: Sequence[Run], theirs: Sequence[Run]) -> str:
    work = statistics.median(mine.processor / other.processor for mine, other in zip(ours, theirs, strict=True))
    ratios = [mine.seconds / other.seconds for mine, other in zip(ours, theirs, strict=True)]
    ratio = statistics.median(ratios)
    memory = [statistics.median(run.mib for run in runs) for runs in (ours, theirs)]
    goal, met = "", ""
    if case.goal is not None:
        fine = ratio <= case.goal and (case.memory_goal is None or memory[0] / memory[1] <= case.memory_goal)
        goal, met = f"<= {case.goal:.3g}", "yes" if fine else "**no**"
    seconds = [statistics.median(run.seconds for run in runs) for runs in (ours, theirs)]
    spread = f"{min(ratios):.3g} to {max(ratios):.3g}"
    return (
        f"| {case.name} | {ratio:.3g} ({spread}) | {goal} | {met} | {work:.3g} | {seconds[0]:.3g} / {seconds[1]:.3g} s "
        f"| {memory[0]:.0f} / {memory[1]:.0f} MiB |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", default="", help="only cases whose name holds this word")
    parser.add_argument("--skip", default="", help="leave out the cases whose name holds this word")
    parser.add_argument("--output", help="write the table to this file too")
    given = parser.parse_args()
    lines = [
        "| case | ours / theirs (spread) | goal | met | processor time | medians | peak memory |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        for case in cases(os.path.abspath(given.trees), scratch):
            if given.only not in case.name or (given.skip and given.skip in case.name):
                continue
            ours, theirs = compare(case, given.runs)
            odd = {run.code for run in ours} - {0}
            lines.append(row(case, ours, theirs) + (f" exit codes {sorted(odd)}" if odd else ""))
            print(lines[-1], file=sys.stderr, flush=True)
    missing = [
        name
        for name in ("hadolint", "checkov", "bandit", "ruff", "semgrep", "kube-linter", "kube-score")
        if not find(name)
    ]
    if missing:
        lines.append(f"\nNot installed here, so left out: {', '.join(missing)}.")
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if given.output:
        os.makedirs(os.path.dirname(os.path.abspath(given.output)), exist_ok=True)
        with open(given.output, "w", encoding="utf-8") as stream:
            stream.write(text)


if __name__ == "__main__":
    main()
