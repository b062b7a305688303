"""Measure a network: the course's loss on the MNIST test set, and the quality of its samples according to the judge.

python evaluate.py --model ../ncsn.bin --data DIR
python evaluate.py --data DIR --n 2000            # real training images instead, for comparison
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import common  # noqa: E402
import energy  # noqa: E402
from energy import Energy  # noqa: E402
from gensample import weightfile  # noqa: E402
from gensample.exporter import Network  # noqa: E402
from stroke import THICK, stroke_width  # noqa: E402
from unet import NO_LABEL, SIGMA_MAX, UNet, course_loss, dpmpp_2m, karras_schedule  # noqa: E402


def load(path):
    """(denoise(x, sigma, labels), whether it takes labels) of a weight file or a checkpoint's averaged weights.

    An energy of a noise level denoises by x - sigma^2 dE/dx.
    """
    if Path(path).suffix == ".bin":
        net = Network.load(path)
        conditional, is_energy = "label" in net.model["inputs"], net.model["kind"] == "energy"
    else:
        checkpoint = torch.load(path, weights_only=False)
        is_energy = "recipe" in checkpoint
        net = (Energy if is_energy else UNet)(**checkpoint["config"])
        net.load_state_dict(checkpoint["average"])
        conditional = checkpoint["config"]["conditional"]
    net = net.eval().to(memory_format=torch.channels_last).requires_grad_(False)

    @torch.no_grad()
    def denoise(x, sigma, labels):
        inputs = [x.contiguous(memory_format=torch.channels_last), torch.full((len(x),), sigma)]
        inputs += [labels] if conditional else []
        return energy.denoise(net, *inputs) if is_energy else net(*inputs)

    return denoise, conditional


def walk(path, n, steps, generator, batch=500):
    """n samples of an energy without noise levels from uniform noise, by the Langevin dynamics of its file."""
    net, parts = Network.load(path).eval().requires_grad_(False), []
    (low, high), file = net.model["data"]["range"], net.model["default"]
    limit = file.get("clip", float("inf"))

    def noised(x):
        return x + file["noise"] * torch.randn(x.shape, generator=generator)

    for size in [min(batch, n - i) for i in range(0, n, batch)]:
        x = low + (high - low) * torch.rand(size, 1, 28, 28, generator=generator)
        for _ in range(steps):
            x = noised(x).clamp(low, high) if file.get("noise_first") else x
            step = file["step_size"] * energy.gradient(net, x)[1].clamp(-limit, limit)
            x = (x - step if file.get("noise_first") else noised(x - step)).clamp(low, high)
        parts.append((x - low) / (high - low))
    return torch.cat(parts)


@torch.no_grad()
def show_energies(path, count, data):
    """E, in float64, of the first test images and of a black one, for energies without noise levels."""
    net = Network.load(path).double().eval()
    low, high = net.model["data"]["range"]
    x = torch.cat([common.mnist("test", data)[0][:count], torch.zeros(1, 1, 28, 28)]).double()
    print(json.dumps({"energies": [round(e, 6) for e in net(low + (high - low) * x).flatten().tolist()]}))


def frechet(mean1, cov1, mean2, cov2):
    """Heusel et al. 2017, equation 6, in float64."""
    values, vectors = np.linalg.eigh(cov1)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov2 @ root), 0)).sum()
    return float(((mean1 - mean2) ** 2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * cross)


@torch.no_grad()
def quality(judge, images, labels=None):
    """Frechet distance to the judge's reference, agreement with the labels, class shares, confident and rejected share."""
    parts = [judge(b) for b in images.clamp(0, 1).split(500)]
    logits, features = (torch.cat(p).double() for p in zip(*parts))
    mean, covariance = features.mean(0).numpy(), torch.cov(features.T).numpy()
    reference = [judge.tensor(f"reference_{t}").double().numpy() for t in ("mean", "covariance")]
    classes = logits.shape[1] - bool(judge.model["data"].get("reject"))
    found, sure = logits.argmax(1), logits.softmax(1)[:, :classes].amax(1)
    return {
        "n": len(images),
        "frechet": round(frechet(mean, covariance, *reference), 4),
        "agreement": None if labels is None else round((found == labels).double().mean().item(), 5),
        "shares": [round(v, 4) for v in (torch.bincount(found, minlength=classes)[:classes] / len(found)).tolist()],
        "confident": round((sure > 0.9).double().mean().item(), 4),
        "rejected": round((found >= classes).double().mean().item(), 4),
    }


def guide(denoise, labels, weight, low, high):
    """x, sigma -> D with classifier-free guidance at low < sigma <= high."""
    none = torch.full_like(labels, NO_LABEL)

    def guided(x, sigma):
        d = denoise(x, sigma, labels)
        if weight and low < sigma <= high:
            plain = denoise(x, sigma, none)
            d = plain + (1 + weight) * (d - plain)
        return d

    return guided


def compose(denoise, path, weight):
    """The denoiser of E_A + weight E_B, E_B the energy in a weight file: D_A - weight sigma^2 dE_B/dx."""
    net = Network.load(path).eval().requires_grad_(False)

    def composed(x, sigma, labels):
        g = energy.gradient(net, x, torch.full((len(x),), sigma))[1]
        return denoise(x, sigma, labels) - weight * sigma * sigma * g

    return composed


def sample(denoise, conditional, n, steps, sigma_low, eta, guidance, label=None, seed=0, batch=250):
    """n samples and their labels (None for a network without labels), with the classes in turn or all of one class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 10 if conditional else torch.full((n,), NO_LABEL)
    if label is not None:
        labels = torch.full((n,), label)
    sigmas, parts = karras_schedule(steps, sigma_low), []
    for part in labels.split(batch):
        x = SIGMA_MAX * torch.randn(len(part), 1, 28, 28, generator=generator)
        parts.append(dpmpp_2m(guide(denoise, part, *guidance), x, sigmas, eta, generator))
    return torch.cat(parts), labels if conditional else None


def report(args, judge, images, labels, settings):
    width = {"thick": round((stroke_width(images.clamp(0, 1)) >= THICK).double().mean().item(), 4)}
    print(json.dumps(settings | quality(judge, images, labels) | width), flush=True)
    if args.draw:
        common.draw(args.draw, images[:96])


def main():
    p = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("--model", help="weight file or checkpoint; without it, real training images are judged")
    p.add_argument("--judge", default=Path(__file__).parent.parent / "judge.bin")
    p.add_argument("--data", help="folder with MNIST")
    p.add_argument("--n", type=int, default=2000, help="samples; 0: none")
    p.add_argument("--steps", type=int, nargs="+", default=[12])
    p.add_argument("--sigma-low", type=float, nargs="+", default=[0.02])
    p.add_argument("--guidance", type=float, nargs=3, default=[0, 0, 0], metavar=("W", "LOW", "HIGH"))
    p.add_argument("--eta", type=float, default=0, help="noise added on the way, 1: the reverse SDE's")
    p.add_argument("--label", type=int, help="draw this class only")
    p.add_argument("--compose", nargs=2, metavar=("FILE", "WEIGHT"), help="add WEIGHT times the energy in FILE")
    p.add_argument("--energies", type=int, default=0, help="energy without noise levels: of so many test images, and of black")
    p.add_argument("--draw", help="picture of the first samples")
    p.add_argument("--loss", type=int, default=10000, help="test images for the loss; 0: none")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--threads", type=int, default=1)
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    judge = Network.load(args.judge)
    if not args.model:
        x, y = common.mnist("train", args.data)
        print(json.dumps({"real": "train", **quality(judge, x[: args.n], y[: args.n])}))
        return
    if Path(args.model).suffix == ".bin" and "sigma" not in weightfile.read(args.model)[0]["inputs"]:
        if args.energies:
            show_energies(args.model, args.energies, args.data)
        for steps in args.steps if args.n else []:
            images = walk(args.model, args.n, steps, torch.Generator().manual_seed(args.seed))
            report(args, judge, images, None, {"steps": steps})
        return
    denoise, conditional = load(args.model)
    if args.compose:
        denoise = compose(denoise, args.compose[0], float(args.compose[1]))
    elif args.loss:
        x, y = (t[: args.loss] for t in common.mnist("test", args.data))
        figures = []
        for name, labels in (("none", torch.full_like(y, NO_LABEL)), ("true", y))[: 1 + conditional]:
            mean, levels = course_loss(denoise, x, labels, torch.Generator().manual_seed(1))
            figures.append({"course loss": round(mean, 3), "labels": name, "images": len(x)})
            figures[-1]["by level"] = [round(v, 2) for v in levels]
            print(json.dumps(figures[-1]), flush=True)
    for steps in args.steps if args.n else []:
        for low in args.sigma_low:
            images, labels = sample(
                denoise, conditional, args.n, steps, low, args.eta, args.guidance, args.label, args.seed
            )
            report(args, judge, images, labels, {"steps": steps, "sigma low": low})



if __name__ == "__main__":
    main()
