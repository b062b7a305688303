"""Shared parts of all training scripts: MNIST, checkpoints that survive an interruption, averaged weights, loss curves."""

import argparse
import copy
import gzip
import json
import math
import os
import struct
import time
from pathlib import Path

import torch

IDX_NAMES = {
    ("train", "images"): "train-images-idx3-ubyte",
    ("train", "labels"): "train-labels-idx1-ubyte",
    ("test", "images"): "t10k-images-idx3-ubyte",
    ("test", "labels"): "t10k-labels-idx1-ubyte",
}


def arguments(description, **defaults):
    """The options that all training scripts have; `defaults` sets epochs, batch, lr and out."""
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--data", help="folder with the four IDX files (gzipped or not); without it torchvision downloads MNIST")
    p.add_argument("--out", default=defaults["out"], help="folder for the checkpoint, the log and the loss curve")
    p.add_argument("--epochs", type=float, default=defaults["epochs"])
    p.add_argument("--batch", type=int, default=defaults["batch"])
    p.add_argument("--lr", type=float, default=defaults["lr"], help="peak learning rate")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--device", default="cpu", help="where to train, as PyTorch names it: cpu, cuda")
    p.add_argument("--minutes", type=float, default=math.inf, help="end after so long, the learning rate's decay included")
    p.add_argument("--compile", action="store_true", help="use torch.compile (pays on CPUs with bf16 or wide vectors)")
    return p


def narrow_argument(p):
    p.add_argument("--narrow", action="store_true", help="multiply in bfloat16 on a CPU too (faster where it has such instructions)")


def narrowing(args):
    """What makes a region whose products are in bfloat16: on GPUs, and on CPUs where `--narrow` asks for it."""
    device = torch.device(args.device).type
    return lambda: torch.autocast(device, torch.bfloat16, enabled=args.narrow or device != "cpu")


def parse(parser):
    """The options, with PyTorch set up as they say."""
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    return args


def _read_idx(path):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as f:
        raw = f.read()
    rank = raw[3]
    shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank])
    data = torch.frombuffer(bytearray(raw[4 + 4 * rank :]), dtype=torch.uint8)
    if raw[:3] != b"\0\0\x08" or data.numel() != math.prod(shape):
        raise SystemExit(f"{path}: not an IDX file of bytes")
    return data.reshape(shape)


def mnist(part, folder=None, device="cpu"):
    """(images in [0, 1] of shape (N, 1, 28, 28), labels (N)) for part "train" or "test", on a device."""
    if folder is None:
        from torchvision.datasets import MNIST

        d = MNIST(Path.home() / ".cache" / "gensample", train=part == "train", download=True)
        return d.data[:, None].to(device).float() / 255, d.targets.to(device)
    arrays = []
    for what in ("images", "labels"):
        base = Path(folder) / IDX_NAMES[part, what]
        path = next((p for p in (base, base.with_name(base.name + ".gz")) if p.exists()), None)
        if path is None:
            raise SystemExit(f"{base}[.gz]: not found")
        arrays.append(_read_idx(path))
    return arrays[0][:, None].to(device).float() / 255, arrays[1].to(device).long()


def learning_rate(step, progress, peak, warmup=300, constant=False):
    """Linear warm-up over steps, times a cosine's decay to zero as progress goes from 0 to 1, or no decay."""
    decay = 1 if constant else 0.5 * (1 + math.cos(math.pi * min(1, progress)))
    return peak * min(1, (step + 1) / warmup) * decay


def save(state, path):
    """The file is whole or not there."""
    beside = path.with_suffix(".tmp")
    torch.save(state, beside)
    beside.replace(path)


class Average:
    """Exponential moving average of a module's parameters, with a short memory at the start."""

    def __init__(self, module, decay):
        self.decay, self.steps = decay, 0
        self.state = {k: v.detach().clone() for k, v in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module):
        self.steps += 1
        d = min(self.decay, (1 + self.steps) / (10 + self.steps))
        now = module.state_dict()
        floats = [k for k, v in self.state.items() if v.is_floating_point()]
        torch._foreach_lerp_([self.state[k] for k in floats], [now[k] for k in floats], 1 - d)


class Run:
    """A training run in a folder: checkpoint.pt, log.jsonl and loss.png. Started again, it continues where it was."""

    def __init__(self, args, module, optimizer, average=None):
        self.folder = Path(args.out)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.module, self.optimizer, self.average = module, optimizer, average
        self.minutes = args.minutes
        self.machine = f"{args.threads} CPU cores" if args.device == "cpu" else torch.cuda.get_device_name(args.device)
        self.step, self.seconds, self.started = 0, 0.0, time.time()
        if self.path.exists():
            c = torch.load(self.path, weights_only=False, map_location=args.device)
            module.load_state_dict(c["module"])
            optimizer.load_state_dict(c["optimizer"])
            torch.set_rng_state(c["rng"].cpu())
            self.step, self.seconds = c["step"], c["seconds"]
            if average:
                average.state, average.steps = c["average"], c["average_steps"]
            print(f"goes on from step {self.step} of {self.path}", flush=True)

    @property
    def path(self):
        return self.folder / "checkpoint.pt"

    def elapsed(self):
        return self.seconds + time.time() - self.started

    def progress(self, steps):
        """How much of the run is done, from 0 to 1 at its end, by steps or by the time it may take."""
        return max(self.step / steps, self.elapsed() / 60 / self.minutes)

    def set_rate(self, steps, peak, **schedule):
        """The learning rate of the next step; a group of parameters may have a share of it."""
        rate = learning_rate(self.step, self.progress(steps), peak, **schedule)
        for group in self.optimizer.param_groups:
            group["lr"] = group.get("share", 1) * rate

    def descend(self, loss, clip=None):
        """One step down the gradient of a scalar loss, whose norm over all parameters is clipped to `clip`."""
        self.optimizer.zero_grad()
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), clip)
        self.optimizer.step()
        if self.average:
            self.average.update(self.module)
        self.step += 1

    def save(self, **extra):
        state = {
            "module": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.elapsed(),
            "machine": self.machine,
            **extra,
        }
        if self.average:
            state |= {"average": self.average.state, "average_steps": self.average.steps}
        save(state, self.path)

    def log(self, **figures):
        row = {"step": self.step, "minutes": round(self.elapsed() / 60, 2), **figures}
        print("  ".join(f"{k} {v:.5g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()), flush=True)
        with open(self.folder / "log.jsonl", "a") as f:
            f.write(json.dumps(row) + "\n")
        self._draw()

    def _draw(self):
        try:
            import matplotlib
        except ImportError:  # the log has the figures
            return
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        rows = [json.loads(line) for line in open(self.folder / "log.jsonl")]
        names = [k for k in dict.fromkeys(k for r in rows for k in r) if k not in ("step", "minutes", "rate")]
        fig, axes = plt.subplots(1, len(names), figsize=(4.5 * len(names), 3), squeeze=False)
        for ax, name in zip(axes[0], names):
            ax.plot(*zip(*[(r["step"], r[name]) for r in rows if name in r]), marker=".")
            ax.set(xlabel="step", title=name)
            ax.grid(alpha=0.3)
        fig.tight_layout()
        fig.savefig(self.folder / "loss.png", dpi=80)
        plt.close(fig)


def averaged(module, average):
    """A copy of the module with the averaged weights, to be evaluated."""
    twin = copy.deepcopy(module).eval().requires_grad_(False)
    twin.load_state_dict(average.state)
    return twin


def draw(path, images, columns=16):
    """A grid of images (N, 1, H, W) in [0, 1] as a grey picture."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = [torch.cat(list(row[:, 0]), 1) for row in images.split(columns)]
    plt.imsave(path, torch.cat([r for r in rows if r.shape == rows[0].shape]).clamp(0, 1).cpu().numpy(), cmap="gray", vmin=0, vmax=1)


def batches(n, batch, generator):
    """Endless index batches: every image once per epoch, in a new order each time."""
    while True:
        order = torch.randperm(n, generator=generator, device=generator.device)
        for i in range(0, n - batch + 1, batch):
            yield order[i : i + batch]
