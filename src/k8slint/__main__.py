"""``python -m k8slint``: the same as the command."""

from __future__ import annotations

import os
import sys

# Python puts the current folder, which may be the linted tree, first on the path: nothing may be imported from there.
if not getattr(sys.flags, "safe_path", False) and sys.path and sys.path[0] in {"", os.getcwd()}:
    del sys.path[0]

from k8slint.cli import main

if __name__ == "__main__":
    main()
