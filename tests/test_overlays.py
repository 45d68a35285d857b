"""What is said of a fault that only some overlays have, and what an annotation covers that an overlay adds."""

from __future__ import annotations

from builders import project
from k8slint import Finding, Rule, Severity, Workload, engine, suppress
from k8slint.report import LoadedRule, Report

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: shop/web:1
"""
LIMITS = "{spec: {template: {spec: {containers: [{name: web, resources: {limits: {memory: 1Gi}}}]}}}}"
IGNORED = "{metadata: {annotations: {k8slint.dev/ignore: no-limit}}}"


def check(workload: Workload) -> list[Finding]:
    if workload.location is None or not workload.quantity("limits", "memory").is_absent:
        return []
    return [Finding(RULE, workload.location, "no limit")]


RULE = Rule("no-limit", "A container has no limit", Severity.WARNING, Workload, check)


def scan(base: str = BASE, **patches: str) -> Report:
    """A base and one overlay for each of ``patches``, which are for the Deployment."""
    files = {"base/web.yaml": base, "base/kustomization.yaml": "resources: [web.yaml]\n"}
    for name, patch in patches.items():
        target = "patches: [{target: {kind: Deployment}, path: patch.yaml}]\n" if patch else ""
        files[f"{name}/kustomization.yaml"] = f"resources: [../base]\n{target}"
        if patch:
            files[f"{name}/patch.yaml"] = patch
    rules = (
        LoadedRule(RULE, "", "shop", "", ""),
        *(LoadedRule(rule, "", "k8slint", "", page) for rule, page in suppress.RULES),
    )
    return engine.run(project(files), rules, known=frozenset(one.rule.id for one in rules))


def said(report: Report) -> list[str]:
    return [f"{one.location.path}:{one.location.line} {one.message}" for one in report.findings]


def test_a_fault_that_all_overlays_have_is_said_once() -> None:
    assert said(scan(dev="", prod="")) == ["base/web.yaml:10 no limit"]


def test_a_fault_that_all_overlays_mend_is_none() -> None:
    assert said(scan(dev=LIMITS, prod=LIMITS)) == []


def test_a_fault_that_some_have_names_them() -> None:
    report = scan(dev="", prod=LIMITS)
    assert said(report) == ["base/web.yaml:10 no limit (in dev, not in prod)"]
    assert [(one.location.path, one.note) for one in report.findings[0].related] == [
        ("dev/kustomization.yaml", "in this overlay")
    ]


def test_the_fingerprint_does_not_hang_on_the_overlays() -> None:
    (alone,), (some,) = (
        [one.fingerprint for one in scan(**each).results()] for each in ({"dev": ""}, {"dev": "", "b": LIMITS})
    )
    assert alone == some


def test_an_annotation_of_the_base_holds_in_every_overlay() -> None:
    base = BASE.replace("metadata: {name: web}", "metadata: {name: web, annotations: {k8slint.dev/ignore: no-limit}}")
    report = scan(base, dev="", prod="{spec: {replicas: 2}}")
    assert said(report) == []
    assert len(report.suppressed) == 1


def test_an_annotation_of_one_overlay_holds_there_alone() -> None:
    assert said(scan(dev=IGNORED, prod="")) == ["base/web.yaml:10 no limit"]
    assert said(scan(dev=IGNORED, prod="", test=LIMITS)) == ["base/web.yaml:10 no limit (in prod, not in test)"]


def test_a_comment_at_the_line_holds_for_all() -> None:
    base = BASE.replace("- name: web\n", "- name: web # k8slint: ignore[no-limit] small\n")
    assert said(scan(base, dev="", prod="{spec: {replicas: 2}}")) == []


def test_a_kustomization_that_a_script_copies_counts_its_paths_from_there() -> None:
    kept = "resources: [web.yaml]\npatches: [{path: ./more/patch.yaml}]\n"
    patch = BASE.partition("  selector")[0] + (
        "  template: {spec: {containers: [{name: web}, {name: more, image: shop/more:1}]}}\n"
    )
    files = {
        "k8s/web.yaml": BASE,
        "k8s/kustomization.yaml": "resources: [web.yaml]\n",
        "k8s/more/kustomization.yaml": kept,
        "k8s/more/patch.yaml": patch,
    }

    def labels(**scripts: str) -> set[str]:
        return {one.label for one in project({**files, **scripts}).workloads}

    copies = '#!/bin/sh\nif [ -n "$MORE" ]; then\n  cp k8s/more/kustomization.yaml ./k8s/kustomization.yaml\nfi\n'
    assert "container more of Deployment web" in labels(**{"set.sh": copies})
    assert labels() == {"Deployment web"}
    twice = copies + "cp k8s/more/kustomization.yaml other/\n"
    assert labels(**{"set.sh": twice}) == {"Deployment web"}
