"""Django prints no error: with DEBUG off its own console handler is silent, and nobody set another."""

from collections.abc import Iterator

from k8slint import Finding, HiddenErrors, Needs, Related, Rule, Severity, Workload, hidden_errors

FIX = "give the root logger a logging.StreamHandler in LOGGING, with disable_existing_loggers False"
REASONS = {
    "none": "{path} has DEBUG off and no LOGGING, and Django's own console handler prints with DEBUG on only",
    "unheard": (
        "the LOGGING of {path} gives neither the root logger nor django a handler that prints with DEBUG off, "
        "and Django's own does not"
    ),
    "disabled": "the LOGGING of {path} leaves disable_existing_loggers on and does not name django, which silences it",
}


def check(workload: Workload) -> Iterator[Finding]:
    if workload.runs_to_completion or not workload.ours.or_else(False):
        return
    seen: set[HiddenErrors] = set()
    for process, found in hidden_errors(workload):
        if found in seen:
            continue
        seen.add(found)
        message = f"{REASONS[found.why].format(path=found.path)}: an error in a view leaves no traceback in the logs"
        started = Related(process.entry.location, f"{process.entry.name} serves it and sets up no logging of its own")
        yield Finding(RULE, found.location, message, FIX, (started,))


RULE = Rule(
    "django-errors-invisible",
    "Django's errors are not printed in production",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.PYTHON,),
)
