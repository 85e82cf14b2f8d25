#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails on a source that no CMakeLists.txt names (it is not built, and a test in it never runs), and on a folder that the README
above it does not name."""
import pathlib
import re
import sys

TOP = ("core", "widgets", "app", "tests")
PROGRAMS = (".cpp", ".cc")


def lists_above(path: pathlib.Path, root: pathlib.Path):
    for folder in path.parents:
        if (folder / "CMakeLists.txt").exists():
            yield folder
        if folder == root:
            return


def rooted_names(root: pathlib.Path) -> set[str]:
    """Names of the form "${PROJECT_SOURCE_DIR}/tests/support/x.cpp", in whichever list."""
    text = "\n".join(path.read_text(encoding="utf-8") for top in TOP for path in (root / top).rglob("CMakeLists.txt"))
    return set(re.findall(r"\$\{PROJECT_SOURCE_DIR\}/([\w./+-]+)", text))


def is_listed(path: pathlib.Path, root: pathlib.Path, rooted: set[str]) -> bool:
    if path.relative_to(root).as_posix() in rooted:
        return True
    for folder in lists_above(path, root):
        words = set(re.findall(r"[\w./+-]+", (folder / "CMakeLists.txt").read_text(encoding="utf-8")))
        relative = path.relative_to(folder)
        if relative.as_posix() in words or relative.with_suffix("").as_posix() in words:
            return True
    return False


def check(root: pathlib.Path) -> list[str]:
    faults = []
    rooted = rooted_names(root)
    for top in TOP:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in PROGRAMS and not is_listed(path, root, rooted):
                nearest = next(lists_above(path, root), root).relative_to(root)
                faults.append(f"{path.relative_to(root)}: not built; name it in {nearest / 'CMakeLists.txt'}")
        readme = root / top / "README.md"
        text = readme.read_text(encoding="utf-8") if readme.exists() else ""
        for folder in sorted((root / top).iterdir() if (root / top).exists() else []):
            if folder.is_dir() and not folder.name.startswith(("__", ".")) and f"`{folder.name}/`" not in text:
                faults.append(f"{top}/README.md: no line for `{folder.name}/`")
    return faults


if __name__ == "__main__":
    problems = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(problems) if problems else "listed: every source is built, every folder has its line")
    sys.exit(1 if problems else 0)
