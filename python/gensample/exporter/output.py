"""Files that appear under their name when they are complete."""

import os
import tempfile
from pathlib import Path

from .problem import ExportError


def writable(path):
    """Refuse early what could not be written after all the work."""
    path = Path(path)
    if path.is_dir():
        raise ExportError(str(path), "is a folder; expected the name of a file, as net.bin")
    if path.exists() and not path.is_file():
        raise ExportError(str(path), "is no regular file, which a new file would replace; expected another name")
    if not path.parent.is_dir():
        raise ExportError(str(path), f"there is no folder '{path.parent}'")
    if not os.access(path.parent, os.W_OK):
        raise ExportError(str(path), f"the folder '{path.parent}' is not writable")


def written_beside(path, raw):
    """Write the bytes to a file beside `path`, and rename it, with the mode that a new file has."""
    path = Path(path)
    writable(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with open(handle, "wb") as f:
                f.write(raw)
                f.flush()
                os.fsync(f.fileno())
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~mask)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise ExportError(str(path), f"cannot be written ({error.strerror})") from None
