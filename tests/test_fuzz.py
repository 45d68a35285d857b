"""A short run of the fuzzer: the corpus, and mutations of it; ``make fuzz`` runs longer."""

from __future__ import annotations

import random

import pytest

from fuzz.mutate import mutated
from fuzz.targets import CORPUS, TARGETS, seeds

ROUNDS = {"project": 25}


def test_every_target_has_a_corpus() -> None:
    assert sorted(path.name for path in CORPUS.iterdir()) == sorted(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_crashes_a_model(name: str) -> None:
    corpus = seeds(name)
    chance = random.Random(1)
    for data in (*corpus, *(mutated(name, corpus, chance) for _ in range(ROUNDS.get(name, 150)))):
        TARGETS[name](data)


def test_a_lone_carriage_return_in_a_tiltfile() -> None:
    TARGETS["tiltfile"](b'x = 1\r\r\rdocker_build("a", ".")\n')
