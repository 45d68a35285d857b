"""When models are loaded: at import, in each worker, on demand; and which of them processes share."""

from __future__ import annotations

import pytest

from builders import workload
from k8slint.workload.model_loads import model_load_calls, model_loads

DOCKERFILE = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["uvicorn", "main:app"]\n'
HEAD = """\
import joblib, torch, whisper
from contextlib import asynccontextmanager
from fastapi import FastAPI
from transformers import AutoModel
"""


def found(code: str) -> list[tuple[str, bool, bool]]:
    texts = {
        "Dockerfile": DOCKERFILE,
        "main.py": HEAD + code,
        "speech.py": "import whisper\n\n\nclass Speech:\n    def __init__(self):\n        self.load()\n\n"
        "    def load(self):\n        self.model = whisper.load_model('medium')\n",
    }
    ((_, program),) = workload(texts, "app", model_load_calls()).programs()
    return [(load.written, load.at_import, load.is_large) for load in model_loads(program)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("model = whisper.load_model('medium')", [("whisper.load_model()", True, True)]),
        ("model = joblib.load('model.joblib')", [("joblib.load()", True, False)]),
        ("model = joblib.load('model.joblib', mmap_mode='r')", []),
        ("model = torch.load('model.pt', mmap=True)", []),
        ("model = torch.load('model.pt', mmap=False)", [("torch.load()", True, False)]),
        ("model = AutoModel.from_pretrained('/m')", []),
        (
            "model = AutoModel.from_pretrained('/m', device_map='cuda:0')",
            [("transformers.AutoModel.from_pretrained()", True, True)],
        ),
        ("model = AutoModel.from_pretrained('/m', device_map='cpu')", []),
        ("from speech import Speech\nspeech = Speech()", [("whisper.load_model()", True, True)]),
        ("import speech\nspeech.Speech()", [("whisper.load_model()", True, True)]),
        ("if DEBUG:\n    model = whisper.load_model('medium')", []),
        ("def model():\n    return whisper.load_model('medium')", []),
        ("if __name__ == '__main__':\n    whisper.load_model('medium')", []),
        (
            "@asynccontextmanager\nasync def lifespan(app):\n    app.model = whisper.load_model('medium')\n    yield",
            [("whisper.load_model()", False, True)],
        ),
        (
            "app = FastAPI()\n@app.on_event('startup')\ndef start():\n    app.model = whisper.load_model('medium')",
            [("whisper.load_model()", False, True)],
        ),
        ("app = FastAPI()\n@app.on_event('shutdown')\ndef stop():\n    whisper.load_model('medium')", []),
    ],
)
def test_what_is_loaded_and_when(code: str, expected: list[tuple[str, bool, bool]]) -> None:
    assert found(code + "\n") == expected


def test_functions_that_call_each_other_come_to_an_end() -> None:
    assert found("def one():\n    two()\n\n\ndef two():\n    one()\n    torch.load('m')\n\n\none()\n") == [
        ("torch.load()", True, False)
    ]
