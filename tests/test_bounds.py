"""Small projects that would take for ever, or all memory, if what they ask for were worked out to the end."""

from __future__ import annotations

from builders import chains, command_line, image, workloads
from k8slint.models.python import Interest, parse_python
from k8slint.models.source import decode
from k8slint.workload.cores import COUNTS, node_count

DOCKERFILE = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["./run.sh"]\n'
FIRST_LINE = "#!/bin/sh\n"


def script(text: str, **files: str) -> dict[str, str]:
    return {"run.sh": FIRST_LINE + text, "app.py": "", **files}


def test_functions_that_call_each_other_many_times() -> None:
    functions = "".join(f"f{i}() {{ {f'f{i + 1}; ' * 10} }}\n" for i in range(9))
    one = image(DOCKERFILE, script(f"{functions}f9() {{ echo; }}\nf0\nexec python app.py\n"))
    assert one.processes.is_unknown


def test_scripts_that_source_each_other_many_times() -> None:
    files = {f"s{i}.sh": f". ./s{i + 1}.sh\n" * 10 for i in range(9)}
    one = image(DOCKERFILE, script(". ./s0.sh\nexec python app.py\n", **files))
    assert one.processes.is_unknown


def test_a_variable_that_doubles_with_each_line() -> None:
    one = image(DOCKERFILE, script("A=xx\n" + "A=$A$A\n" * 60 + "exec python app.py $A\n"))
    assert command_line(one) == "app.py ?"


def test_parameters_that_double_with_each_line() -> None:
    one = image(DOCKERFILE, script("set -- a b\n" + 'set -- "$@" "$@"\n' * 60 + 'exec python app.py "$@"\n'))
    assert chains(one) == ["run.sh:exec > app.py"]
    assert command_line(one).endswith(" ?")


def test_stages_that_copy_from_each_other_many_times() -> None:
    stages = "".join(f"FROM python:3.12 AS s{i}\n" + f"COPY --from=s{i - 1} /x /x\n" * 30 * bool(i) for i in range(12))
    (one,) = workloads({"Dockerfile": f'{stages}CMD ["python", "/x/app.py"]\n', "app.py": ""})
    assert chains(one) == ["app.py"]


def test_a_text_full_of_backslashes_beside_a_script_that_is_not_there() -> None:
    run = 'RUN echo "' + r"\a" * 60 + '" | cat\n'
    assert chains(image(f'FROM python:3.12\n{run}ENTRYPOINT ["/start.sh"]\n')) == ["/start.sh"]


def test_a_number_that_triples_with_each_line() -> None:
    lines = "".join(f"a{i} = a{i + 1} + a{i + 1} + a{i + 1}\n" for i in range(40))
    text = f"import os\nimport multiprocessing\n{lines}a40 = os.cpu_count()\nmultiprocessing.Pool(a0)\n"
    module = parse_python(decode("app.py", text.encode()), Interest(frozenset({*COUNTS, "multiprocessing.Pool"})))
    (call,) = [one for one in module.calls if one.name == "multiprocessing.Pool"]
    assert node_count(module, call.args[0], call.scope, lambda _: False) is None
