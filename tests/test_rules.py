"""Every example of every page of every built-in rule, and the reading of pages as tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from k8slint import plugins, testing
from k8slint.project import Project
from k8slint.report import LoadedRule
from k8slint.rule import Finding, Rule, Severity
from k8slint.testing import PageError

PACKAGE = "k8slint_rules"


@pytest.mark.parametrize("loaded", list(plugins.import_package(PACKAGE)), ids=testing.name)
def test_page_is_complete(loaded: LoadedRule) -> None:
    assert testing.page_problems(loaded) == []


@pytest.mark.parametrize(("loaded", "example"), testing.cases(PACKAGE), ids=testing.name)
def test_example(loaded: LoadedRule, example: testing.Example) -> None:
    assert testing.run_example(loaded, example) == []


@pytest.mark.parametrize("loaded", list(plugins.import_package(PACKAGE)), ids=testing.name)
def test_fix(loaded: LoadedRule) -> None:
    assert testing.run_fix(loaded) == []


def check(project: Project) -> Iterator[Finding]:
    """Every line with BAD, once for each time; pedantic where it says FUSSY."""
    for path in sorted(project.paths):
        source = project.source(path)
        for number in range(1, source.line_count + 1):
            start = source.line(number).find("BAD")
            while start >= 0:
                offset = source.offset(number, start + 1)
                place = source.span(offset, offset + 3)
                yield Finding(RULE, place, f"bad {start}", pedantic="FUSSY" in source.line(number))
                start = source.line(number).find("BAD", start + 3)


RULE: Rule[Any] = Rule("bad-word", "It is bad", Severity.ERROR, Project, check)

PAGE = """\
# bad-word

What happens. The word is spelt:

```python
BAD
```

## Bad: in two files

```python title=app.py
x = 1
# expect: bad-word
y = "BAD"
```

Words in between.

~~~~sh title=bin/start.sh
#!/bin/sh
## Good: not a heading
  # expect: bad-word
  # expect: bad-word
  BAD BAD
~~~~

## Bad: often on purpose (pedantic)
```dockerfile title=Dockerfile
FROM a
# expect: bad-word
RUN BAD FUSSY
```

## Good: often on purpose
```dockerfile title=Dockerfile
FROM a
RUN BAD FUSSY
```

## Good: a script that may not be run
```sh title="run" mode=640
#!/bin/sh
echo good
```

## Fix

```python title=ignored.py
BAD
```

## See
"""


def loaded_with(page: str) -> LoadedRule:
    return LoadedRule(RULE, "words", "my_rules", "my_rules.words.bad_word", page)


def page(*examples: str, title: str = "# bad-word", rest: str = "## Fix\n## See\n") -> str:
    return "\n".join((title, *examples, rest))


def bad(body: str, heading: str = "one") -> str:
    return f"## Bad: {heading}\n```yaml title=x.yaml\n{body}\n```"


def test_a_page_holds_examples_with_files_modes_and_expectations() -> None:
    first, second, third, fourth = testing.examples(PAGE)
    assert [example.heading for example in (first, second, third, fourth)] == [
        "Bad: in two files",
        "Bad: often on purpose (pedantic)",
        "Good: often on purpose",
        "Good: a script that may not be run",
    ]
    assert {path: file.mode for path, file in first.files.items()} == {"app.py": 0o644, "bin/start.sh": 0o755}
    assert first.files["app.py"].data == b'x = 1\n# expect: bad-word\ny = "BAD"\n'
    assert [(one.path, one.line) for one in first.expected] == [("app.py", 3), ("bin/start.sh", 5), ("bin/start.sh", 5)]
    assert [example.is_pedantic for example in (first, second)] == [False, True]
    assert fourth.files["run"].mode == 0o640


def test_a_page_that_holds_true() -> None:
    loaded = loaded_with(PAGE)
    assert testing.page_problems(loaded) == []
    assert [testing.run_example(loaded, example) for example in testing.examples(PAGE)] == [[], [], [], []]


def test_what_differs_is_said_in_words() -> None:
    (missed,) = testing.examples(page(bad("# expect: bad-word\nfine: 1\nx: BAD")))
    assert testing.run_example(loaded_with(""), missed) == [
        "x.yaml:2: bad-word is expected and not found",
        "x.yaml:3: found and not expected: bad 3",
    ]
    (once,) = testing.examples(page(bad("# expect: bad-word\nx: BAD BAD")))
    assert testing.run_example(loaded_with(""), once) == ["x.yaml:2: found and not expected: bad 3 | bad 7"]
    (stranger,) = testing.examples(page(bad("# expect: other-rule\nx: 1")))
    assert testing.run_example(loaded_with(""), stranger) == ["expects other-rule on the page of bad-word"]


def test_an_example_that_cannot_be_read_proves_nothing() -> None:
    (broken,) = testing.examples(page("## Good: broken\n```dockerfile title=Dockerfile\nRUN nothing\n```"))
    (problem,) = testing.run_example(loaded_with(""), broken)
    assert problem.startswith("Dockerfile:1:1: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bad("x: 1"), "Bad: one: nothing is expected"),
        ("## Good: one\n```yaml title=x.yaml\n# expect: bad-word\nx: 1\n```", "Good: one: something is expected"),
        ("## Good: one\n```yaml\nx: 1\n```", "Good: one: there is no block with title=path"),
        (bad("x: 1\n# expect: bad-word"), "x.yaml: nothing stands below the last '# expect'"),
        ("## Good: one\n```yaml title=x.yaml\nx: 1\n", "line 3: the block is not closed"),
        (bad("# expect: a\nx: 1") + "\n```yaml title=x.yaml\n```", "Bad: one: two files are called x.yaml"),
        ("## Good: one\n```sh title=x mode=9\n```", "Good: one: mode=9 is not a file mode"),
    ],
)
def test_a_page_that_cannot_be_read_says_where(text: str, message: str) -> None:
    with pytest.raises(PageError) as caught:
        testing.examples(page(text))
    assert str(caught.value) == message
    assert testing.page_problems(loaded_with(page(text))) == [message]


def test_what_a_page_lacks() -> None:
    text = page(bad("# expect: a\nx: 1"), bad("# expect: a\nx: 1"), title="# other", rest="")
    assert testing.page_problems(loaded_with(text)) == [
        "the first line should be '# bad-word'",
        "it has 0 of the two or more headings '## Good: ...' that a page needs",
        "it has no heading '## Fix'",
        "it has no heading '## See'",
        "two examples are called 'Bad: one'",
    ]
