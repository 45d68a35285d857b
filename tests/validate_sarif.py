"""Validates SARIF output with Microsoft's validator: ``validate_sarif.py FOLDER``, where npm has installed it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TREES = (ROOT / "examples" / "shop", ROOT / "tests" / "projects", ROOT / "docs")


def main(folder: Path) -> int:
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    for tree in TREES:
        subprocess.run(
            [
                *(sys.executable, "-m", "k8slint", "scan", ".", "--format", "sarif", "--fail-on", "never", "--quiet"),
                *("--output", str(logs.resolve() / f"{tree.name}.sarif")),
            ],
            cwd=tree,
            check=True,
        )
    tool = folder / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
    os.chmod(tool, 0o755)
    report = folder / "report.sarif"
    options = ("--rule-kind", "Sarif;Ghas", "--output", str(report), "--log", "ForceOverwrite")
    subprocess.run([str(tool), "validate", str(logs / "*.sarif"), *options], check=True)
    faults = [result for run in json.loads(report.read_text())["runs"] for result in run.get("results", [])]
    for fault in faults:
        print(fault["ruleId"], fault["message"], fault["locations"])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
