"""What conditions, patterns and loops of a shell script come to, as far as its variables are known."""

from __future__ import annotations

from fnmatch import fnmatchcase

from k8slint.models import shell
from k8slint.workload.process import Word
from k8slint.workload.shell_words import Variables, expand, test

_CONSTANT = ("true", ":", "false")


def verdict(statement: shell.Statement, variables: Variables) -> bool | None:
    """Whether a condition holds, None where that is not known."""
    if isinstance(statement, shell.Negated):
        inner = verdict(statement.command, variables)
        return None if inner is None else not inner
    if isinstance(statement, shell.AndOr):
        left, right = verdict(statement.left, variables), verdict(statement.right, variables)
        if statement.operator == "&&":
            return False if left is False or right is False else (True if left and right else None)
        return True if left is True or right is True else (False if left is False and right is False else None)
    if isinstance(statement, shell.Sequence) and len(statement.statements) == 1:
        return verdict(statement.statements[0], variables)
    if isinstance(statement, shell.SimpleCommand) and statement.words and statement.words[0].literal in _CONSTANT:
        return statement.words[0].literal != "false"
    if not is_test(statement) or not isinstance(statement, shell.SimpleCommand):
        return None
    words: list[Word] = []
    for word in statement.words:
        expanded = expand(word, variables)
        # In a test an empty word still counts: "$X" and, inside [[ ]], $X too.
        words.extend(expanded or (Word("", word.location, word.text),))
    return test(tuple(words))


def fits(subject: str | None, patterns: tuple[str, ...]) -> bool | None:
    """Whether the subject of a case matches an arm, None where that is not known."""
    if "*" in patterns:
        return True
    if subject is None:
        return None
    written = [pattern for pattern in patterns if "$" not in pattern and "`" not in pattern]
    if any(fnmatchcase(subject, pattern) for pattern in written):
        return True
    return False if len(written) == len(patterns) else None


def is_test(statement: shell.Statement) -> bool:
    """Whether a statement is ``[ ... ]``, ``[[ ... ]]`` or ``test ...``."""
    if not isinstance(statement, shell.SimpleCommand) or not statement.words:
        return False
    return statement.words[0].literal in ("[", "[[", "test")


def gives_up(statement: shell.Statement) -> bool:
    """Whether what stands behind ``||`` only reports, or leaves the script."""
    if isinstance(statement, shell.SimpleCommand):
        first = statement.words[0].literal if statement.words else None
        return first in ("exit", "return", "true", ":", "echo", "printf", "false", "continue", "break", "kill")
    if isinstance(statement, shell.Sequence):
        return bool(statement.statements) and gives_up(statement.statements[-1])
    if isinstance(statement, shell.Subshell):
        return gives_up(statement.body)
    return isinstance(statement, shell.AndOr) and gives_up(statement.right)


def always(condition: shell.Statement | None) -> bool:
    """Whether the condition of a loop always holds."""
    if isinstance(condition, shell.Sequence) and len(condition.statements) == 1:
        condition = condition.statements[0]
    if not isinstance(condition, shell.SimpleCommand) or not condition.words:
        return False
    return [word.literal for word in condition.words] in (["true"], [":"], ["[", "1", "]"])


def breaks(body: shell.Statement) -> bool:
    """Whether a loop can be left from inside."""
    if isinstance(body, shell.SimpleCommand):
        return bool(body.words) and body.words[0].literal in ("break", "exit", "return", "exec")
    if isinstance(body, shell.Sequence):
        return any(breaks(statement) for statement in body.statements)
    if isinstance(body, shell.AndOr):
        return breaks(body.left) or breaks(body.right)
    if isinstance(body, shell.If):
        return any(breaks(branch) for _, branch in body.branches) or (
            body.otherwise is not None and breaks(body.otherwise)
        )
    if isinstance(body, shell.Case):
        return any(breaks(arm.body) for arm in body.arms)
    return isinstance(body, shell.Subshell) and breaks(body.body)
