"""Lets test modules import what they share: the builders of ``builders.py``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
