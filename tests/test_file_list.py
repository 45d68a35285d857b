"""What each file of a project is taken for."""

from __future__ import annotations

from builders import project

FILES = {
    "Dockerfile": 'FROM python:3.12-slim\nCOPY . /app\nWORKDIR /app\nENTRYPOINT ["./start.sh"]\n',
    "start.sh": "#!/bin/sh\nexec python app.py\n",
    "tools/clean.sh": "rm -rf build\n",
    "app.py": "print(1)\n",
    "lib.py": "",
    "Makefile": "build:\n\tdocker build .\n",
    "docker-compose.yml": "services:\n  web:\n    build: .\n",
    ".github/workflows/ci.yml": "on: push\njobs: {}\n",
    "k8s/base/kustomization.yaml": "resources: [web.yaml]\n",
    "k8s/base/web.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{image: shop}]}\n",
    "k8s/prod/kustomization.yaml": "resources: [../base]\npatches: [{path: more.yaml}]\n",
    "k8s/prod/more.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {priority: 1}\n",
    "k8s/crd.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\n",
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "replicas: 1\n",
    "charts/web/templates/web.yaml": "apiVersion: v1\nkind: Pod\n",
    "openapi.yaml": "services: none\npaths: {}\n",
}


def test_every_file_has_a_class_and_a_reason() -> None:
    found = {one.path: (one.kind, one.why) for one in project(FILES).listed_files()}
    assert found == {
        ".github/workflows/ci.yml": ("CI workflow", "its name"),
        "Dockerfile": ("Dockerfile", "its name"),
        "Makefile": ("build tool", "its name"),
        "app.py": ("Python", "Pod web starts it"),
        "charts/web/Chart.yaml": ("part of a chart", "in the folder of the chart charts/web"),
        "charts/web/templates/web.yaml": ("chart template", "in templates/ of the chart charts/web"),
        "charts/web/values.yaml": ("chart values", "values of the chart charts/web"),
        "docker-compose.yml": ("compose", "1 service"),
        "k8s/base/kustomization.yaml": ("kustomization", "its name"),
        "k8s/base/web.yaml": ("manifest", "Pod web"),
        "k8s/crd.yaml": ("custom resource definition", "its kind"),
        "k8s/prod/kustomization.yaml": ("kustomization", "its name"),
        "k8s/prod/more.yaml": ("patch", "k8s/prod/kustomization.yaml uses it as a patch"),
        "lib.py": ("Python", "its name"),
        "openapi.yaml": ("other", "nothing in it that k8slint reads"),
        "start.sh": ("entry script", "Pod web starts it"),
        "tools/clean.sh": ("shell script", "its name"),
    }
