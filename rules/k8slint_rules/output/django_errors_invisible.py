"""A Django program whose tracebacks reach nobody."""

from collections.abc import Iterator

from k8slint import Finding, Rule, Severity, Workload, silent_errors

FIX = (
    'LOGGING = {"version": 1, "disable_existing_loggers": False, "handlers": {"console": {"class": '
    '"logging.StreamHandler"}}, "root": {"handlers": ["console"], "level": "INFO"}}'
)


def check(workload: Workload) -> Iterator[Finding]:
    if workload.is_base or not workload.ours.or_else(True):
        return
    for found in silent_errors(workload):
        why = "and no handler in LOGGING prints Django's errors" if found.has_logging else "and no LOGGING"
        mailed = "mails errors to ADMINS" if found.mails else "mails errors to ADMINS, which is empty,"
        message = (
            f"{found.settings} runs with DEBUG off {why}: Django {mailed} and prints nothing, so an exception in a "
            f"view leaves no traceback in the logs of {workload.label}"
        )
        yield Finding(RULE, found.location, message, f"log to the console: {FIX}")


RULE = Rule(
    "django-errors-invisible",
    "Django prints nothing of an exception in a view, because DEBUG is off and nothing logs to the console",
    Severity.ERROR,
    Workload,
    check,
)
