"""Export the networks of train/ to weight files (FORMAT.md).

    python export.py --kind denoiser --checkpoint runs/ncsn/checkpoint.pt --out ncsn.bin
    python export.py --kind denoiser --checkpoint runs/ncsn-fast/checkpoint.pt --data DIR --sampler consistency \\
        --ladder 30 1.2 0.6 0.35 --out ncsn-fast.bin
    python export.py --kind classifier --checkpoint runs/judge/checkpoint.pt --data DIR --out judge.bin
    python export.py --kind energy --checkpoint runs/ebm-cond/checkpoint.pt --sampler consistency --steps 30 --sigma-low 0.01 \\
        --sigma-high 10 --out ebm-cond.bin
    python export.py --kind energy --uva uva_tutorial8_ebm_mnist.ckpt --out uva.bin

A module of your own: `gensample.exporter.export(module, example_inputs, info)` of python/.
"""

import argparse
import copy
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT.parent / "python"), str(ROOT / "train")]
from gensample import weightfile  # noqa: E402
from gensample.exporter import Unsupported, export  # noqa: E402

MNIST = "MNIST training set, 60,000 images, pixels in [0, 1]"


def provenance(checkpoint, training):
    minutes = f"{checkpoint['step']} steps in {checkpoint['seconds'] / 60:.1f} minutes on {checkpoint['machine']}"
    out = {"data": MNIST, "data licence": "CC BY-SA 3.0", "licence": "as the program"}
    out |= {"duration": minutes, "torch": torch.__version__.split("+")[0]}
    return ({"training": training} if training else {}) | out


def ladder(low, high, levels):
    """Geometric from high to low, both exact."""
    return [high, *(high * (low / high) ** (i / (levels - 1)) for i in range(1, levels - 1)), low]


def denoiser_info(
    name, config, shares=None, sampler="dpmpp-2m", levels=None, steps=12, sigma_low=0.02, sigma_high=None,
    rho=None, eta=0.0, guidance=None, patch_size=28,
):
    """levels: the noise levels that the sampler visits, which then are the ladder; else those below, and a ladder of ten."""
    from unet import NO_LABEL, SIGMA_MAX, SIGMA_MIN

    ends = [levels[-1], levels[0]] if levels else [sigma_low, sigma_high or SIGMA_MAX]

    data = {"shape": [1, patch_size, patch_size], "range": [0, 1], "sigma": [SIGMA_MIN, SIGMA_MAX]}
    return {
        "name": name,
        "kind": "denoiser",
        "data": data | {"ladder": levels or ladder(SIGMA_MIN, SIGMA_MAX, 10)} | ({"shares": shares} if shares else {}),
        "inputs": ["x", "sigma"] + (["label"] if config["conditional"] else []),
        "labels": NO_LABEL if config["conditional"] else 0,
        "default": {"sampler": sampler, "steps": len(levels) if levels else steps, "sigmas": ends}
        | ({"rho": rho} if rho else {})
        | ({"eta": eta} if eta else {})
        | ({"guidance": guidance[0], "guidance_sigmas": guidance[1:]} if guidance else {}),
    }


def denoiser_inputs(config):
    from unet import NO_LABEL

    sigma = torch.tensor([0.01, 0.3, 30.0])
    x = torch.rand(3, 1, 28, 28) + sigma[:, None, None, None] * torch.randn(3, 1, 28, 28)
    return (x, sigma) + ((torch.tensor([0, 7, NO_LABEL]),) if config["conditional"] else ())


def class_shares(data):
    """How often each digit occurs in the training set."""
    import common

    labels = common.mnist("train", data)[1]
    return (torch.bincount(labels, minlength=10).double() / len(labels)).tolist()


def export_denoiser(checkpoint, name, training, data, **sampling):
    from unet import UNet

    net = UNet(**checkpoint["config"])
    net.load_state_dict(checkpoint["average"])
    shares = class_shares(data) if checkpoint["config"]["conditional"] else None
    info = denoiser_info(name, checkpoint["config"], shares, **sampling)
    info["provenance"] = provenance(checkpoint, training)
    return export(net, denoiser_inputs(checkpoint["config"]), info)


def export_energy(checkpoint, name, training, drop_labels=False, **sampling):
    """An energy of ebm.py or stroke.py, which takes a noise level unless it is the course's."""
    from energy import Attribute, Course, Energy, without_labels

    kinds = {"best": Energy, "thick": Attribute, "document": Course}
    net = kinds[checkpoint["recipe"]](**checkpoint["config"])
    net.load_state_dict(checkpoint["average"] if "average" in checkpoint else checkpoint["module"])
    net = without_labels(net) if drop_labels else net
    if checkpoint["recipe"] == "document":
        info = plain_energy_info(name, checkpoint["range"]) | {"default": checkpoint["sampler"]}
        inputs = (torch.rand(3, 1, 28, 28),)
    else:
        info = denoiser_info(name, net.config, **sampling) | {"kind": "energy"}
        if checkpoint["recipe"] == "thick":
            del info["default"]
        inputs = denoiser_inputs(net.config)
    info["provenance"] = provenance(checkpoint, training)
    return export(net, inputs, info)


# The tutorial's: noise, clamp, gradient clipped, step, clamp, from uniform noise.
TUTORIAL_SAMPLER = {"sampler": "langevin", "steps": 256, "step_size": 10, "noise": 0.005, "clip": 0.03, "clamp": 1, "noise_first": 1}


def plain_energy_info(name, pixels):
    return {"name": name, "kind": "energy", "data": {"shape": [1, 28, 28], "range": pixels}, "inputs": ["x"]}


class TutorialEnergy(torch.nn.Module):
    """E = -f of tutorial 8 of the UvA Deep Learning course (MIT licence), f(x) for pixels in [-1, 1]."""

    def __init__(self):
        super().__init__()
        sizes, layers = [(1, 16, 5, 4), (16, 32, 3, 1), (32, 64, 3, 1), (64, 64, 3, 1)], []
        for a, b, kernel, padding in sizes:
            layers += [torch.nn.Conv2d(a, b, kernel, stride=2, padding=padding), torch.nn.SiLU()]
        layers += [torch.nn.Flatten(), torch.nn.Linear(256, 64), torch.nn.SiLU(), torch.nn.Linear(64, 1)]
        self.cnn_layers = torch.nn.Sequential(*layers)

    def forward(self, x):
        return -self.cnn_layers(x)


def export_uva(path, name):
    """The published checkpoint, a Lightning file whose state has the prefix "cnn."."""
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    net = TutorialEnergy()
    net.load_state_dict({k.removeprefix("cnn."): v for k, v in state.items()})
    info = plain_energy_info(name, [-1, 1]) | {"default": TUTORIAL_SAMPLER}
    info["provenance"] = {"source": "UvA Deep Learning tutorial 8, Phillip Lippe", "licence": "MIT", "data": MNIST}
    return export(net, (2 * torch.rand(3, 1, 28, 28) - 1,), info)


REFERENCES, REALS = 4096, 10000  # images whose features a judge's file has: test and training images


def export_judge(checkpoint, name, training, data):
    import common
    from judge import ARCHITECTURES

    net = ARCHITECTURES[checkpoint["architecture"]]()
    net.load_state_dict(checkpoint["average"])
    net.eval()
    images, labels = common.mnist("test", data)
    real, real_labels = (t[:REALS] for t in common.mnist("train", data))
    pixels = {"shape": [1, 28, 28], "range": [0, 1], "reject": True}
    info = {"name": name, "kind": "classifier", "data": pixels, "inputs": ["x"]}
    info["provenance"] = provenance(checkpoint, training) | {
        "reference": "features of the 10,000 MNIST test images; the first of them, and the first training images as real ones"
    }
    found = features(net, images)
    mean, covariance = moments(found)
    by_label = [moments(found[labels == k]) for k in range(10)]
    tensors = {
        "reference_mean": mean,
        "reference_covariance": covariance,
        "label_mean": torch.stack([m for m, _ in by_label]),
        "label_covariance": torch.stack([c for _, c in by_label]),
        "reference_features": found[:REFERENCES],
        "reference_labels": labels[:REFERENCES],
        "real_features": features(net, real),
        "real_labels": real_labels,
    }
    return export(net, (torch.rand(2, 1, 28, 28),), info, tensors)


@torch.no_grad()
def features(judge, images):
    judge = copy.deepcopy(judge).double()
    return torch.cat([judge(b.double())[1] for b in images.split(500)])


def moments(f):
    return f.mean(0), torch.cov(f.T)


def main():
    p = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("--kind", choices=["denoiser", "classifier", "energy"], required=True)
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--checkpoint", help="checkpoint.pt of ncsn.py, fast.py or match.py (denoiser), judge.py, or ebm.py or stroke.py (energy)")
    source.add_argument("--uva", help="energy: the published checkpoint of UvA Deep Learning tutorial 8")
    p.add_argument("--out", required=True, help="the weight file")
    p.add_argument("--name", help="the model's name; default: the file's")
    p.add_argument("--training", help="the training command, for the provenance")
    p.add_argument("--data", help="folder with MNIST: the judge's reference features, a conditional network's class shares")
    p.add_argument("--sampler", default="dpmpp-2m", help="sampler by default")
    p.add_argument("--ladder", type=float, nargs="+", metavar="SIGMA", help="noise levels by default, instead of --steps and --sigma-low")
    p.add_argument("--steps", type=int, default=12, help="sampling steps by default")
    p.add_argument("--eta", type=float, default=0, help="noise added on the way by default")
    p.add_argument(
        "--guidance", type=float, nargs=3, metavar=("W", "LOW", "HIGH"), help="with labels: guidance by default"
    )
    p.add_argument("--sigma-low", type=float, default=0.02, help="last noise level before 0 by default")
    p.add_argument("--sigma-high", type=float, help="first noise level by default (default: the highest trained)")
    p.add_argument("--rho", type=float, help="spacing of the noise levels by default")
    p.add_argument("--drop-labels", action="store_true", help="energy with labels: only its null label, without the input")
    p.add_argument("--threads", type=int, default=1)
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    checkpoint = torch.load(args.checkpoint, weights_only=False) if args.checkpoint else None
    name = args.name or Path(args.out).stem
    sampling = {k: getattr(args, k) for k in ("sampler", "steps", "sigma_low", "sigma_high", "rho", "eta", "guidance")} | {"levels": args.ladder}
    if args.uva:
        raw = export_uva(args.uva, name)
    elif args.kind == "denoiser":
        raw = export_denoiser(checkpoint, name, args.training, args.data, **sampling)
    elif args.kind == "energy":
        raw = export_energy(checkpoint, name, args.training, args.drop_labels, **sampling)
    else:
        raw = export_judge(checkpoint, name, args.training, args.data)
    Path(args.out).write_bytes(raw)
    model, tensors = weightfile.parse(raw)
    nodes, count = len(model["graph"]["nodes"]), sum(t.size for t in tensors.values())
    print(f"{args.out}: {nodes} nodes, {count} numbers, {len(raw)} bytes, sha256 {weightfile.file_hash(args.out)}")


if __name__ == "__main__":
    try:
        main()
    except Unsupported as error:
        raise SystemExit(f"export: {error}")
