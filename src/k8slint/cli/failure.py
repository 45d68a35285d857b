"""What the user can mend."""

from __future__ import annotations

import click


class Failure(click.ClickException):
    """k8slint cannot do its job, for a reason that the user can mend."""

    exit_code = 2
