#!/usr/bin/env python3
"""Compare what k8slint reads of Helm charts, which it never renders, with what ``helm template`` makes of them.

    helm.py --helm BINARY FOLDER...

Every chart below the folders that ``helm template`` can render with its default values is compared, object by object
and container by container. A field is equal, unknown to k8slint, or wrong: known, and different from what helm gives.
The last lines are the totals. ``--wrong`` lists each field that is wrong.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from k8slint.models.manifest import KubernetesObject, objects
from k8slint.models.source import Source, decode
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, has_expression
from k8slint.workload.charts import read_charts

FIELDS = [
    "image",
    "command",
    "args",
    "env",
    "envFrom",
    "resources",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "securityContext",
    "volumeMounts",
    "ports",
    "lifecycle",
    "workingDir",
]
POD_FIELDS = ("volumes", "securityContext", "terminationGracePeriodSeconds", "restartPolicy", "serviceAccountName")
UNKNOWN = "unknown"


def plain(node: Node | None) -> Any:  # noqa: ANN401  # whatever a manifest may hold
    """A node as plain data, in which what is not known is ``UNKNOWN``."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        if has_expression(node.text):
            return UNKNOWN
        return YAML(typ="safe", pure=True).load(node.text) if node.style == "plain" and not node.tag else node.text
    if isinstance(node, YamlSequence):
        return [plain(item) for item in node.items]
    if node.template() is not None:
        return UNKNOWN
    return {entry.key.text: plain(entry.value) for entry in node.entries}


def is_open(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(is_open, value.values()))
    return any(map(is_open, value)) if isinstance(value, list) else value == UNKNOWN


def without_nulls(value: object) -> object:
    if isinstance(value, dict):
        found = {key: without_nulls(one) for key, one in value.items()}
        return {key: one for key, one in found.items() if one not in (None, {}, [])}
    return (
        [without_nulls(one) for one in value] if isinstance(value, list) else str(value) if value is not None else None
    )


def compare(ours: object, theirs: object) -> str:
    left, right = without_nulls(ours) or None, without_nulls(theirs) or None
    if left == right:
        return "equal"
    return "unknown" if is_open(ours) else "wrong"


def parts(one: KubernetesObject) -> Iterator[tuple[str, YamlMapping]]:
    if one.pod is not None:
        yield "pod", one.pod.spec
        for container in (*one.pod.containers, *one.pod.init_containers):
            yield container.name, container.node


def name_of(one: KubernetesObject) -> object:
    return plain(one.root.get("metadata", "name"))


def chart_files(chart: Path) -> dict[str, Source]:
    found = {}
    for path in sorted(chart.rglob("*")):
        if path.is_file() and path.suffix in (".yaml", ".yml", ".tpl") and path.stat().st_size < 2_000_000:
            name = path.relative_to(chart).as_posix()
            found[name] = decode(name, path.read_bytes())
    return found


def rendered(helm: str, chart: Path) -> tuple[KubernetesObject, ...] | None:
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.defpath, "HELM_CACHE_HOME": home, "HELM_CONFIG_HOME": home}
        run = subprocess.run(
            [helm, "template", str(chart), "--skip-tests"],
            capture_output=True,
            env=environment,
            timeout=120,
            check=False,
        )
    if run.returncode != 0:
        return None
    return tuple(
        one
        for one in objects(decode("helm.yaml", run.stdout))[0]
        if "test" not in one.annotations.get("helm.sh/hook", "")
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--helm", required=True)
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("folders", nargs="+", type=Path)
    args = parser.parse_args()
    charts: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    fields: Counter[str] = Counter()
    resources: Counter[str] = Counter()
    seconds = 0.0
    found = sorted({path.parent for folder in args.folders for path in folder.rglob("Chart.yaml")})
    for chart in found:
        if any(other != chart and other in chart.parents for other in found if chart.parent.name == "charts"):
            continue
        files = chart_files(chart)
        started = time.perf_counter()
        reading = read_charts(["."], files, files.__getitem__)
        seconds += time.perf_counter() - started
        default = next((one.variant for one in reading.objects), None)
        ours = [one for one in reading.objects if one.variant == default]
        for notice in reading.notices:
            if args.wrong:
                print(f"NOTE {chart}: {notice.location}: {notice.message}")
        for one in ours:
            for name, node in parts(one):
                if name != "pod":
                    resources["unknown" if is_open(plain(node.get("resources"))) else "known"] += 1
        try:
            theirs = rendered(args.helm, chart)
        except (subprocess.TimeoutExpired, YAMLError):
            theirs = None
        if theirs is None:
            charts["that helm cannot render"] += 1
            continue
        charts["compared"] += 1
        waiting = list(ours)
        for true in theirs:
            called = (true.kind, true.name)
            match = next((one for one in waiting if (one.kind, name_of(one)) == called), None)
            if match is None:
                match = next((one for one in waiting if one.kind == true.kind and one.name is None), None)
            if match is None:
                documents["missed"] += 1
                if args.wrong and true.pod is not None:
                    print(f"MISSED {chart} {true.kind} {true.name}")
                continue
            waiting.remove(match)
            documents["read"] += 1
            mine = dict(parts(match))
            for name, node in parts(true):
                other = mine.get(name)
                if other is None:
                    fields["unknown" if any(is_open(key) or has_expression(key) for key in mine) else "wrong"] += 1
                    if args.wrong:
                        print(f"WRONG {chart} {true.kind} {true.name}: container {name} not in {sorted(mine)}")
                    continue
                for field in POD_FIELDS if name == "pod" else FIELDS:
                    left, right = plain(other.get(field)), plain(node.get(field))
                    verdict = compare(left, right)
                    if left is None and right is None:
                        continue
                    fields[verdict] += 1
                    if args.wrong and verdict == "wrong":
                        print(f"WRONG {chart} {true.kind} {true.name} {name}.{field}:\n   {left}\n   {right}")
        for one in waiting:
            documents["more than helm"] += 1
            if args.wrong and one.pod is not None:
                print(f"MORE {chart} {one.kind} {name_of(one)} {one.location}")
    for title, counts in (("charts", charts), ("documents", documents), ("fields", fields), ("resources", resources)):
        total = sum(counts.values()) or 1
        print(
            f"{title}: " + ", ".join(f"{count} {name} ({count / total:.1%})" for name, count in sorted(counts.items()))
        )
    print(f"seconds: {seconds:.1f}")


if __name__ == "__main__":
    main()
