"""docs/python-reference.md is what python/reference.py makes of the docstrings."""

import subprocess
import sys
import unittest

from support import SOURCE, Case


class Reference(Case):
    def test_page(self):
        made = self.folder / "made.md"
        done = subprocess.run([sys.executable, SOURCE / "python/reference.py", made], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (SOURCE / "docs/python-reference.md").read_text()
        self.assertEqual(page, made.read_text(), "run python/reference.py, and commit the page")


if __name__ == "__main__":
    unittest.main()
