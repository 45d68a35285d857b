"""Whether a Python program stays up by itself, and what SIGTERM does to it."""

from __future__ import annotations

from typing import ClassVar

import pytest

from builders import image, state
from k8slint.workload.lifetime import blocking, clean_up, interrupt_only, sigterm_handling, stays_up
from k8slint.workload.program import Program

LOOP = "while True:\n    work()\n"
HANDLER = "import signal\nsignal.signal(signal.SIGTERM, stop)\n"


def program(app: str, files: dict[str, str] | None = None) -> Program:
    """The program that ``python app.py`` starts; ``files`` are modules beside it."""
    dockerfile = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "app.py"]\n'
    one = image(dockerfile, {"app.py": app, **(files or {})})
    (process,) = one.processes.value
    return one.program(process).value


def handling(app: str, files: dict[str, str] | None = None) -> str:
    return state(sigterm_handling(program(app, files)))


class TestStaysUp:
    @pytest.mark.parametrize(
        "app",
        [
            "while True:\n    work()\n",
            "while 1:\n    work()\n",
            "def main():\n    while True:\n        work()\nmain()\n",
            "if __name__ == '__main__':\n    while True:\n        work()\n",
            "class Worker:\n    def run(self):\n        while True:\n            work()\nWorker().run()\n",
            "import asyncio\nasync def main():\n    while True:\n        await tick()\nasyncio.run(main())\n",
            "import asyncio\nasyncio.get_event_loop().run_forever()\n",
            "import itertools\nfor number in itertools.count():\n    work(number)\n",
            "from kafka import KafkaConsumer as Topic\norders = Topic('orders')\nfor one in orders:\n    work()\n",
            "import redis\nchannel = redis.Redis().pubsub()\nfor message in channel.listen():\n    work()\n",
            "import pika\npika.BlockingConnection().channel().start_consuming()\n",
            "from http.server import HTTPServer as Server\nServer(('', 80), Handler).serve_forever()\n",
            "import waitress as w\nw.serve(app)\n",
            "import uvicorn\nuvicorn.run('shop:app')\n",
        ],
    )
    def test_an_endless_loop_or_a_server(self, app: str) -> None:
        assert state(stays_up(program(app))) == "known"

    @pytest.mark.parametrize(
        "app",
        [
            "while True:\n    if done():\n        break\n",
            "def main():\n    while True:\n        if done():\n            return\nmain()\n",
            "import sys\nwhile True:\n    if done():\n        sys.exit(1)\n",
            "while True:\n    answer = input()\n",
            "while not stop.is_set():\n    work()\n",
            "for number in range(3):\n    work()\n",
            "def numbers():\n    while True:\n        yield 1\nfor one in numbers():\n    work()\n",
            "def unused():\n    while True:\n        work()\n",
            "import threading\ndef loop():\n    while True:\n        work()\nthreading.Thread(target=loop).start()\n",
            "from kafka import KafkaConsumer\nfor one in KafkaConsumer('orders', consumer_timeout_ms=9):\n    work()\n",
            "from kafka import KafkaConsumer\nfor one in KafkaConsumer('orders', **settings):\n    work()\n",
        ],
    )
    def test_a_loop_that_may_end_or_never_start_proves_nothing(self, app: str) -> None:
        assert state(stays_up(program(app))) == "unknown"

    def test_the_loop_may_stand_in_another_module(self) -> None:
        files = {"shop/__init__.py": "", "shop/loop.py": "def run():\n    while True:\n        work()\n"}
        fact = stays_up(program("from shop.loop import run\nrun()\n", files))
        assert [(place.location.path, place.location.line) for place in fact.places] == [("shop/loop.py", 2)]

    def test_the_main_block_of_an_imported_module_does_not_run(self) -> None:
        files = {"other.py": "if __name__ == '__main__':\n    while True:\n        work()\n"}
        assert state(stays_up(program("import other\n", files))) == "unknown"


class TestHandlesSigterm:
    @pytest.mark.parametrize(
        "handler",
        [
            "import signal\nsignal.signal(signal.SIGTERM, stop)",
            "import signal as s\ns.signal(s.SIGTERM, stop)",
            "from signal import SIGTERM, signal\nsignal(SIGTERM, stop)",
            "from signal import SIGTERM as TERM, signal as on\non(TERM, stop)",
            "import signal\nsignal.signal(signal.Signals.SIGTERM, stop)",
            "import signal\nsignal.signal(15, stop)",
            "import signal\nsignal.signal(signal.SIGTERM, signal.default_int_handler)",
            "import signal\nfor one in (signal.SIGINT, signal.SIGTERM):\n    signal.signal(one, stop)",
            "import signal\nBOTH = [signal.SIGINT, signal.SIGTERM]\nfor one in BOTH:\n    signal.signal(one, stop)",
            "import signal\nfor one in ('SIGINT', 'SIGTERM'):\n    signal.signal(getattr(signal, one), stop)",
            "import asyncio, signal\nasyncio.get_event_loop().add_signal_handler(signal.SIGTERM, stop)",
            "import signal\nfor one in {signal.SIGTERM, signal.SIGINT}:\n    loop.add_signal_handler(one, stop)",
            "import signal\nloop.add_signal_handler(sig=signal.SIGTERM, callback=stop)",
            "import signal\nsignal.sigwait({signal.SIGINT, signal.SIGTERM})",
            "import gevent, signal\ngevent.signal_handler(signal.SIGTERM, stop)",
            "import signal\ndef install():\n    signal.signal(signal.SIGTERM, stop)\ninstall()",
        ],
    )
    def test_in_every_spelling(self, handler: str) -> None:
        assert handling(f"{handler}\n{LOOP}") == "known"

    @pytest.mark.parametrize(
        "handler",
        [
            "import signal\nsignal.signal(signal.SIGINT, stop)",
            "import signal\nfor one in (signal.SIGINT, signal.SIGHUP):\n    signal.signal(one, stop)",
            "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
            "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_DFL)",
            "import signal\nsignal.signal(15, signal.SIG_IGN)",
            "import atexit\natexit.register(stop)",
            "",
        ],
    )
    def test_another_signal_or_none_at_all(self, handler: str) -> None:
        assert handling(f"{handler}\n{LOOP}") == "absent"

    @pytest.mark.parametrize(
        "handler",
        [
            "import signal\ndef on(number):\n    signal.signal(number, stop)\non(signal.SIGTERM)",
            "import signal\nsignal.signal(SETTINGS['signal'], stop)",
        ],
    )
    def test_a_signal_that_is_not_written_out_may_be_it(self, handler: str) -> None:
        assert handling(f"{handler}\n{LOOP}") == "unknown"

    def test_the_place_is_that_of_the_call(self) -> None:
        (place,) = sigterm_handling(program(HANDLER + LOOP)).places
        assert (place.location.line, place.location.column, place.location.end_column) == (2, 1, 36)


class TestServersThatAreCalled:
    @pytest.mark.parametrize(
        ("call", "verdict"),
        [
            ("import uvicorn\nuvicorn.run(app)", "known"),
            ("from aiohttp import web\nweb.run_app(app)", "known"),
            ("from waitress import serve\nserve(app)", "absent"),
            ("import grpc\nserver = grpc.server(pool)\nserver.wait_for_termination()", "absent"),
            ("from apscheduler.schedulers.blocking import BlockingScheduler as S\nS().start()", "absent"),
            ("from temporalio.worker import Worker\nWorker(client).run()", "unknown"),
        ],
    )
    def test_by_the_table_of_servers(self, call: str, verdict: str) -> None:
        assert handling(f"{call}\n") == verdict

    @pytest.mark.parametrize(
        ("arguments", "verdict"),
        [
            ("", "absent"),
            ("debug=False", "absent"),
            ("debug=True", "known"),
            ("debug=True, use_reloader=False", "absent"),
            ("debug=DEBUG", "unknown"),
            ("**settings", "unknown"),
        ],
    )
    def test_the_parent_of_a_reloader_ends_on_sigterm(self, arguments: str, verdict: str) -> None:
        assert handling(f"from flask import Flask\napp = Flask(__name__)\napp.run({arguments})\n") == verdict


class TestWhereTheHandlerRuns:
    @pytest.mark.parametrize(
        "child",
        [
            "import multiprocessing\nmultiprocessing.Pool(4, prepare)",
            "from multiprocessing import Pool\nPool(initializer=prepare)",
            "from concurrent.futures import ProcessPoolExecutor\nProcessPoolExecutor(initializer=prepare)",
            "from multiprocessing import Process\nProcess(target=prepare).start()",
            "import multiprocessing\nmultiprocessing.get_context('spawn').Process(target=prepare).start()",
        ],
    )
    def test_a_handler_of_child_processes_is_none_of_the_program(self, child: str) -> None:
        prepare = "import signal\ndef prepare():\n    signal.signal(signal.SIGTERM, stop)\n"
        assert handling(f"{prepare}{child}\n{LOOP}") == "absent"
        assert handling(f"{prepare}prepare()\n{child}\n{LOOP}") == "known"

    def test_an_imported_module_may_set_it(self) -> None:
        files = {"shop/__init__.py": "from . import stopping\n", "shop/stopping.py": HANDLER}
        assert handling(f"import shop\n{LOOP}", files) == "known"
        assert handling(f"from shop.stopping import *\n{LOOP}", files) == "known"
        assert handling(LOOP, files) == "absent"

    def test_an_import_for_type_checkers_runs_nothing(self) -> None:
        app = f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import stopping\n{LOOP}"
        assert handling(app, {"stopping.py": HANDLER}) == "absent"

    def test_the_main_block_of_an_imported_module_does_not_run(self) -> None:
        guarded = "import signal\nif __name__ == '__main__':\n    signal.signal(signal.SIGTERM, stop)\n"
        assert handling(f"import stopping\n{LOOP}", {"stopping.py": guarded}) == "absent"
        assert handling(guarded + LOOP) == "known"


class TestModulesThatAreLoadedByName:
    FILES: ClassVar = {"plugins/__init__.py": "", "plugins/mail.py": "", "other/stop.py": HANDLER}

    def load(self, name: str) -> str:
        return f"import importlib\nimportlib.import_module({name})\n{LOOP}"

    def test_one_that_is_written_out_is_read(self) -> None:
        assert handling(self.load("'other.stop'"), self.FILES) == "known"
        assert handling(self.load("'plugins.mail'"), self.FILES) == "absent"

    def test_any_module_may_be_meant_by_a_name_that_is_not_known(self) -> None:
        assert handling(self.load("name"), self.FILES) == "unknown"

    def test_unless_none_in_the_project_mentions_sigterm(self) -> None:
        assert handling(self.load("name"), {"plugins/mail.py": ""}) == "absent"

    @pytest.mark.parametrize("prefix", ["f'{}.{{name}}'", "'{}.' + name", "'{}.%s' % name", "'{}.backend_' + name"])
    def test_the_start_of_a_name_says_where_the_module_is(self, prefix: str) -> None:
        assert handling(self.load(prefix.format("plugins")), self.FILES) == "absent"
        assert handling(self.load(prefix.format("other")), self.FILES) == "unknown"

    def test_a_module_that_cannot_be_parsed_may_handle_it(self) -> None:
        assert handling(f"import broken\n{LOOP}", {"broken.py": f"{HANDLER}def (:\n"}) == "unknown"


class TestCleanUp:
    @pytest.mark.parametrize(
        ("app", "note"),
        [
            (f"import atexit\natexit.register(close)\n{LOOP}", "registers clean-up with atexit"),
            ("try:\n    while True:\n        work()\nfinally:\n    close()\n", "the loop has a finally block"),
            ("with database():\n    while True:\n        work()\n", "the loop runs inside with database"),
        ],
    )
    def test_what_a_sudden_end_leaves_undone(self, app: str, note: str) -> None:
        assert [place.note for place in clean_up(program(app))] == [note]

    def test_nothing(self) -> None:
        assert clean_up(program(LOOP)) == ()

    def test_a_program_may_be_written_for_control_c(self) -> None:
        assert interrupt_only(
            program("try:\n    while True:\n        work()\nexcept KeyboardInterrupt:\n    close()\n")
        )
        assert interrupt_only(program(f"import signal\nsignal.signal(signal.SIGINT, stop)\n{LOOP}"))
        assert not interrupt_only(program(HANDLER + LOOP))


def test_what_keeps_a_program_running_is_named_with_its_place() -> None:
    (one,) = blocking(program("import waitress\n\nwaitress.serve(app, port=80)\n"))
    assert (one.what, one.handles_sigterm, one.serves) == ("waitress.serve()", False, True)
    assert (one.location.line, one.location.column, one.location.end_column) == (3, 1, 29)
