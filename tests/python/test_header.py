"""The declarations that Python reads from the header are a C compiler's."""

import ctypes
import os
import re
import shutil
import subprocess
import unittest

from support import SOURCE, Case

from gensample._library import HEADER, library

COMPILER = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


@unittest.skipUnless(COMPILER, "no C compiler")
class Header(Case):
    def compiled(self, lines, *options):
        """What a program with these lines prints, as numbers."""
        text = '#include <gensample/gensample.h>\n#include <stdio.h>\nint main(void) {\n%s\n}\n' % "\n".join(lines)
        (self.folder / "a.c").write_text(text)
        subprocess.run([COMPILER, *options, "-I", str(SOURCE / "include"), "-o", "a", "a.c"], cwd=self.folder, check=True)
        if options:  # which compile only
            return None
        out = subprocess.run(["./a"], cwd=self.folder, check=True, capture_output=True, text=True).stdout
        return [int(word) for word in out.split()]

    def number(self, expression):
        return f'printf("%lld\\n", (long long)({expression}));'

    def test_structs(self):
        lines, expected = [], []
        for name, struct in HEADER.structs.items():
            lines.append(self.number(f"sizeof({name})"))
            expected.append((name, ctypes.sizeof(struct)))
            for field, _ in struct._fields_:
                lines += [self.number(f"offsetof({name}, {field})"), self.number(f"sizeof((({name} *)0)->{field})")]
                expected += [(f"{name}.{field}", getattr(struct, field).offset), (f"{name}.{field}", getattr(struct, field).size)]
        self.assertGreater(len(expected), 400)
        for (name, ours), theirs in zip(expected, self.compiled(lines)):
            self.assertEqual(ours, theirs, name)

    def test_constants(self):
        names = [name for name, value in HEADER.constants.items() if isinstance(value, int)]
        self.assertGreater(len(names), 30)
        for name, theirs in zip(names, self.compiled([self.number(name) for name in names])):
            self.assertEqual(HEADER.constants[name], theirs, name)

    def test_functions(self):
        """All that the library exports, with as many arguments and of the sizes that a call in C passes."""
        text = (SOURCE / "include/gensample/gensample.h").read_text()
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        declared = set(re.findall(r"^[a-z][\w *]*?\b(gs_\w+)\(", text, re.MULTILINE))
        self.assertEqual(declared, set(HEADER.functions))
        for name in declared:
            self.assertTrue(callable(getattr(library(), name)), name)
        # A call with another number of arguments does not compile; what has other types does not either, as warnings
        # about pointers made of numbers are errors, and -Wconversion tells numbers apart.
        values = {ctypes.c_int: "one.i", ctypes.c_double: "one.d", ctypes.c_size_t: "one.z", ctypes.c_bool: "one.b"}
        lines = ["struct { int i; double d; size_t z; _Bool b; void *p; char *s; } one = {0};"]
        for name, (_, arguments) in HEADER.functions.items():
            given = ", ".join(values.get(a, "one.s" if a is ctypes.c_char_p else "one.p") for a in arguments)
            lines.append(f"if (one.i) (void){name}({given});")
        self.compiled(lines, "-c", "-Werror", "-Wconversion", "-Wno-unused")

    def test_members(self):
        """Every struct and enumeration of the header is there."""
        text = (SOURCE / "include/gensample/gensample.h").read_text()
        self.assertEqual(set(re.findall(r"typedef struct (\w+) \{", text)), set(HEADER.structs))
        self.assertEqual(set(re.findall(r"typedef enum (\w+) \{", text)), set(HEADER.enums))


if __name__ == "__main__":
    unittest.main()
