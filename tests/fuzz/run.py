"""The fuzzer's command: ``python -m fuzz.run --seconds 300``, in the folder ``tests``.

Guided by coverage where atheris is installed, else by mutations of the corpus alone. Prints how many inputs each target
was given; what crashes a target, or takes it more than ten seconds, is kept in ``--found`` and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import importlib.util
import random
import re
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

HANG_SECONDS = 10
MEMORY_MIB = 512
LONGEST = 4096


def main() -> int:
    options = _options()
    found = Path(options.found).resolve()
    found.mkdir(parents=True, exist_ok=True)
    if options.only:
        return _one(options.only, options.seconds, options.seed, found, options.engine)
    from fuzz.targets import TARGETS

    targets = options.targets or list(TARGETS)
    share = options.seconds / len(targets)
    total = sum(_child(target, share, options.seed, options.engine, found) for target in targets)
    kept = sorted(path.name for path in found.iterdir() if "-" in path.name)
    print(f"fuzz: {total} executions; {len(kept)} inputs kept in {found}: {' '.join(kept) or 'none'}")
    return int(bool(kept))


def _child(target: str, seconds: float, seed: int, engine: str, found: Path) -> int:
    """Fuzz one target in a process of its own, which it may kill; how many inputs it was given."""
    command = [sys.executable, "-m", "fuzz.run", "--only", target, "--seconds", str(seconds), "--seed", str(seed)]
    command += ["--engine", engine, "--found", str(found)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    (found / f"{target}.log").write_text(done.stdout)
    figures = dict(re.findall(r"^stat::(\w+):\s+(\d+)$", done.stdout, re.MULTILINE))
    count = int(figures.get("number_of_executed_units", 0))
    print("".join(f"{line}\n" for line in done.stdout.splitlines() if line.startswith("fuzz: ")), end="")
    print(f"fuzz: {target} ({engine}): {count} executions, peak {figures.get('peak_rss_mb', '?')} MiB", flush=True)
    if done.returncode and not any(path.name.startswith(f"{target}-") for path in found.iterdir()):
        # The interpreter itself was killed.
        (found / f"{target}.current").replace(found / f"{target}-killed-{done.returncode}")
    return count


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--only", help="fuzz this target in this process")
    parser.add_argument("--seconds", type=float, default=300, help="for all targets together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--found", default="build/fuzz")
    guided = importlib.util.find_spec("atheris") is not None
    parser.add_argument("--engine", choices=["atheris", "mutations"], default="atheris" if guided else "mutations")
    return parser.parse_args()


class Watch:
    """Runs a target, counts, and keeps one input of each kind of crash."""

    def __init__(self, name: str, target: Callable[[bytes], None], found: Path) -> None:
        self.count = 0
        self.slowest = 0.0
        self.crashes: set[str] = set()
        self._name = name
        self._target = target
        self._found = found
        self._current = found / f"{name}.current"

    def __call__(self, data: bytes) -> None:
        self.count += 1
        start = time.perf_counter()
        try:
            self._target(data)
        except Exception as error:  # noqa: BLE001  # any exception is what is looked for
            last = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
            if kind not in self.crashes:
                self.crashes.add(kind)
                self.keep(data, kind)
                traceback.print_exc()
        took = time.perf_counter() - start
        if took > max(self.slowest, 1):
            self.keep(data, f"{took:.1f} seconds")
        self.slowest = max(self.slowest, took)

    def keep(self, data: bytes, why: str) -> None:
        path = self._found / f"{self._name}-{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        print(f"fuzz: {self._name}: {why}: {path}", flush=True)


def _one(name: str, seconds: float, seed: int, found: Path, engine: str) -> int:
    if engine == "atheris":
        return _guided(name, seconds, seed, found)
    from fuzz.mutate import mutated
    from fuzz.targets import TARGETS, seeds

    resource.setrlimit(resource.RLIMIT_AS, (4 * MEMORY_MIB << 20, resource.RLIM_INFINITY))
    watch = Watch(name, TARGETS[name], found)
    corpus = seeds(name)
    chance = random.Random(seed)
    for data in corpus:
        watch(data)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutated(name, corpus, chance)
        (found / f"{name}.current").write_bytes(data)  # what a crash of the interpreter leaves behind
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
        watch(data)
        faulthandler.cancel_dump_traceback_later()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"stat::number_of_executed_units: {watch.count}\nstat::peak_rss_mb: {peak}", flush=True)
    return int(bool(watch.crashes))


def _guided(name: str, seconds: float, seed: int, found: Path) -> int:
    import atheris

    with atheris.instrument_imports(include=["k8slint"]):
        from fuzz.targets import CORPUS, TARGETS

        TARGETS[name]((CORPUS / name).iterdir().__next__().read_bytes())  # what is imported inside functions
    from fuzz.mutate import WORDS

    words = found / f"{name}.dict"
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in WORDS[name])
    words.write_text("".join(f'"{word}"\n' for word in escaped))
    grown = found / "corpus" / name
    grown.mkdir(parents=True, exist_ok=True)
    watch = Watch(name, TARGETS[name], found)
    arguments = [f"-max_total_time={max(int(seconds), 1)}", f"-timeout={HANG_SECONDS}", f"-max_len={LONGEST}"]
    arguments += [
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-seed={seed + 1}",
        f"-dict={words}",
        f"-artifact_prefix={found}/{name}-",
    ]
    atheris.Setup([name, *arguments, "-print_final_stats=1", "-verbosity=0", str(grown), str(CORPUS / name)], watch)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
