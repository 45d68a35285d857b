"""The names by which an image and a Dockerfile may know each other."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from k8slint.models.yaml import YamlMapping, YamlSequence, text
from k8slint.workload.knowledge import common_words


def plain(name: str) -> str:
    """``name`` in lower case with hyphens for everything that is neither letter nor digit."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def names_of(path: str, project: str) -> Iterator[str]:
    """The image names that a Dockerfile's place suggests."""
    folder, file = posixpath.split(path)
    lower = file.lower()
    suffix = ""
    if lower.startswith(("dockerfile.", "dockerfile-", "dockerfile_", "containerfile.")):
        suffix = re.split(r"[._-]", lower, maxsplit=1)[1]
    elif lower.endswith((".dockerfile", ".containerfile")):
        suffix = lower.rsplit(".", 1)[0]
    parts = [part for part in folder.split("/") if part]
    while parts and plain(parts[-1]) in common_words("folders"):
        parts.pop()
    own = parts[-1] if parts else project
    if suffix:
        yield plain(suffix)
        yield plain(f"{own}-{suffix}")
        yield plain(f"{project}-{suffix}")
        return
    yield plain(own)
    if parts:
        yield plain(f"{project}-{own}")


def names_wanted(repository: str, tag: str, project: str) -> Iterator[tuple[str, str]]:
    """Names to look for, the most telling first, each with how to say it."""
    last = repository.rsplit("/", 1)[-1]
    name = plain(last)
    tagged = tag_name(tag)
    if tagged:
        yield tagged, f"the tag {tag}"
        for ending in ("-api", "-app", "-server"):
            if tagged.endswith(ending):
                yield tagged.removesuffix(ending), f"the tag {tag}"
    yield name, f"image {last}"
    owner = repository.rsplit("/", 2)[-2] if repository.count("/") else ""
    for prefix in (plain(project), plain(owner)):
        if prefix and name.startswith(prefix + "-"):
            yield name.removeprefix(prefix + "-"), f"image {last}"
    for whole, why in ((tagged, f"the tag {tag}"), (name, f"image {last}")):
        words = whole.split("-")
        for count in range(len(words) - 1, 0, -1):
            yield "-".join(words[-count:]), why
    for whole, why in ((tagged, f"the tag {tag}"), (name, f"image {last}")):
        words = whole.split("-")
        # What kind of program it is does not tell which; of other words, one alone in front says too little.
        if len(words) == 2 and words[1] in common_words("endings"):
            yield words[0], why
        for count in range(len(words) - 1, 1, -1) if whole == tagged else ():
            yield "-".join(words[:count]), why


def tag_name(tag: str) -> str:
    """The component that a tag encodes before a version, '' for a plain version."""
    stem = re.sub(r"[-_.]?v?\d+([._]\d+)*([-_.]?(rc|alpha|beta|dev)\d*)?$", "", tag)
    name = plain(stem)
    return "" if name in common_words("tags") or re.fullmatch(r"[0-9a-f-]*", name) else name


def with_parameters(image: str, root: YamlMapping) -> str:
    """An image in an OpenShift template, its parameters with the values that the template gives them.

    https://docs.openshift.com/container-platform/4.17/openshift_images/using-templates.html
    """
    listed = root.get("parameters") if text(root.get("kind")) == "Template" else None
    for one in listed.items if isinstance(listed, YamlSequence) else ():
        name, value = (
            (text(one.get(key)) for key in ("name", "value")) if isinstance(one, YamlMapping) else (None, None)
        )
        if name and value:
            image = image.replace(f"${{{name}}}", value)
    return image


def literal_name(image: str) -> str:
    """The last part of an image's name where only its registry or its tag are filled in later, else ''."""
    last = image.rsplit("/", 1)[-1].split(":", 1)[0].split("@", 1)[0]
    return last if re.fullmatch(r"[a-z0-9]+([._-]+[a-z0-9]+)*", last) and "/" in image else ""


def name_words(name: str) -> frozenset[str]:
    """The words in a name, without those of one or two letters."""
    return frozenset(word for word in re.split(r"[^a-z0-9]+", name.lower()) if len(word) > 2)
