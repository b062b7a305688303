#!/usr/bin/env python3
"""Tests of Python's unittest: unittests.py FOLDER|FILE. The last line is "N passed, N failed, N skipped"."""

import pathlib
import sys
import unittest

wanted = pathlib.Path(sys.argv[1]).resolve()
folder, pattern = (wanted, "test_*.py") if wanted.is_dir() else (wanted.parent, wanted.name)
sys.path.insert(0, str(folder))
tests = unittest.defaultTestLoader.discover(str(folder), pattern)
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(tests)
for test, why in result.skipped:
    print(f"skipped - {test}: {why}")
failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
print(f"{max(0, result.testsRun - failed - skipped)} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0 or not result.testsRun)
