"""Export a PyTorch module to a weight file (FORMAT.md).

    python export.py --kind denoiser --checkpoint runs/ncsn/checkpoint.pt --out ncsn.bin
    python export.py --kind denoiser --checkpoint runs/ncsn-fast/checkpoint.pt --data DIR --sampler consistency \\
        --ladder 30 1.2 0.35 --out ncsn-fast.bin
    python export.py --kind classifier --checkpoint runs/judge/checkpoint.pt --data DIR --out judge.bin
    python export.py --kind energy --checkpoint runs/ebm/checkpoint.pt --out ebm.bin
    python export.py --kind energy --uva uva_tutorial8_ebm_mnist.ckpt --out uva.bin

or, for a module of your own, `export(module, example_inputs, info)`. The module is traced with torch.export; anything
that has no operation in a weight file is refused with its name and place. Constant parts are folded in float64. Every
export is read back, evaluated, and compared with the module.
"""

import argparse
import copy
import sys
from pathlib import Path

import torch

import composed  # noqa: F401, registers its handlers
import weightfile
from network import Network
from tracing import Const, Tracer, Unsupported

TOLERANCE = 1e-6  # of the file against the module in float64, relative to the largest output


def fold(nodes, outputs):
    """Merge each batch norm into the convolution or linear layer before it, or turn it into a product and a sum."""
    uses = {}
    for name in [i for n in nodes for i in n["inputs"]] + outputs:
        uses[name] = uses.get(name, 0) + 1
    kept, by_name, renamed = [], {}, {}
    for node in nodes:
        node["inputs"] = [renamed.get(i, i) for i in node["inputs"]]
        if node["op"] != "batch_norm":
            kept.append(node)
            by_name[node["name"]] = node
            continue
        source, name = by_name.get(node["inputs"][0]), node["name"]
        scale, shift = (node["tensors"][role].value for role in ("scale", "shift"))
        if source and source["op"] in ("conv2d", "linear") and uses[source["name"]] == 1:
            t, layer = source["tensors"], source["name"]
            weight = t["weight"].value * scale.reshape(-1, *(1,) * (t["weight"].value.dim() - 1))
            bias = shift + (t["bias"].value * scale if "bias" in t else 0)
            source["tensors"] = {"weight": Const(weight, f"{layer}.weight"), "bias": Const(bias, f"{layer}.bias")}
            uses[layer], renamed[name] = uses.get(name, 0), layer
            continue
        before = node["inputs"][0]
        for op, role, c in (("mul", "scale", scale), ("add", "shift", shift)):
            constant = dict(name=f"{name}.{role}", op="constant", inputs=[], attributes={})
            constant["tensors"] = {"value": Const(c, f"{name}.{role}")}
            last = dict(name=name if op == "add" else f"{name}.scaled", op=op, inputs=[before, constant["name"]])
            before = last["name"]
            kept += [constant, last | dict(attributes={}, tensors={})]
        by_name[name] = kept[-1]
    return kept, [renamed.get(o, o) for o in outputs]


def reachable(nodes, outputs):
    wanted = set(outputs)
    for node in reversed(nodes):
        if node["name"] in wanted:
            wanted.update(node["inputs"])
    return [n for n in nodes if n["name"] in wanted]


def collect(nodes, extra):
    """The nodes as the file has them, and the tensors in order of use; equal name and content, same tensor."""
    tensors, out = {}, []
    for node in nodes:
        roles = {}
        for role, c in node["tensors"].items():
            value, name, count = c.value.to(torch.float32).numpy(), c.name, 1
            while name in tensors and not (tensors[name].shape == value.shape and (tensors[name] == value).all()):
                count += 1
                name = f"{c.name}.{count}"
            tensors[name] = value
            roles[role] = name
        entry = dict(name=node["name"], op=node["op"], inputs=node["inputs"])
        if node["attributes"]:
            entry["attributes"] = {k.rstrip("_"): v for k, v in node["attributes"].items()}
        if roles:
            entry["tensors"] = roles
        out.append(entry)
    return out, tensors | {k: torch.as_tensor(v).float().numpy() for k, v in extra.items()}


def export(module, example_inputs, info, extra=None):
    """The bytes of a weight file for `module`.

    example_inputs: x (N, C, H, W), then sigma (N) and label (N) as far as `info["inputs"]` names them, N >= 2.
    info: FORMAT.md's model object without its graph. extra: tensors named reference_*.
    Raises Unsupported for anything that the format cannot express.
    """
    twin = (
        copy.deepcopy(module)
        .to("cpu", torch.float64, memory_format=torch.contiguous_format)
        .eval()
        .requires_grad_(False)
    )
    inputs = tuple(t.double() if t.is_floating_point() else t for t in example_inputs)
    e = Tracer(twin, inputs, info["inputs"])
    outputs = []
    for v in e.results:
        if isinstance(v, Const):
            e.refuse("an output that does not depend on the inputs")
        name = e.full(v)
        if name in info["inputs"]:
            name = e.emit("affine", [name], v.file, shape=v.shape).name
        outputs.append(name)
    nodes, outputs = fold(e.nodes, outputs)
    nodes, tensors = collect(reachable(nodes, outputs), extra or {})
    order = ("name", "kind", "data", "inputs", "labels", "default", "graph", "provenance")
    model = info | {"graph": {"nodes": nodes, "outputs": outputs}}
    raw = weightfile.write({k: model[k] for k in order if k in model}, tensors)
    check(raw, twin, inputs)
    return raw


@torch.no_grad()
def check(raw, module, inputs):
    """Compare the file's graph with the module in float64."""
    got, want = Network(*weightfile.parse(raw)).double()(*inputs), module(*inputs)
    for a, b in zip(*((v if isinstance(v, tuple) else (v,)) for v in (got, want)), strict=True):
        if a.shape != b.shape or not (a - b).abs().max() <= TOLERANCE * b.abs().max():
            raise RuntimeError(f"the exported graph computes something else: {(a - b).abs().max() / b.abs().max():.3g}")


# The networks of train/.

sys.path.insert(0, str(Path(__file__).parent / "train"))
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
    source.add_argument("--checkpoint", help="checkpoint.pt of ncsn.py or fast.py (denoiser), judge.py, or ebm.py or stroke.py (energy)")
    source.add_argument("--uva", help="energy: the published checkpoint of UvA Deep Learning tutorial 8")
    p.add_argument("--out", required=True, help="the weight file")
    p.add_argument("--name", help="the model's name; default: the file's")
    p.add_argument("--training", help="the training command, for the provenance")
    p.add_argument("--data", help="folder with MNIST: the judge's reference features, a conditional network's class shares")
    p.add_argument("--sampler", default="dpmpp-2m", help="sampler by default")
    p.add_argument("--ladder", type=float, nargs="+", metavar="SIGMA", help="denoiser: its noise levels, instead of --steps and --sigma-low")
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
