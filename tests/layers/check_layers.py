#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails on an include that points up a layer, leaves the repository's root, or shows a widget what it must not see."""
import pathlib
import re
import sys

TRACKER_SEES = {"core/heap/annotation_layout.h", "core/heap/attach_layout.h", "core/heap/ledger_layout.h",
                "core/heap/profile_layout.h", "core/heap/sampling.h"}
CORE_SEES = {
    "base": set(),
    "ring": {"base"},
    "heap": {"base"},
    "memory": {"base"},
    "workload": {"base", "ring", "heap", "memory"},
    "session": {"base", "ring", "heap", "memory", "workload"},
    "export": {"base", "ring", "heap", "memory", "workload", "session"},
}
# Headers of core that widgets may see: values and pure functions, with no thread, file or process behind them.
WIDGETS_SEE = {
    "core/base/clock.h",
    "core/base/expected.h",
    "core/base/printable_name.h",
    "core/base/units.h",
    "core/heap/call_tree.h",
    "core/heap/function_name.h",
    "core/heap/heap_annotations.h",
    "core/heap/heap_blocks.h",
    "core/heap/heap_profile.h",
    "core/heap/heap_sites.h",
    "core/heap/leak_report.h",
    "core/memory/map_columns.h",
    "core/memory/map_difference.h",
    "core/memory/map_objects.h",
    "core/memory/map_snapshot.h",
    "core/memory/memory_by_type.h",
    "core/memory/memory_region.h",
    "core/memory/memory_sums.h",
    "core/memory/memory_type.h",
    "core/memory/page_states.h",
    "core/ring/slot_snapshot.h",
    "core/session/map_record.h",
    "core/session/ring_backlog.h",
    "core/session/series.h",
    "core/session/session_view.h",
    "core/session/sizing.h",
    "core/workload/scenario.h",
    "core/workload/scenario_check.h",
    "core/workload/scenario_keys.h",  # names, reads and sets the fields of a scenario; pure
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def check(root: pathlib.Path) -> list[str]:
    faults = []
    for top in ("core", "widgets", "app", "tests"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cpp", ".cc", ".hpp"):
                continue
            where = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                quoted, name = found.group(1) == '"', found.group(2)
                for reason in reasons(where, name, quoted):
                    faults.append(f"{where}:{number}: {line.strip()}: {reason}")
    return faults


def reasons(where: str, name: str, quoted: bool):
    parts = where.split("/")
    if quoted and (".." in name.split("/") or "/" not in name) and not name.startswith("moc_"):
        yield "includes are rooted at the repository"
    if parts[0] == "core":
        if re.match(r"^(Q[A-Z]|Qt[A-Z]|qcustomplot)", name):
            yield "core does not know Qt"
        if name.startswith(("widgets/", "app/")):
            yield "points up a layer"
        if name.startswith("core/"):
            mine, theirs = parts[1], name.split("/")[1]
            if mine != theirs and theirs not in CORE_SEES.get(mine, set()):
                yield f"core/{mine} does not see core/{theirs}"
        if where.startswith("core/heap/tracker/") and name.startswith("core/") and not (
                name.startswith("core/heap/tracker/") or name in TRACKER_SEES):
            yield "the tracker sees the layouts of what it writes only"
    if parts[0] == "widgets":
        if name.startswith("app/"):
            yield "points up a layer"
        if name.startswith("core/") and name not in WIDGETS_SEE:
            yield "widgets own no thread, file or process: not in WIDGETS_SEE of tests/layers/check_layers.py"
        if name == "qcustomplot.h" and not (parts[1] == "charts" and where.endswith(".cpp")):
            yield "qcustomplot.h belongs in .cpp files of widgets/charts"
    if parts[0] == "app" and parts[1] in ("cli", "worker") and re.match(r"^(Q[A-Z]|qcustomplot)", name):
        yield "cli and worker do not know Qt"
    if parts[0] in ("core", "widgets", "app") and name in ("thread", "future") and where not in (
            "core/base/thread.h",):
        if not where.startswith("core/heap/tracker/"):
            yield "only core/base/thread.h starts threads (this_thread: use core/base/thread.h)"


if __name__ == "__main__":
    problems = check(pathlib.Path(sys.argv[1]))
    print("\n".join(problems) if problems else "layers: every include points down")
    sys.exit(1 if problems else 0)
