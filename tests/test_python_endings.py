"""How a script's end hides that its work failed."""

from __future__ import annotations

from textwrap import dedent

import pytest

from k8slint.models.python_endings import endings
from k8slint.models.source import Source


def found(text: str) -> list[tuple[str, int]]:
    return [(one.what, one.location.line) for one in endings(Source("job.py", dedent(text).lstrip()))]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("try:\n    work()\nexcept Exception:\n    log.exception('no')", 3),
        ("setup_logging()\nx = 1\ntry:\n    work()\nexcept Exception:\n    print('no')", 5),
        ("try:\n    work()\nexcept:\n    print('no')", 3),
        ("try:\n    work()\nexcept ValueError:\n    raise\nexcept (OSError, Exception) as error:\n    print(error)", 5),
        ("try:\n    work()\nexcept Exception:\n    print('no')\nfinally:\n    pool.close()\nprint('end')", 3),
        ("def main():\n    try:\n        work()\n    except Exception:\n        print('no')\nmain()", 4),
        ("def main():\n    try:\n        work()\n    except Exception:\n        return False\nsys.exit(main())", 4),
        ("def main():\n    with x:\n        try:\n            y\n        except Exception:\n            0\nmain()", 5),
        ("def main():\n    try:\n        a = work()\n    except Exception:\n        return\n    more(a)\nmain()", 4),
    ],
)  # fmt: skip
def test_a_handler_hides_it(text: str, line: int) -> None:
    assert found(text) == [("handler", line)]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    work()\nexcept Exception:\n    log.exception('no')\n    raise",
        "try:\n    work()\nexcept Exception:\n    sys.exit(1)",
        "try:\n    work()\nexcept ValueError:\n    print('no')",
        "try:\n    work()\nexcept Exception:\n    failed = True",
        "try:\n    work()\nexcept Exception as error:\n    tell(error)",
        "try:\n    work()\nexcept Exception:\n    print('no')\nfinally:\n    sys.exit(code)",
        "try:\n    import fast\nexcept Exception:\n    print('no')\nwork()",
        "for one in many:\n    try:\n        work(one)\n    except Exception:\n        print('no')",
        "def main():\n    try:\n        work()\n    except Exception:\n        return 1\nsys.exit(main())",
        "def helper():\n    try:\n        work()\n    except Exception:\n        print('no')\n",
        "def main():\n    main()\nmain()",
        "work()\ntry:\n    tell()\nexcept Exception:\n    print('no')",
        "try:\n    tidy()\nexcept Exception:\n    log.warning('no')",
        "this is no Python",
        "",
    ],
)
def test_a_failure_is_seen_or_may_be(text: str) -> None:
    assert found(text) == []


def test_results_that_nobody_looks_at() -> None:
    assert found("async def main():\n    await asyncio.gather(*tasks, return_exceptions=True)") == [("gather", 2)]
    assert found("with ThreadPoolExecutor() as pool:\n    pool.submit(work)") == [("submit", 2)]
    assert found("async def main():\n    done = await asyncio.gather(*tasks, return_exceptions=True)") == []
    assert found("async def main():\n    t.cancel()\n    await asyncio.gather(t, return_exceptions=True)") == []
    assert found("async def main():\n    await asyncio.gather(*tasks)") == []
    assert found("form.submit(work)") == []
