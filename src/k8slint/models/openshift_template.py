"""OpenShift templates: the objects they hold, with the default values of their parameters filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from k8slint.models.yaml_nodes import Entry, Node, Scalar, YamlMapping, YamlSequence, is_null, text
from k8slint.regex import regex

# https://docs.openshift.com/container-platform/latest/openshift_images/using-templates.html#templates-writing-parameters_using-templates
_PARAMETER = regex(r"\$\{\{([A-Za-z0-9_]+)\}\}|\$\{([A-Za-z0-9_]+)\}")
_WHOLE = regex(r"\$\{\{[A-Za-z0-9_]+\}\}")


def is_openshift_template(api_version: str, kind: str) -> bool:
    return kind == "Template" and api_version in ("v1", "template.openshift.io/v1")


def template_objects(template: YamlMapping) -> Iterator[Node]:
    """The objects of a template. A parameter without a default value stays as it is written: it is filled in later.

    Filled in text keeps the place where the parameter is used.
    """
    objects, parameters = template.get("objects"), template.get("parameters")
    values = dict(_defaults(parameters)) if isinstance(parameters, YamlSequence) else {}
    if isinstance(objects, YamlSequence):
        for item in objects.items:
            yield _filled(item, values)


def _defaults(parameters: YamlSequence) -> Iterator[tuple[str, str]]:
    for item in parameters.items:
        name = text(item.get("name")) if isinstance(item, YamlMapping) else None
        value = item.get("value") if isinstance(item, YamlMapping) else None
        if name is not None and isinstance(value, Scalar) and not is_null(value):
            yield name, value.text


def _filled(node: Node, values: Mapping[str, str]) -> Node:
    """``node`` with all parameters that have a value replaced; the depth is that of the document, which is bounded."""
    if isinstance(node, YamlMapping):
        return replace(node, entries=tuple(Entry(one.key, _filled(one.value, values)) for one in node.entries))
    if isinstance(node, YamlSequence):
        return replace(node, items=tuple(_filled(item, values) for item in node.items))
    if "${" not in node.text:
        return node
    filled = _PARAMETER.sub(lambda found: values.get(found[1] or found[2], found[0]), node.text)
    # ${{X}} alone may become a number or a truth value; ${X} always is text.
    return replace(node, text=filled, style="plain" if _WHOLE.fullmatch(node.text) else node.style)
