"""Repairs of Python programs: what is written, and what is left alone."""

from __future__ import annotations

import pytest

from k8slint.fix.compare import demand_little
from k8slint.fix.edits import applied, edits
from k8slint.fix.refusal import Refused
from k8slint.models.source import Source
from k8slint.repair import Change, CountFromEnvironment, Repair, Safety, StopEvent

HANDLER = "stop = threading.Event()\nsignal.signal(signal.SIGTERM, lambda *_: stop.set())\n"


def made(text: str, *changes: Change) -> str:
    source = Source("app.py", text)
    after = applied(source, edits(Repair("change it", Safety.UNSAFE, changes), lambda _: source))
    demand_little(source, Source("app.py", after), changes)
    return after


def stopping(text: str) -> str:
    source = Source("app.py", text)
    start = text.index("while ")
    return made(text, StopEvent(source.span(start, start + 5)))


def counted(text: str) -> str:
    source = Source("app.py", text)
    return made(text, CountFromEnvironment(source.line_span(source.position(text.rindex("cpu_count"))[0]), "CPUS"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import time\nwhile True:\n    time.sleep(1)\n",
            f"import signal\nimport threading\nimport time\n{HANDLER}while not stop.is_set():\n    stop.wait(1)\n",
        ),
        (
            "import os\nimport signal\nimport time\n\nimport redis\n\n"
            "# for ever\nwhile 1:  # yes\n    time.sleep( 1 )\n",
            "import os\nimport signal\nimport threading\nimport time\n\nimport redis\n\n"
            f"{HANDLER}# for ever\nwhile not stop.is_set():  # yes\n    stop.wait( 1 )\n",
        ),
        (
            "from time import sleep\nwhile True:\n    sleep(N)\n",
            f"import signal\nimport threading\nfrom time import sleep\n{HANDLER}"
            "while not stop.is_set():\n    stop.wait(N)\n",
        ),
    ],
)
def test_a_loop_ends_on_a_stop(before: str, after: str) -> None:
    assert stopping(before) == after
    assert stopping(before.replace("\n", "\r\n")) == after.replace("\n", "\r\n")


def test_a_loop_in_main_keeps_its_indentation() -> None:
    before = "import time\ndef main():\n\ttry:\n\t\twhile True:\n\t\t\ttime.sleep(1)\n\tfinally:\n\t\tend()\nmain()\n"
    assert stopping(before) == (
        "import signal\nimport threading\nimport time\ndef main():\n\ttry:\n\t\tstop = threading.Event()\n"
        "\t\tsignal.signal(signal.SIGTERM, lambda *_: stop.set())\n\t\twhile not stop.is_set():\n\t\t\tstop.wait(1)\n"
        "\tfinally:\n\t\tend()\nmain()\n"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import time\nwhile True:\n    work(queue.get())\n", "does not wait"),
        ("import time\nwhile True:\n    if idle():\n        time.sleep(1)\n", "does not wait"),
        ("import time\nstop = 1\nwhile True:\n    time.sleep(1)\n", "names"),
        ("import time\nfrom signal import signal\nwhile True:\n    time.sleep(1)\n", "names"),
        ("import time\nclass A:\n    def main(self):\n        while True:\n            time.sleep(1)\n", "neither"),
        ("import time\nasync def main():\n    while True:\n        time.sleep(1)\n", "neither"),
        ("import time\ndef helper():\n    while True:\n        time.sleep(1)\n", "neither"),
        ("import time\nwhile True:\n    time.sleep(1)\nelse:\n    end()\n", "plain"),
        ("import time\nwhile not done():\n    time.sleep(1)\n", "plain"),
        ("def main():\n    import time\n    while True:\n        time.sleep(1)\n", "does not wait"),
        ("import time\nwhile True:\n    time.sleep(1\n", "read"),
    ],
)
def test_a_loop_that_would_not_end_by_it_is_left_alone(text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        stopping(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import os\n\npool = Pool(os.cpu_count())\n",
            'import os\n\npool = Pool(int(os.environ.get("CPUS", "1")))\n',
        ),
        (
            "import multiprocessing\n\nworkers = multiprocessing.cpu_count() * 2 + 1  # usual\n",
            'import multiprocessing\nimport os\n\nworkers = int(os.environ.get("CPUS", "1")) * 2 + 1  # usual\n',
        ),
    ],
)
def test_a_count_comes_from_the_environment(before: str, after: str) -> None:
    assert counted(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "from os import cpu_count\nworkers = cpu_count()\n",
        "import os\nworkers = min(os.cpu_count(), os.cpu_count())\n",
        "import multiprocessing\nos = 1\nworkers = multiprocessing.cpu_count()\n",
    ],
)
def test_a_count_in_another_spelling_is_left_alone(text: str) -> None:
    with pytest.raises(Refused):
        counted(text)


@pytest.mark.parametrize(
    "after",
    [
        "import time\nx = 1\nwhile not stop.is_set():\n    time.sleep(1)\n",
        "import time\nwhile True:\n    pass\n",
        "import time\n",
        "import time\nwhile True:\n",
    ],
)
def test_other_changes_are_refused(after: str) -> None:
    before = Source("app.py", "import time\nwhile True:\n    time.sleep(1)\n")
    with pytest.raises(Refused):
        demand_little(before, Source("app.py", after), [StopEvent(before.line_span(2))])
