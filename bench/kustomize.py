#!/usr/bin/env python3
"""Compare what k8slint makes of kustomizations with what `kubectl kustomize` makes of them, object by object.

    bench/kustomize.py DIR [DIR ...] [--all] [--differences N]

Each DIR is a work tree, or a folder of work trees. Every kustomization below it is built twice, those that others are
built on too. Names are compared without the hash that kustomize adds to generated ConfigMaps and Secrets, null values
as missing ones, custom resource definitions not at all. kubectl is kept from the network by a proxy that is not there:
what it cannot build is listed, and counts neither way.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

from k8slint import discover
from k8slint.models.manifest import KubernetesObject
from k8slint.models.python import Interest
from k8slint.models.source import Source
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, as_bool, as_int, is_null, load_documents, text
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.kustomize import Kustomize, Rendered
from k8slint.workload.overlays import kustomize

_HASH = re.compile(r"-[2456789bcdfghkmt]{10}$")
_OFFLINE = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "GIT_SSH_COMMAND": "false"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--all", action="store_true", help="name the equal ones too")
    parser.add_argument("--differences", type=int, default=3, help="how many to show for each kustomization")
    args = parser.parse_args()
    total: Counter[str] = Counter()
    for tree in _trees(args.folders):
        for folder, verdict, details in compared(tree):
            total[verdict] += 1
            if verdict != "equal" or args.all:
                print(f"{verdict:12} {tree.name}/{folder}")
                for line in details[: args.differences]:
                    print(f"             {line}")
    print(", ".join(f"{name}: {count}" for name, count in sorted(total.items())))


def _trees(folders: list[Path]) -> list[Path]:
    found = []
    for folder in folders:
        inner = [one.parent for one in sorted(folder.glob("*/.git")) + sorted(folder.glob("*/*/.git"))]
        found += inner or [folder]
    return found


def compared(tree: Path) -> list[tuple[str, str, list[str]]]:
    """For each kustomization its folder, the verdict, and what differs."""
    found = reader(tree)
    result = []
    for folder in sorted(found.by_folder):
        if found.by_folder[folder].is_component:
            continue
        done = subprocess.run(
            ["kubectl", "kustomize", "--load-restrictor", "LoadRestrictionsNone", str(tree / folder)],
            capture_output=True,
            text=True,
            env={**os.environ, **_OFFLINE},
            timeout=120,
            check=False,
        )
        known = len(found.notices)
        rendered = found.render(folder)
        if done.returncode:
            result.append((folder or ".", "not built", [_error(done.stderr)]))
            continue
        details = differences(rendered, done.stdout)
        verdict = "equal" if not details else "differs"
        if details and rendered.open_because:
            details.insert(0, f"open: {rendered.open_because}")
        notes = [f"{notice.location}: {notice.message}" for notice in found.notices[known:]]
        details = [*notes, *details] if details else []
        result.append((folder or ".", verdict, list(dict.fromkeys(details))))
    return result


def _error(output: str) -> str:
    found = re.search(r'err="(.*)', output, re.DOTALL)
    return " ".join((found[1] if found else output).split())[-200:]


def reader(tree: Path) -> Kustomize:
    found = discover.files([str(tree)], str(tree.resolve()))
    artifacts = Artifacts(found.files, Interest(frozenset()), tree.name)
    by_path: dict[str, list[KubernetesObject]] = defaultdict(list)
    for one in artifacts.written:
        by_path[one.path].append(one)
    return kustomize(
        artifacts.kustomizations, by_path, frozenset(artifacts.unread_templates), artifacts.files, artifacts.source
    )


def differences(rendered: Rendered, expected: str) -> list[str]:
    theirs, _ = load_documents(Source("kubectl", expected))
    wanted = {_key(root): root for one in theirs if isinstance(root := one.root, YamlMapping)}
    wanted = {key: root for key, root in wanted.items() if key[0] != "CustomResourceDefinition"}
    ours = {_key(one.root): one.root for one in rendered.resources}
    hashed = {
        name: _HASH.sub("", name)
        for kind, _, name in wanted
        if kind in ("ConfigMap", "Secret") and (kind, _, name) not in ours and _HASH.search(name)
    }
    wanted = {(kind, space, hashed.get(name, name)): root for (kind, space, name), root in wanted.items()}
    found = [f"only kubectl has {' '.join(key)}" for key in wanted if key not in ours]
    found += [f"only k8slint has {' '.join(key)}" for key in ours if key not in wanted]
    for key in wanted:
        if key in ours:
            found += [
                f"{' '.join(key)}: {line}" for line in _differ("", _plain(ours[key], {}), _plain(wanted[key], hashed))
            ]
    return found


def _key(root: YamlMapping) -> tuple[str, str, str]:
    space, name = (text(root.get("metadata", key)) or "" for key in ("namespace", "name"))
    return text(root.get("kind")) or "", space, name


def _plain(node: Node, names: dict[str, str]) -> object:
    if isinstance(node, YamlSequence):
        return [_plain(item, names) for item in node.items]
    if isinstance(node, YamlMapping):
        return {key: _plain(value, names) for key, value in node.items() if not is_null(value)}
    return _value(node, names)


def _value(node: Scalar, names: dict[str, str]) -> str:
    number, truth = as_int(node), as_bool(node)
    if number is not None or truth is not None:
        return str(number if truth is None else truth).lower()
    return names.get(node.text, node.text)


def _differ(where: str, ours: object, theirs: object) -> list[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = dict.fromkeys((*ours, *theirs))
        return [line for key in keys for line in _differ(f"{where}.{key}", ours.get(key), theirs.get(key))]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [line for at, pair in pairs for line in _differ(f"{where}[{at}]", *pair)]
    if ours == theirs or (not ours and not theirs):
        return []
    return [f"{where}: {str(ours)[:80]!r}, kubectl {str(theirs)[:80]!r}"]


if __name__ == "__main__":
    main()
