"""What a program calls and uses."""

from __future__ import annotations

import pytest

from k8slint import Program, Workload, is_method_of_unmade_class, only_in_idle_classes
from k8slint.project import FileText, Project


def program(**texts: str) -> Program:
    files = {f"{name}.py": FileText(f"{name}.py", text.encode(), 0o644) for name, text in texts.items()}
    files["Dockerfile"] = FileText("Dockerfile", b'FROM python:3.12\nCOPY . .\nCMD ["python", "main.py"]\n', 0o644)
    (workload,) = Project.from_files(files, frozenset({"os.cpu_count", ".put", "time.sleep"}), "app").units(Workload)
    return workload.program(workload.processes.value[0]).value


def test_calls_come_in_the_order_of_the_modules_and_each_once() -> None:
    found = program(main="import os, time, more\ntime.sleep(1)\nos.cpu_count()\n", more="q.put(1)\nq.task.put(2)\n")
    names = [
        (module.path, call.name) for module, call in found.calls(".put", "os.cpu_count", ".task.put", "time.sleep")
    ]
    assert [name.rpartition(".")[2] for _, name in names] == ["sleep", "cpu_count", "put", "put"]
    assert [path for path, _ in names] == ["main.py", "main.py", "more.py", "more.py"]


def test_calls_under_the_main_guard_count_in_the_script_only() -> None:
    guarded = "import os\nif __name__ == '__main__':\n    os.cpu_count()\n"
    found = program(main=f"import more\n{guarded}", more=guarded)
    assert [module.path for module, _ in found.calls("os.cpu_count")] == ["main.py"]


def test_a_name_is_used_in_a_module_that_was_not_read_in_full() -> None:
    found = program(main="import os, more\nos.cpu_count()\n", more="def start():\n    rerun()\n")
    assert found.uses("cpu_count")
    assert found.uses("rerun")
    assert not found.uses("run")


class TestIdleClasses:
    CLIENT = "from watch import follow\n\nclass Client:\n    def get(self):\n        follow()\n"
    WATCH = "def follow():\n    print('one')\n"

    def test_a_class_that_is_only_imported_calls_nothing(self) -> None:
        found = program(main="from client import Client\n", client=self.CLIENT, watch=self.WATCH)
        assert only_in_idle_classes(found, "follow")

    def test_an_object_of_the_class_may_call(self) -> None:
        found = program(main="from client import Client\nClient().get()\n", client=self.CLIENT, watch=self.WATCH)
        assert not only_in_idle_classes(found, "follow")

    def test_a_subclass_may_call(self) -> None:
        main = "from client import Client\n\nclass Own(Client):\n    pass\n\nOwn().get()\n"
        assert not only_in_idle_classes(program(main=main, client=self.CLIENT, watch=self.WATCH), "follow")

    def test_a_function_that_is_handed_on_may_be_called(self) -> None:
        main = "from client import Client\nfrom watch import follow\nstart(follow)\n"
        assert not only_in_idle_classes(program(main=main, client=self.CLIENT, watch=self.WATCH), "follow")


class TestMethodsOfUnmadeClasses:
    COMMAND = "import time\n\nclass Command:\n    def start(self):\n        time.sleep(1)\n"

    @pytest.mark.parametrize(
        ("main", "is_unmade"),
        [
            (
                "from command import Command\nnames = [Command]\noptions = {'o': 'Command.o'}\n",
                True,
            ),
            ("from command import Command\nCommand().start()\n", False),
            ("from command import Command\nrun(Command.start)\n", False),
            ("from command import Command as Other\nOther().start()\n", False),
            ("from command import Command\nclass Own(Command):\n    pass\n\nOwn().start()\n", False),
        ],
    )
    def test_a_class_that_is_only_listed_makes_no_object(self, main: str, is_unmade: bool) -> None:
        found = program(main=main, command=self.COMMAND)
        (module,) = [one for one in found.modules if one.classes and one.path == "command.py"]
        assert is_method_of_unmade_class(found, module, "Command.start") is is_unmade

    def test_a_function_belongs_to_no_class(self) -> None:
        found = program(main="def start():\n    print('one')\n")
        assert not is_method_of_unmade_class(found, found.entry, "start")
