"""A training's log for readers of models/logs: one object about the run, one per epoch, and samples of some epochs.

MODELS.md says what the files are, tests/logs.py checks their form.
"""

import argparse
import json
import platform
import struct
from pathlib import Path

import torch

SHOWN, EACH = (0, 4, 9), 16  # epochs, counted from 0 as the course does, after which samples are kept, and how many


class Column:
    """What a member of an epoch's object is: a number or a list of them."""

    def __init__(self, meaning, unit="", length=None):
        self.meaning, self.unit, self.length = meaning, unit, length

    def describe(self, name):
        return {"name": name, "meaning": self.meaning, "unit": self.unit} | ({"length": self.length} if self.length else {})


class Epochs:
    """The files FOLDER/epochs.jsonl and FOLDER/epochs-samples.idx of a run. A run that goes on keeps what it had of
    epochs before `begin`, all of whose members are in `columns`, a dictionary of Column."""

    def __init__(self, folder, begin, columns, shown=SHOWN, **about):
        self.path, self.pictures = Path(folder) / "epochs.jsonl", Path(folder) / "epochs-samples.idx"
        self.columns, self.shown = columns, shown
        about["samples"] = {"epochs": list(shown), "each": EACH} | about.pop("samples", {})
        software = {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]}
        head = {"gensample_log": 1} | about | {"software": software}
        head["columns"] = [c.describe(name) for name, c in columns.items()]
        kept = self.path.read_text().splitlines()[1:] if self.path.exists() and begin else []
        lines = [json.dumps(head), *(line for line in kept if json.loads(line)["epoch"] < begin)]
        self.path.write_text("".join(line + "\n" for line in lines))
        if not begin:
            self.pictures.unlink(missing_ok=True)

    def add(self, epoch, **figures):
        """An epoch's figures, rounded to six digits."""
        if figures.keys() != self.columns.keys():
            raise ValueError(f"an epoch has {', '.join(figures)}; its log has {', '.join(self.columns)}")
        rounded = {k: [float(f"{v:.6g}") for v in f] if isinstance(f, (list, tuple)) else float(f"{f:.6g}") for k, f in figures.items()}
        with open(self.path, "a") as f:
            f.write(json.dumps({"epoch": epoch} | rounded) + "\n")

    def keep(self, epoch, images):
        """Keep the first images (N, 1, 28, 28) in [0, 1], if this is one of the epochs whose samples are shown."""
        if epoch not in self.shown:
            return
        before = self.pictures.read_bytes()[16:] if self.pictures.exists() else b""
        new = (images[:EACH].clamp(0, 1) * 255).round().to(torch.uint8)
        pixels = before[: self.shown.index(epoch) * new.numel()] + new.numpy().tobytes()
        h, w = new.shape[2:]
        self.pictures.write_bytes(b"\0\0\x08\x03" + struct.pack(">3I", len(pixels) // (h * w), h, w) + pixels)


def ship(folder, name, **about):
    """Write a run's files as models/logs/NAME.jsonl and NAME-samples.idx, with more about it in the first line."""
    logs = Path(__file__).parent.parent / "logs"
    head, *rows = (Path(folder) / "epochs.jsonl").read_text().splitlines()
    run, samples = json.loads(head), Path(folder) / "epochs-samples.idx"
    run = {"gensample_log": run.pop("gensample_log"), "name": name} | about | run
    if samples.exists():
        run["samples"] = {"file": f"{name}-samples.idx"} | run["samples"]
        run["samples"]["epochs"] = [e for e in run["samples"]["epochs"] if e < len(rows)]
        (logs / run["samples"]["file"]).write_bytes(samples.read_bytes())
    (logs / f"{name}.jsonl").write_text("".join(line + "\n" for line in (json.dumps(run), *rows)))


if __name__ == "__main__":
    p = argparse.ArgumentParser(description="Put a run's log among those that ship.")
    p.add_argument("folder", help="the run's")
    p.add_argument("name", help="of the log")
    for option in ("command", "model", "note"):
        p.add_argument(f"--{option}", help=f"the first line's {option}")
    args = p.parse_args()
    ship(args.folder, args.name, **{k: v for k, v in vars(args).items() if v and k not in ("folder", "name")})
