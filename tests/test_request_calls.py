"""Which calls hold the thread of a function that answers requests, and which are handed to another."""

from __future__ import annotations

import pytest

from builders import workload
from k8slint.workload.request_calls import slow_calls

HEAD = """\
import asyncio, subprocess, time
import requests
from fastapi import FastAPI
app = FastAPI()
"""


def found(code: str, only_async: bool = True) -> list[str]:
    files = {
        "Dockerfile": 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["uvicorn", "main:app"]\n',
        "main.py": HEAD + code,
        "helpers.py": "import requests\n\n\ndef fetch():\n    return requests.get('https://example.com')\n",
    }
    ((_, program),) = workload(files).programs()
    return [one.written for one in slow_calls(program, only_async)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("requests.get(url)", ["requests.get()"]),
        ("requests.Session().post(url)", ["requests.Session.post()"]),
        ("time.sleep(5)", ["time.sleep()"]),
        ("subprocess.run(['ls'])", ["subprocess.run()"]),
        ("from helpers import fetch\n    fetch()", ["requests.get()"]),
        ("await asyncio.sleep(5)", []),
        ("await asyncio.to_thread(requests.get, url)", []),
        ("await asyncio.to_thread(lambda: requests.get(url))", []),
        ("await asyncio.get_running_loop().run_in_executor(None, lambda: time.sleep(5))", []),
        ("def inner():\n        requests.get(url)\n    await asyncio.to_thread(inner)", []),
        ("await client.get(url)", []),
    ],
)
def test_asynchronous_handlers(body: str, expected: list[str]) -> None:
    assert found(f"@app.get('/')\nasync def index(url: str):\n    {body}\n") == expected


def test_functions_that_answer_nobody_are_left_alone() -> None:
    assert found("async def backup():\n    requests.get('https://example.com')\n") == []


def test_a_plain_function_of_fastapi_has_a_thread_of_its_own() -> None:
    code = "@app.get('/')\ndef index(url: str):\n    requests.get(url)\n"
    assert found(code) == []
    assert found(code, only_async=False) == ["requests.get()"]


def test_functions_that_call_each_other_come_to_an_end() -> None:
    code = "@app.get('/')\nasync def one():\n    two()\n\n\ndef two():\n    one()\n    time.sleep(9)\n"
    assert found(code) == ["time.sleep()"]
