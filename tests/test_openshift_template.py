"""OpenShift templates give the objects in them, with their parameters' defaults."""

from __future__ import annotations

from k8slint.models.manifest import objects
from k8slint.models.source import Source

_TEMPLATE = """\
apiVersion: template.openshift.io/v1
kind: Template
metadata:
  name: shop
objects:
  - apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: shop
    spec:
      replicas: ${{REPLICAS}}
      selector: {matchLabels: {app: shop}}
      template:
        metadata: {labels: {app: shop}}
        spec:
          containers:
            - name: shop
              image: ${IMAGE}:${IMAGE_TAG}
parameters:
  - name: IMAGE
    value: registry.example.com/shop
  - name: IMAGE_TAG
    required: true
  - name: REPLICAS
    value: "3"
"""


def test_parameters_are_filled_in_where_they_have_a_default() -> None:
    (shop,), notices = objects(Source("template.yaml", _TEMPLATE))
    assert notices == ()
    assert shop.name == "shop"
    container = shop.containers[0]
    # The tag has no default, so what the image will be is not known.
    assert container.image.is_unknown
    assert "registry.example.com/shop:${IMAGE_TAG}" in str(container.get("image"))
    replicas = shop.root.get("spec", "replicas")
    assert replicas is not None
    assert (replicas.location.line, replicas.location.column) == (11, 17)


def test_a_number_is_a_number() -> None:
    from k8slint.models.yaml import as_int

    (shop,), _ = objects(Source("template.yaml", _TEMPLATE))
    assert as_int(shop.root.get("spec", "replicas")) == 3
