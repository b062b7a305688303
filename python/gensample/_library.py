"""The C library, loaded when it is first used, and its errors as exceptions.

The library is, in this order: the file that the environment's GENSAMPLE_LIBRARY names; the one inside the package,
which a wheel has; one of a build in this source tree; the system's.
"""

import ctypes
import ctypes.util
import enum
import os
import pathlib
import signal
import threading

from ._header import Header

PACKAGE = pathlib.Path(__file__).resolve().parent
SOURCE = PACKAGE.parent.parent


def _first(*paths):
    return next((path for path in paths if path.exists()), None)


HEADER = Header(
    _first(PACKAGE / "include/gensample/gensample.h", SOURCE / "include/gensample/gensample.h").read_text("utf-8")
)


class Status(enum.IntEnum):
    """Why a call failed: `gs_status` of the library."""

    ARGUMENT = 1  # an option or argument out of its range
    FILE = 2  # a file cannot be opened, read or written
    FORMAT = 3  # a file's content is not what its format demands
    MEMORY = 4  # an allocation failed
    UNSUPPORTED = 5  # this build or CPU cannot do it
    INTERRUPTED = 6  # the progress callback asked to stop
    DIVERGED = 7  # a chain left the finite numbers, or is far outside of what its noise level allows


class GensampleError(Exception):
    """A call of the library failed. The text is the library's message: what was wrong, what was expected, what to do.

    `status` is a `Status`. Each has a subclass, which is also the builtin exception that comes closest: ArgumentError
    and FormatError are ValueErrors, FileError is an OSError, and so on.
    """

    status: Status

    def __init__(self, message, status=None):
        super().__init__(message)
        if status is not None:
            self.status = Status(status)


class ArgumentError(GensampleError, ValueError):
    """An option or argument is out of its range."""

    status = Status.ARGUMENT


class FileError(GensampleError, OSError):
    """A file cannot be opened, read or written."""

    status = Status.FILE


class FormatError(GensampleError, ValueError):
    """A file's content is not what its format demands."""

    status = Status.FORMAT


class OutOfMemoryError(GensampleError, MemoryError):
    """An allocation failed."""

    status = Status.MEMORY


class UnsupportedError(GensampleError, NotImplementedError):
    """This build or CPU, or this kind of network, cannot do it."""

    status = Status.UNSUPPORTED


class InterruptedSampling(GensampleError):
    """The progress callback returned False. `result` is what was finished by then, or None."""

    status = Status.INTERRUPTED
    result = None


class DivergedError(GensampleError, ArithmeticError):
    """A chain left the finite numbers, or is far outside of what its noise level allows."""

    status = Status.DIVERGED


_EXCEPTIONS = {
    e.status: e
    for e in (
        ArgumentError,
        FileError,
        FormatError,
        OutOfMemoryError,
        UnsupportedError,
        InterruptedSampling,
        DivergedError,
    )
}


class _Library:
    """The functions of the header by name, each with its types. Those that return a status raise instead: they are
    called without their last argument, the error."""

    def __init__(self, path):
        self._handle = ctypes.CDLL(str(path))
        self.path = path
        for name, (result, arguments) in HEADER.functions.items():
            function = getattr(self._handle, name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, self._checked(function) if name in HEADER.status_functions else function)

    @staticmethod
    def _checked(function):
        def call(*arguments):
            error = HEADER.structs["gs_error"]()
            status = function(*arguments, ctypes.byref(error))
            if status:
                raise _EXCEPTIONS[Status(status)](error.message.decode("ascii", "replace"))

        return call


def _find():
    given = os.environ.get("GENSAMPLE_LIBRARY")
    if given:
        return given
    name = "libgensample.so"
    return _first(PACKAGE / name, SOURCE / "build" / name) or ctypes.util.find_library("gensample")


_loaded = None
_lock = threading.Lock()


def library():
    """The library. Raises ImportError where there is none, or where it has another version than the header."""
    global _loaded
    with _lock:
        if _loaded is None:
            path = _find()
            if not path:
                raise ImportError(
                    "no libgensample.so: install the package with pip, build it in the source tree (make build), or "
                    "set GENSAMPLE_LIBRARY to its path"
                )
            try:
                loaded = _Library(path)
            except (OSError, AttributeError) as problem:
                raise ImportError(f"{path}: {problem}") from problem
            theirs, ours = loaded.gs_version().decode(), HEADER.constants["GS_VERSION"]
            if theirs.split(".")[:2] != ours.split(".")[:2]:
                raise ImportError(f"{path}: version {theirs}, expected {ours}, that of the header")
            _loaded = loaded
        return _loaded


def struct(name, **fields):
    """A zeroed struct of the header, with these fields set."""
    return HEADER.structs[name](**fields)


def text(value):
    """A C string as str; NULL as None."""
    return None if value is None else value.decode("utf-8", "replace")


def lines_of(function, size=400):
    """The lines that function(i, buffer, size) gives for i = 0, 1 ... until it returns False."""
    lines, buffer = [], ctypes.create_string_buffer(size)
    while function(len(lines), buffer, size):
        lines.append(buffer.value.decode("utf-8", "replace"))
    return lines


def rows_of(get, name):
    """The structs to which get(0), get(1) ... point, up to NULL."""
    rows, kind = [], ctypes.POINTER(HEADER.structs[name])
    while True:
        row = get(len(rows))
        if not row:
            return rows
        rows.append(ctypes.cast(row, kind).contents)


class Owned:
    """What holds memory of the library, which no copy and no other process can have. `_handle` is its address, or not
    set yet, and `_free` the name of the library's function that frees it."""

    _handle, _free = None, ""

    def __del__(self):
        if self._handle:
            getattr(library(), self._free)(self._handle)
            self._handle = None

    def __reduce_ex__(self, protocol):
        name = type(self).__name__
        raise TypeError(
            f"a {name} can be neither pickled nor copied, as the library holds it: make it where it is needed, with the "
            "call that made this one; threads can share it"
        )


_within = threading.local()  # the plans whose runs have called the callback that this thread is in


def check_idle(plan):
    """Refuse a plan to the progress callback of its own run, which would wait for itself or change the run midway."""
    if any(plan is busy for busy in getattr(_within, "plans", ())):
        raise ArgumentError(
            "progress: its function uses a plan of the run that called it, expected another plan, as Model.plan makes it"
        )


class Progress:
    """A progress callback for one call of the library, which Ctrl-C interrupts.

    The library calls it on any of its threads, but Python runs handlers of signals on the main thread only, which may
    be waiting within the call. So for the time of the call the main thread's signals also write to a pipe, which the
    callback reads, and SIGINT's handler waits until the call has returned. Use as a context around the call, which is
    given `options`. What the user's function raised is raised at the end.
    """

    def __init__(self, options, function=None, plans=()):
        if function is not None and not callable(function):
            raise ArgumentError(f"progress: found {function!r}, expected a function")
        self._plans = tuple(plans)  # of the run
        self._function, self._problem, self._interrupted = function, None, False
        self._pipe = self._handler = None
        self._pointer = dict(type(options)._fields_)["progress"](self._call)  # which has to live as long
        options.progress = self._pointer

    def __enter__(self):
        handler = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and callable(handler):
            self._pipe = os.pipe()
            for end in self._pipe:
                os.set_blocking(end, False)
            self._before = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
            self._handler = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_):
        if self._pipe:
            signal.signal(signal.SIGINT, self._handler)
            signal.set_wakeup_fd(self._before)
            self._read()
            for end in self._pipe:
                os.close(end)
        if self._problem is not None:
            raise self._problem from None
        if self._interrupted:
            self._handler(signal.SIGINT, None)
            raise KeyboardInterrupt

    def _note(self, *_):
        self._interrupted = True

    def _read(self):
        try:
            signals = os.read(self._pipe[0], 64)
        except BlockingIOError:
            return
        self._interrupted |= signal.SIGINT in signals
        if self._before >= 0:  # those of an event loop, which waits for them there
            try:
                os.write(self._before, signals)
            except OSError:
                pass

    def _call(self, _context, *arguments):
        before = getattr(_within, "plans", ())
        _within.plans = before + self._plans
        try:
            if self._pipe:
                self._read()
            go_on = not self._interrupted and (not self._function or self._function(*arguments) is not False)
        except BaseException as problem:
            self._problem, go_on = problem, False
        finally:
            _within.plans = before
        return go_on
