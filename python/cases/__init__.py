"""The cases of test_operations.py: GROUPS, a line of the table of models/README.md each, in its order."""

from . import layers, conditions, moves, functions  # noqa: F401
from .group import GROUPS, INFO, LABELS, SHAPE  # noqa: F401
