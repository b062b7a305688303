"""Write tests/golden: small networks with random weights, and what PyTorch computes with each network in float64.

    python make_golden.py            # tiny, tiny-cond, zoo and tokens: weight files and expected outputs
    python make_golden.py ncsn.bin   # expected outputs of a shipped file

For a network NAME: NAME.x.npy (S, N, C, H, W), NAME.sigma.npy (S), NAME.label.npy (S, N), NAME.out.npy (S, N, outputs'
shape) and, for a second output, NAME.out2.npy, for an energy its derivative by x, NAME.gradient.npy (S, N, C, H, W);
all float32. There are S noise levels with N images each. Files of inputs that the network does not take are missing; a
network without sigma has S = 1.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

import export
import zoo
from gensample import weightfile
from gensample.exporter import Network
from gensample.exporter.operations import OPERATIONS

FOLDER = Path(__file__).parent.parent / "tests" / "golden"
SIGMAS = [0.01, 0.3, 2.0, 30.0]
RANDOM = {"training": "none, random weights", "licence": "as the program"}


def drawing(shape, generator, kind):
    """A clean synthetic image, a soft-edged disc, bar or ring, with channels of unequal brightness."""
    c, h, w = shape
    y, x = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    cy, cx, r = (
        torch.rand(3, generator=generator) * torch.tensor([0.6, 0.6, 0.4]) + torch.tensor([-0.3, -0.3, 0.3])
    ).tolist()
    distance = ((y - cy) ** 2 + (x - cx) ** 2).sqrt()
    field = [r - distance, 0.2 - (y * cx - x * r + cy / 2).abs(), 0.12 - (distance - r).abs()][kind % 3]
    return torch.sigmoid(field * 15) * torch.linspace(1, 0.5, c)[:, None, None]


def inputs(model, images=3, seed=5):
    """Golden inputs for a model: {name: float32 array}."""
    generator = torch.Generator().manual_seed(seed)
    shape = model["data"]["shape"]
    sigmas = SIGMAS if "sigma" in model["inputs"] else [0.2]
    clean = torch.stack([torch.stack([drawing(shape, generator, i) for i in range(images)]) for _ in sigmas])
    noise = torch.randn(clean.shape, generator=generator)
    out = {"x": clean + torch.tensor(sigmas).reshape(-1, 1, 1, 1, 1) * noise}
    if "sigma" in model["inputs"]:
        out["sigma"] = torch.tensor(sigmas)
    if "label" in model["inputs"]:
        k = model["labels"]
        out["label"] = torch.tensor(
            [[k if i == images - 1 else (3 * s + i) % k for i in range(images)] for s in range(len(sigmas))]
        )
    return {name: t.numpy().astype("<f4") for name, t in out.items()}


def outputs(net, given):
    """{name: what the network computes in float64 for each noise level}."""
    results = {}
    for s, x in enumerate(given["x"]):
        arguments = [torch.tensor(x).double().requires_grad_(net.model["kind"] == "energy")]
        if "sigma" in given:
            arguments.append(torch.full((len(x),), float(given["sigma"][s]), dtype=torch.float64))
        if "label" in given:
            arguments.append(torch.tensor(given["label"][s]).long())
        result = net(*arguments)
        found = dict(zip(("out", "out2"), result if isinstance(result, tuple) else (result,)))
        if arguments[0].requires_grad:
            (found["gradient"],) = torch.autograd.grad(result.sum(), arguments[0])
        for name, value in found.items():
            results.setdefault(name, []).append(value.detach())
    return {name: torch.stack(r).numpy().astype("<f4") for name, r in results.items()}


def write(path):
    net = Network.load(path).double().eval()
    given = inputs(net.model)
    results = outputs(net, given)
    for name, array in (given | results).items():
        np.save(FOLDER / f"{path.stem}.{name}.npy", array)
    print(path.stem, *(f"{name}{list(a.shape)}" for name, a in given.items()), "->", *(f"{name}{list(r.shape)}" for name, r in results.items()))


def write_network(name, net, info, example):
    raw = export.export(net, example, info | {"provenance": RANDOM})
    path = FOLDER / f"{name}.bin"
    path.write_bytes(raw)
    write(path)
    return {node["op"] for node in weightfile.parse(raw)[0]["graph"]["nodes"]}


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("files", nargs="*", type=Path, help="weight files; default: the networks with random weights")
    args = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for path in args.files:
        write(path)
    if args.files:
        return
    for name, conditional in (("tiny", False), ("tiny-cond", True)):
        net = zoo.tiny(conditional)
        write_network(name, net, export.denoiser_info(name, net.config), export.denoiser_inputs(net.config))
    shape = [zoo.CHANNELS, zoo.HEIGHT, zoo.WIDTH]
    data = {"shape": shape, "range": [-1, 1], "sigma": [0.01, 30]}
    info = {"name": "zoo", "kind": "denoiser", "data": data, "inputs": ["x", "sigma", "label"], "labels": zoo.LABELS}
    missing = set(OPERATIONS)
    for name, net, shape in (("zoo", zoo.zoo(), shape), ("tokens", zoo.tokens(), zoo.Tokens.SHAPE)):
        example = (torch.randn(4, *shape), torch.tensor([0.01, 0.5, 2.0, 20.0]), torch.arange(4))
        info |= {"name": name, "data": data | {"shape": list(shape)}}
        missing -= write_network(name, net, info, example)
    if missing:
        raise SystemExit(f"zoo and tokens lack the operations {sorted(missing)}")


if __name__ == "__main__":
    try:
        main()
    except export.Unsupported as error:
        sys.exit(f"make_golden: {error}")
