"""Limits and requests that a LimitRange of the namespace gives to containers which write none."""

from __future__ import annotations

import pytest

from builders import pod, state, workload
from k8slint.workload.workload import Workload

ITEM = "{type: Container, default: {cpu: 500m, memory: 512Mi}, defaultRequest: {cpu: 100m}}"


def limit_range(items: str, name: str = "defaults", namespace: str = "") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: LimitRange\nmetadata: {{name: {name}{where}}}\nspec: {{limits: [{items}]}}\n"


def deployed(*ranges: str, fields: str = "", namespace: str = "") -> Workload:
    manifest = pod(fields)
    if namespace:
        manifest = manifest.replace("{name: web}", f"{{name: web, namespace: {namespace}}}", 1)
    return workload({"pod.yaml": manifest, **{f"range{at}.yaml": one for at, one in enumerate(ranges)}})


def amount(one: Workload, section: str, resource: str) -> str:
    """The quantity as written, else ``<absent>`` or ``<unknown>``."""
    found = one.quantity(section, resource)
    return found.value.text if found.is_known else f"<{state(found)}>"


def test_its_defaults_are_the_containers_with_their_place() -> None:
    one = deployed(limit_range(ITEM))
    assert amount(one, "limits", "cpu") == "500m"
    assert amount(one, "requests", "cpu") == "100m"
    (place,) = one.quantity("limits", "cpu").places
    assert (place.location.path, place.note) == ("range0.yaml", "default of LimitRange defaults")


def test_what_the_container_writes_stands() -> None:
    one = deployed(limit_range(ITEM), fields="resources: {limits: {cpu: 2}}")
    assert amount(one, "limits", "cpu") == "2"
    assert amount(one, "limits", "memory") == "512Mi"


def test_a_request_that_is_not_written_is_the_containers_own_limit_not_the_default() -> None:
    assert amount(deployed(limit_range(ITEM), fields="resources: {limits: {cpu: 2}}"), "requests", "cpu") == "<absent>"


@pytest.mark.parametrize(
    ("item", "limit", "requested"),
    [
        ("{type: Container, max: {cpu: 2}}", "2", "2"),
        ("{type: Container, default: {cpu: 1}, max: {cpu: 2}}", "1", "1"),
        ("{type: Container, min: {cpu: 50m}}", "<absent>", "50m"),
        ("{type: Container, min: {cpu: 50m}, max: {cpu: 2}}", "2", "2"),
        ("{type: Pod, max: {cpu: 2}}", "<absent>", "<absent>"),
        ("{type: Container, default: {memory: 1Gi}}", "<absent>", "<absent>"),
        ("{type: Container, default: {cpu: '{{ cpu }}'}}", "<unknown>", "<unknown>"),
    ],
)
def test_what_is_left_out_is_filled_in_as_the_api_server_does(item: str, limit: str, requested: str) -> None:
    one = deployed(limit_range(item))
    assert (amount(one, "limits", "cpu"), amount(one, "requests", "cpu")) == (limit, requested)


@pytest.mark.parametrize(
    ("of_range", "of_pod", "expected"),
    [
        ("shop", "shop", "500m"),
        ("", "", "500m"),
        ("shop", "", "500m"),
        ("", "shop", "500m"),
        ("shop", "other", "<absent>"),
    ],
)
def test_the_namespace_decides(of_range: str, of_pod: str, expected: str) -> None:
    one = deployed(limit_range(ITEM, namespace=of_range), namespace=of_pod)
    assert amount(one, "limits", "cpu") == expected


def test_an_unwritten_namespace_beside_several_is_not_known() -> None:
    one = deployed(limit_range(ITEM, namespace="shop"), limit_range("", "none", "other"))
    assert amount(one, "limits", "cpu") == "<unknown>"


def test_two_that_differ_leave_it_open_and_two_that_agree_do_not() -> None:
    other = "{type: Container, default: {cpu: 1, memory: 512Mi}}"
    one = deployed(limit_range(ITEM), limit_range(other, "more"))
    assert amount(one, "limits", "cpu") == "<unknown>"
    assert amount(one, "limits", "memory") == "512Mi"
