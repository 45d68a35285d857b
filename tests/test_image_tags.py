"""Images without a tag that stays."""

from __future__ import annotations

import pytest

from builders import project

SPEC = "spec: {containers: [{name: web, image: ghcr.io/example/web}]}"
SELECTOR = "selector: {matchLabels: {app: web}}"
LABELLED = f"template: {{metadata: {{labels: {{app: web}}}}, {SPEC}}}"


@pytest.mark.parametrize(
    ("kind", "spec", "rolls_out"),
    [
        ("apiVersion: v1\nkind: Pod\n", SPEC, False),
        ("apiVersion: batch/v1\nkind: Job\n", f"spec: {{template: {{{SPEC}}}}}", False),
        ("apiVersion: apps/v1\nkind: Deployment\n", f"spec: {{{SELECTOR}, {LABELLED}}}", True),
    ],
)
def test_only_what_a_controller_replaces_has_rollouts(kind: str, spec: str, rolls_out: bool) -> None:
    (one,) = project({"web.yaml": f"{kind}metadata: {{name: web}}\n{spec}\n"}).mutable_images()
    assert (one.image, one.rolls_out) == ("ghcr.io/example/web", rolls_out)
