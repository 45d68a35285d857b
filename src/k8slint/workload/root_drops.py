"""Whether a container's root only starts its program, which then runs as another user."""

from __future__ import annotations

from k8slint.regex import regex
from k8slint.workload.process import Language, Process
from k8slint.workload.workload import Workload

ROOT_DROP_CALLS = ("os.setuid", "os.setreuid", "os.setresuid", "os.seteuid")
# What names a user, or a file or a hook that may; "" is a word that is filled in later.
_UWSGI_USER = regex(
    r"|--?(?:uid|drop-after|ini|ya?ml|xml|json|config|emperor|hook|exec|vassal|plugin|import)[\w-]*"
    r"|[^-].*\.(?:ini|ya?ml|xml|json)"
)
_SWITCHES = ("gosu", "su-exec", "su", "runuser", "setpriv")


def may_drop_root(workload: Workload, by_manifest: bool) -> bool:
    """Whether it does, or may for all that is known; what cannot be read does not, where the manifest asks for root."""
    if workload.owner is not None and workload.owner.group.endswith("openshift.io"):
        return True  # OpenShift gives each pod a user of its own.
    if any(_switches(workload, process, by_manifest) for process in workload.processes.or_else(())):
        return True
    return any(
        not program.runs_in_children_only(call.scope)
        for _, program in workload.programs()
        for _, call in program.calls(*ROOT_DROP_CALLS)
    )


def _switches(workload: Workload, process: Process, by_manifest: bool) -> bool:
    entry = process.entry
    if process.drops_root or any(step.name in _SWITCHES and step.user is None for step in process.steps):
        return True
    if entry.language is Language.UNKNOWN:
        return not by_manifest
    if entry.server == "supervisord":
        return True  # Its configuration may name a user.
    if entry.server == "uwsgi":
        # A file of settings that can be read stands among the words, and a variable that is known does.
        words = (word.text.partition("=")[0] if word.text is not None else "" for word in entry.words)
        return (
            any(_UWSGI_USER.fullmatch(word) for word in words)
            or not workload.environment.get("UWSGI_UID", process).is_absent
        )
    names = {"gunicorn": ("-u", "--user"), "celery": ("--uid",)}.get(entry.server, ())
    return entry.option(*names) is not None
