"""The public header as ctypes declarations.

The declarations are read from gensample.h itself when the package is imported, so that no list of structs is kept by
hand and none can differ from the library's. The header is written for this: one declaration per function, members one
per line or separated by commas, no conditional members. tests/python/test_header.py compiles the same header with a C
compiler, and compares every size, offset and value of an enumeration.
"""

import ctypes
import re

BASIC = {
    "void": None,
    "bool": ctypes.c_bool,
    "char": ctypes.c_char,
    "int": ctypes.c_int,
    "unsigned": ctypes.c_uint,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
    "size_t": ctypes.c_size_t,
    "uint64_t": ctypes.c_uint64,
}


class Header:
    """What a header declares: `constants` (macros that are numbers or strings, and values of enumerations) by name,
    `enums` {name: {value's name: int}}, `structs` {name: ctypes.Structure}, and `functions` {name: (result, arguments)}
    as ctypes types. Pointers are void pointers but for `char *`; a pointer to a known struct as a result is typed.
    `status_functions` are the names of those that return a gs_status and take a gs_error last."""

    def __init__(self, text):
        self.constants, self.enums, self.structs, self.functions = {}, {}, {}, {}
        self.status_functions = set()
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
        for name, value in re.findall(r"^#define (GS_\w+) (\"[^\"]*\"|\d+)\s*$", text, re.MULTILINE):
            self.constants[name] = value.strip('"') if value.startswith('"') else int(value)
        text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
        text = re.sub(r'extern "C" \{', "", text)
        pattern = r"typedef (enum|struct) (\w+) \{(.*?)\} \2;|typedef struct (\w+) \4;|([^;{}]+?)\b(gs_\w+)\(([^;]*)\);"
        for kind, name, body, _, result, function, arguments in re.findall(pattern, text, re.DOTALL):
            if kind == "enum":
                self._add_enum(name, body)
            elif kind == "struct":
                self._add_struct(name, body)
            elif function:
                self._add_function(function, result, arguments)

    def _add_enum(self, name, body):
        value, values = -1, {}
        for entry in filter(None, (e.strip() for e in body.split(","))):
            key, _, given = (part.strip() for part in entry.partition("="))
            value = int(given) if given else value + 1
            values[key] = value
        self.enums[name] = values
        self.constants.update(values)

    def _add_struct(self, name, body):
        fields = []
        for member in filter(None, (m.strip() for m in body.split(";"))):
            callback = re.fullmatch(r"(\w+) \(\*(\w+)\)\((.*)\)", member, re.DOTALL)
            if callback:
                fields.append((callback[2], ctypes.CFUNCTYPE(self._type(callback[1]), *self._arguments(callback[3]))))
                continue
            base, names = re.fullmatch(r"((?:const\s+)?\w+)\s+(.*)", member, re.DOTALL).groups()
            for one in names.split(","):
                star, field, sizes = re.fullmatch(r"(\**)(\w+)((?:\[\w+\])*)", one.strip()).groups()
                kind = self._type(base + " " + star)
                for size in reversed(re.findall(r"\w+", sizes)):
                    kind = kind * (self.constants[size] if size in self.constants else int(size))
                fields.append((field, kind))
        self.structs[name] = type(name, (ctypes.Structure,), {"_fields_": fields})

    def _add_function(self, name, result, arguments):
        self.functions[name] = (self._type(result, typed=True), self._arguments(arguments))
        if result.split()[-1] == "gs_status":
            self.status_functions.add(name)

    def _arguments(self, text):
        text = " ".join(text.split())
        return [] if text == "void" else [self._type(re.sub(r"\w+((\[\w*\])?)$", r"\1", a)) for a in text.split(", ")]

    def _type(self, text, typed=False):
        """The type of a declaration without its name: "const char *", "float *const [2]", "gs_status"."""
        base, pointers = re.search(r"\b(?!const\b)\w+", text)[0], text.count("*") + text.count("[")
        if pointers == 1 and base == "char":
            return ctypes.c_char_p
        if pointers == 1 and typed and base in self.structs:
            return ctypes.POINTER(self.structs[base])
        if pointers:
            return ctypes.c_void_p
        return ctypes.c_int if base in self.enums else self.structs.get(base) or BASIC[base]
