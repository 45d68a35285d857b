"""Counts what fixes make of copies of repositories, in Markdown: ``python bench/fixes.py [--safe] REPOSITORY...``."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from k8slint.models.dockerfile import DockerfileError, parse_dockerfile
from k8slint.models.source import decode
from k8slint.models.yaml import load_documents

SECONDS = 300
SCAN = [sys.executable, "-m", "k8slint", "scan"]
FIXED = re.compile(r"fixed: (\S+?):\d+(?::\d+)?\S*: ([\w-]+): ")
DROPPED = re.compile(r"not fixed: \S+: ([\w-]+): (.*)")


def main() -> None:
    arguments = [one for one in sys.argv[1:] if one != "--safe"]
    kinds = [] if "--safe" in sys.argv else ["--unsafe-fixes"]
    totals, reasons, rules = Counter[str](), Counter[str](), Counter[str]()
    print("| repository | fixed | dropped | files | unreadable | louder | second run |\n|" + " --- |" * 7, flush=True)
    for name in arguments:
        with tempfile.TemporaryDirectory() as folder:
            # Images are linked by the name of the folder, too.
            copy = Path(folder, Path(name).name)
            shutil.copytree(name, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
            try:
                row = judged(copy, Path(name), kinds, reasons, rules)
            except subprocess.TimeoutExpired:
                totals["timed out"] += 1
                print(f"| {'/'.join(Path(name).parts[-2:])} | more than {SECONDS} s |", flush=True)
                continue
        totals.update(row)
        print(f"| {'/'.join(Path(name).parts[-2:])} | {' | '.join(str(one) for one in row.values())} |", flush=True)
    print(f"\n{dict(totals)}\n\n{dict(rules.most_common())}\n\n{dict(reasons.most_common())}")


def judged(copy: Path, before: Path, kinds: list[str], reasons: Counter[str], rules: Counter[str]) -> dict[str, int]:
    old = findings(copy)
    done = run([*SCAN, "--fix", *kinds, "--format", "json", "."], copy)
    fixed = FIXED.findall(re.sub(r"^not fixed.*$", "", done.stderr, flags=re.MULTILINE))
    dropped = DROPPED.findall(done.stderr)
    reasons.update(reason for _, reason in dropped)
    rules.update(rule for _, rule in fixed)
    changed = [
        path
        for path in sorted(copy.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.read_bytes() != (before / path.relative_to(copy)).read_bytes()
    ]
    new, wanted = findings(copy), Counter((path, rule) for path, rule in fixed)
    again = run([*SCAN, "--diff", *kinds, "."], copy)
    return {
        "fixed": len(fixed),
        "dropped": len(dropped),
        "files": len(changed),
        "unreadable": sum(not reads(path) and reads(before / path.relative_to(copy)) for path in changed),
        # A finding that a fix brought was fixed with it, and is not among the old ones.
        "louder": sum(new[key] > max(old[key] - number, 0) for key, number in wanted.items()),
        "second run": len(re.findall(r"^would fix", again.stderr, re.MULTILINE)) + bool(again.stdout),
    }


def findings(folder: Path) -> Counter[tuple[str, str]]:
    """How often each rule finds something in each file, pedantic findings left out."""
    report = json.loads(run([*SCAN, "--format", "json", "."], folder).stdout)
    return Counter((one["path"], one["rule"]) for one in report["findings"])


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} in {folder}: {done.stderr}")
    return done


def reads(path: Path) -> bool:
    source = decode(path.name, path.read_bytes())
    if path.suffix == ".py":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return bool(ast.parse(source.text))
            except SyntaxError:
                return False
    if path.suffix in (".yaml", ".yml"):
        return not load_documents(source)[1]
    if path.suffix == ".sh":
        return subprocess.run(["bash", "-n", str(path)], check=False, capture_output=True).returncode == 0
    try:
        return bool(parse_dockerfile(source).stages)
    except DockerfileError:
        return False


if __name__ == "__main__":
    main()
