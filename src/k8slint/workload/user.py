"""The user that a container's program runs as: manifest over image over base image."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.dockerfile import Stage
from k8slint.models.manifest import Container, KubernetesObject
from k8slint.models.yaml import Scalar, as_bool, as_int
from k8slint.workload.knowledge import BaseImage

_ROOT = ("root", "0")


class User(Struct, frozen=True):
    """``name`` as it is written; ``is_root`` whether it is uid 0.

    ``refused``: ``runAsNonRoot`` is set, and the kubelet will not start an image whose user is root, or is a name.
    """

    name: str
    is_root: bool
    refused: bool = False


NOBODY = User("nobody", False)


def effective_user(
    container: Container | None,
    owner: KubernetesObject | None,
    stage: Stage | None,
    base: BaseImage,
    templates_mention: str,
) -> Fact[User]:
    """The user in effect, with the places that decide it."""
    must_not_be_root: Fact[bool] = absent()
    if container is not None and owner is not None and owner.pod is not None:
        for node, where in ((container.node, "container"), (owner.pod.spec, "pod")):
            setting = node.get("securityContext", "runAsUser")
            if setting is not None:
                uid = as_int(setting)
                place = Place(setting.location, f"runAsUser of the {where}")
                return (
                    unknown("runAsUser is filled in later") if uid is None else known(User(str(uid), uid == 0), place)
                )
        for node in (container.node, owner.pod.spec):
            setting = node.get("securityContext", "runAsNonRoot")
            if isinstance(setting, Scalar) and must_not_be_root.is_absent:
                wanted = as_bool(setting)
                place = Place(setting.location, "runAsNonRoot")
                must_not_be_root = (
                    unknown("runAsNonRoot is filled in later") if wanted is None else known(wanted, place)
                )
    elif templates_mention:
        return unknown(templates_mention)
    image = _image_user(stage, base, container)
    if image.is_known:
        image = known(image.value, *image.places, *_contexts_without_user(container, owner))
    if not image.is_known or (not image.value.is_root and image.value.name.isdigit()):
        return image
    if must_not_be_root.is_unknown:
        return unknown(must_not_be_root.reason) if image.value.is_root else image
    if must_not_be_root.is_known and must_not_be_root.value:
        places = (*must_not_be_root.places, *_image_user(stage, base, container).places)
        return known(User(image.value.name, image.value.is_root, refused=True), *places)
    return image


def _contexts_without_user(container: Container | None, owner: KubernetesObject | None) -> Iterator[Place]:
    """Where the manifest, or a chart's values, could set the user: the security contexts that are written."""
    holders = (container.node if container is not None else None, owner.pod.spec if owner and owner.pod else None)
    for holder, where in zip(holders, ("container", "pod"), strict=True):
        context = holder.get("securityContext") if holder is not None else None
        if context is not None:
            yield Place(context.location, f"the securityContext of the {where} sets no user")


def user_of_service(written: Fact[str], image: Fact[User]) -> Fact[User]:
    """The user that a Compose service sets, else its image's; ``written`` may name a group behind a colon."""
    if not written.is_known:
        return image if written.is_absent else unknown(written.reason, *written.places)
    name = written.value.split(":", 1)[0]
    return known(User(name, name in _ROOT), *written.places)


def _image_user(stage: Stage | None, base: BaseImage, container: Container | None) -> Fact[User]:
    if stage is None:
        if base.user is None or container is None or not container.image.is_known:
            return unknown("the image is not built in this repository")
        note = f"the image runs as {base.user}"
        return known(User(base.user, base.user in _ROOT), *(Place(p.location, note) for p in container.image.places))
    if stage.user.is_unknown:
        return unknown(f"USER is not known: {stage.user.reason}")
    if stage.user.is_known:
        name = stage.user.value.split(":", 1)[0]
        return known(User(name, name in _ROOT), *stage.user.places)
    if base.user is None:
        return unknown("the base image's user is not known")
    place = Place(stage.from_.location, "the final stage has no USER, and the base image runs as " + base.user)
    return known(User(base.user, base.user in _ROOT), place)
