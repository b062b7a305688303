"""Expressions that users give as text (`--call`, `--time`, `--args`), of names, numbers and a few functions of tensors.

They are read by Python's own parser and evaluated here node by node, so that no text runs code."""

import ast
import operator

import torch

from .problem import ExportError, several

BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
UNARY = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
FUNCTIONS = ("log", "exp", "sqrt", "sin", "cos", "floor", "round", "abs")
METHODS = FUNCTIONS + ("long", "int", "float", "bool", "view", "reshape", "unsqueeze", "flatten", "expand", "clamp")


def _dotted(node):
    """The name a.b.c that an attribute stands for, else None."""
    if isinstance(node, ast.Name):
        return node.id
    base = _dotted(node.value) if isinstance(node, ast.Attribute) else None
    return f"{base}.{node.attr}" if base else None


class Arguments:
    """The arguments of a call, as they are written between its parentheses: `x, t, y=y`."""

    def __init__(self, text, what):
        self.text, self.what = text, what
        try:
            self.call = ast.parse(f"f({text}\n)", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.fail("expected arguments as in a call, for instance 'x, t, y=y'")
        if not isinstance(self.call, ast.Call) or not isinstance(self.call.func, ast.Name):
            self.fail("expected the arguments of one call")
        self.names = {n.id for n in ast.walk(self.call) if isinstance(n, ast.Name)} - {"f", *FUNCTIONS}

    def fail(self, why):
        raise ExportError(f"{self.what} '{self.text}'", why)

    def evaluate(self, names):
        """(positional arguments, keyword arguments) with the values of the names."""
        positional = [self.value(a, names) for a in self.call.args]
        if any(k.arg is None for k in self.call.keywords):
            self.fail("** is not taken; write each keyword")
        return positional, {k.arg: self.value(k.value, names) for k in self.call.keywords}

    def value(self, node, names):
        method = getattr(self, f"_{type(node).__name__}", None)
        if not method:
            self.fail(
                f"'{ast.unparse(node)}' is not taken; expected names, numbers, texts, lists and simple arithmetic"
            )
        return method(node, names)

    def _Constant(self, node, names):
        return node.value

    def _Name(self, node, names):
        if node.id not in names:
            self.fail(f"the name '{node.id}' is not known; known are {several(names, 20)}")
        return names[node.id]

    def _Tuple(self, node, names):
        return tuple(self.value(v, names) for v in node.elts)

    def _List(self, node, names):
        return [self.value(v, names) for v in node.elts]

    def _Dict(self, node, names):
        return {self.value(k, names): self.value(v, names) for k, v in zip(node.keys, node.values)}

    def _UnaryOp(self, node, names):
        return UNARY[type(node.op)](self.value(node.operand, names)) if type(node.op) in UNARY else self.bad(node)

    def _BinOp(self, node, names):
        if type(node.op) not in BINARY:
            self.bad(node)
        a, b = self.value(node.left, names), self.value(node.right, names)
        if not any(isinstance(v, torch.Tensor) for v in (a, b)):
            if not all(isinstance(v, (int, float)) for v in (a, b)):
                self.bad(node)
            if isinstance(node.op, ast.Pow) and abs(b) > 64:
                self.fail(f"'{ast.unparse(node)}': expected a power of at most 64")
        try:
            return BINARY[type(node.op)](a, b)
        except (ArithmeticError, ValueError) as error:
            self.fail(f"'{ast.unparse(node)}': {error}")

    def _Subscript(self, node, names):
        return self.value(node.value, names)[self.index(node.slice, names)]

    def index(self, node, names):
        if isinstance(node, ast.Slice):
            return slice(*(v and self.value(v, names) for v in (node.lower, node.upper, node.step)))
        if isinstance(node, ast.Tuple):
            return tuple(self.index(v, names) for v in node.elts)
        return self.value(node, names)

    def _Attribute(self, node, names):
        name = _dotted(node)
        return names[name] if name in names else self.bad(node)

    def _Call(self, node, names):
        arguments = [self.value(a, names) for a in node.args]
        if node.keywords:
            self.bad(node)
        if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and len(arguments) == 1:
            return getattr(torch, node.func.id)(torch.as_tensor(arguments[0]))
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            of = self.value(node.func.value, names)
            if isinstance(of, torch.Tensor):
                return getattr(of, node.func.attr)(*arguments)
        return self.bad(node)

    def bad(self, node):
        instead = "; for anything else write a function that makes the module, and name that" if self.what == "--args" else ""
        self.fail(f"'{ast.unparse(node)}' is not taken{instead}")


class Expression(Arguments):
    """One value, as `(i + 1) / T`."""

    def __init__(self, text, what):
        super().__init__(text, what)
        if len(self.call.args) != 1 or self.call.keywords:
            self.fail("expected one expression")

    def evaluate(self, names):
        return self.value(self.call.args[0], names)
