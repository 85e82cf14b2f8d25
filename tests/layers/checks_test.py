#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the checks beside it, on small trees."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import check_layers  # noqa: E402
import check_listed  # noqa: E402


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path: str, text: str = ""):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")


class Layers(Tree):
    def faults(self, path: str, include: str) -> list[str]:
        self.write(path, f'#include "{include}"\n')
        return check_layers.check(self.root)

    def test_a_widget_sees_a_view(self):
        self.assertEqual(self.faults("widgets/charts/x.cpp", "core/session/session_view.h"), [])

    def test_a_widget_does_not_see_what_is_not_listed(self):
        for header in ("core/session/x_target.h", "core/base/x_file.h", "core/session/sources/x_source.h"):
            self.assertEqual(len(self.faults("widgets/charts/x.cpp", header)), 1, header)

    def test_core_does_not_point_up(self):
        self.assertEqual(len(self.faults("core/ring/x.cpp", "core/session/session.h")), 1)
        self.assertEqual(self.faults("core/ring/x.cpp", "core/base/units.h"), [])


class Listed(Tree):
    def test_a_source_in_a_list_above_it(self):
        self.write("core/README.md", "| `session/` | |")
        self.write("core/session/CMakeLists.txt", "units(\n    sources/x_source)\n")
        self.write("core/session/sources/x_source.cpp")
        self.assertEqual(check_listed.check(self.root), [])

    def test_a_source_in_no_list(self):
        self.write("tests/README.md", "`session/`")
        self.write("tests/session/CMakeLists.txt", "ringscope_test(t SOURCES other_x_test.cpp)\n")
        self.write("tests/session/x_test.cpp")
        self.assertEqual(check_listed.check(self.root),
                         ["tests/session/x_test.cpp: not built; name it in tests/session/CMakeLists.txt"])

    def test_a_source_named_from_the_root(self):
        self.write("tests/README.md", "`support/` `gui/`")
        self.write("tests/gui/CMakeLists.txt", 'add_library(m "${PROJECT_SOURCE_DIR}/tests/support/main.cpp")\n')
        self.write("tests/support/main.cpp")
        self.assertEqual(check_listed.check(self.root), [])

    def test_a_folder_without_its_line(self):
        self.write("widgets/README.md", "| `charts/` | |")
        self.write("widgets/charts/x.h")
        self.write("widgets/slots/x.h")
        self.assertEqual(check_listed.check(self.root), ["widgets/README.md: no line for `slots/`"])


if __name__ == "__main__":
    unittest.main()
