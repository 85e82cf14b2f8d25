#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails on a source without its SPDX line, or with the wrong licence for its folder."""
import pathlib
import sys

GPL = ("widgets/", "app/desktop/", "tests/widgets/", "tests/app/desktop/")


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    faults = []
    for top in ("core", "widgets", "app", "tests"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cpp", ".cc", ".hpp"):
                continue
            where = path.relative_to(root).as_posix()
            first = path.read_text(encoding="utf-8").split("\n", 1)[0]
            want = "GPL-3.0-or-later" if where.startswith(GPL) else "MIT"
            if first != f"// SPDX-License-Identifier: {want}":
                faults.append(f"{where}:1: the first line must be '// SPDX-License-Identifier: {want}'")
    print("\n".join(faults) if faults else "spdx: every source names its licence")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
