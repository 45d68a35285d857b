"""What is written about a container's stop: the signal that asks for it, and the time that it may take."""

from __future__ import annotations

from k8slint.fact import Fact, Place, known, unknown
from k8slint.models.compose import ComposeService
from k8slint.models.dockerfile import Stage
from k8slint.models.manifest import Container, KubernetesObject
from k8slint.models.yaml import as_int, text

# https://docs.docker.com/reference/compose-file/services/#stop_grace_period
_COMPOSE_GRACE = 10


def grace_seconds(owner: KubernetesObject | None, service: ComposeService | None) -> Fact[int]:
    """Seconds between the stop signal and SIGKILL, by the Compose service that is run, else by the pod."""
    if service is not None:
        period = service.settings.stop_grace_seconds
        if period.is_absent:
            return known(_COMPOSE_GRACE)
        return known(int(period.value), *period.places) if period.is_known else unknown(period.reason)
    if owner is None or owner.pod is None:
        return unknown("there is no manifest")
    traits = owner.pod.traits
    if not traits.grace_field:
        return unknown(f"the controller of {owner.kind} decides it")
    node = owner.pod.spec.get(traits.grace_field)
    if node is None:
        return known(traits.grace_default)
    seconds = as_int(node)
    if seconds is None:
        return unknown(f"{traits.grace_field} is filled in later")
    return known(seconds, Place(node.location, traits.grace_field))


def stop_signal(container: Container | None, service: ComposeService | None, stage: Stage | None) -> Fact[str]:
    """The signal that the manifest sets, else the Compose service, else the image's STOPSIGNAL, else SIGTERM."""
    if container is not None and (node := container.get("lifecycle", "stopSignal")) is not None:
        return known(_signal(text(node) or ""), Place(node.location, "stopSignal"))
    written = service.settings.stop_signal if service is not None else None
    if (written is None or written.is_absent) and stage is not None:
        written = stage.stopsignal
    if written is None or written.is_absent:
        return known("SIGTERM")
    return known(_signal(written.value), *written.places) if written.is_known else written


def _signal(name: str) -> str:
    """The name of a signal that is written as a name, with or without SIG, or as a number."""
    numbers = {"15": "SIGTERM", "2": "SIGINT", "3": "SIGQUIT", "9": "SIGKILL", "1": "SIGHUP", "10": "SIGUSR1"}
    upper = name.strip().upper()
    return numbers.get(upper, upper if upper.startswith("SIG") else f"SIG{upper}")
