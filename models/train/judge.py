"""Train a judge: a small MNIST classifier with a class for what is no digit, whose penultimate features measure the quality of samples.

    python judge.py --data DIR --out runs/judge
    python judge.py --data DIR --out runs/judge2 --architecture residual --seed 1

Settings are chosen by the first and must hold by the second, of another architecture, seed and order of data.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

import common
import outliers

FEATURES, CLASSES = 64, 11
REJECT = CLASSES - 1


class Judge(nn.Module):
    """Images (N, 1, 28, 28) in [0, 1] to (logits (N, 11), features (N, 64)); the features are the input of the last layer,
    the last logit is that of the reject class."""

    def __init__(self):
        super().__init__()

        def conv(a, b, stride):
            return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU())

        self.body = nn.Sequential(conv(1, 16, 1), conv(16, 32, 2), conv(32, 32, 1), conv(32, 64, 2), conv(64, 64, 1))
        self.drop = nn.Dropout(0.3)
        self.hidden = nn.Linear(64 * 49, FEATURES)
        self.logits = nn.Linear(FEATURES, CLASSES)

    def forward(self, x):
        h = self.drop(self.body(x).flatten(1))
        f = F.relu(self.hidden(h))
        return self.logits(f), f


class Residual(nn.Module):
    """The second judge, with the same inputs and outputs as the first: residual blocks with group norms, SiLU and
    pools."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 24, 5, padding=2)
        widths = [(24, 24), (24, 48), (48, 64)]
        self.norms = nn.ModuleList(nn.GroupNorm(8, a) for a, _ in widths)
        self.first = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in widths)
        self.between = nn.ModuleList(nn.GroupNorm(8, b) for _, b in widths)
        self.second = nn.ModuleList(nn.Conv2d(b, b, 3, padding=1) for _, b in widths)
        self.skips = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in widths)
        self.norm, self.drop = nn.GroupNorm(8, 64), nn.Dropout(0.3)
        self.narrow = nn.Conv2d(64, 32, 1)
        self.hidden, self.logits = nn.Linear(32 * 49, FEATURES), nn.Linear(FEATURES, CLASSES)

    def forward(self, x):
        h = F.max_pool2d(self.stem(x), 2)
        for i, parts in enumerate(zip(self.norms, self.first, self.between, self.second, self.skips)):
            norm, first, between, second, skip = parts
            h = skip(h) + second(F.silu(between(first(F.silu(norm(h))))))
            h = F.avg_pool2d(h, 2) if i == 0 else h
        h = F.silu(self.narrow(F.silu(self.norm(h))))
        f = F.silu(self.hidden(self.drop(h.flatten(1))))
        return self.logits(f), f


ARCHITECTURES = {"plain": Judge, "residual": Residual}


def augmented(x):
    """Move images by up to two pixels each way, and turn every other one by up to 8 degrees and scale it by up to 8 %.
    Digits and other images are treated alike, as the judge would otherwise learn to tell interpolated images from
    others."""
    moved = x.roll(torch.randint(-2, 3, (2,)).tolist(), (2, 3))
    turned = outliers.affine(x[1::2], math.radians(8), 1.08, 0.05, 2 / 14)
    return torch.cat([moved[::2], turned])


def reordered(y):
    return torch.cat([y[::2], y[1::2]])


@torch.no_grad()
def examine(net, x, y):
    """Figures of test digits and of images that are no digits: the shares of which the judge is sure, above 0.9."""
    p = torch.cat([net(b)[0] for b in x.split(1000)]).softmax(1)
    q = torch.cat([net(b)[0] for b in outliers.draw(x, y).split(1000)]).softmax(1)
    digits = p[:, :REJECT].amax(1)
    return {
        "accuracy": 100 * (p.argmax(1) == y).float().mean().item(),
        "confident": 100 * (digits > 0.9).float().mean().item(),
        "fooled": 100 * (q[:, :REJECT].amax(1) > 0.9).float().mean().item(),
    }


def main():
    p = common.arguments(__doc__.splitlines()[0], out="runs/judge", epochs=30, batch=512, lr=2e-3)
    p.add_argument("--architecture", choices=ARCHITECTURES, default="plain")
    args = common.parse(p)
    x, y = common.mnist("train", args.data, args.device)
    tx, ty = common.mnist("test", args.data, args.device)
    net = ARCHITECTURES[args.architecture]().to(args.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=1e-2)
    average = common.Average(net, 0.998)
    run = common.Run(args, net, optimizer, average)
    per_epoch = len(x) // args.batch
    steps = int(args.epochs * per_epoch)
    index = common.batches(len(x), args.batch, torch.Generator(args.device).manual_seed(args.seed + run.step))
    while run.progress(steps) < 1:
        run.set_rate(steps, args.lr, warmup=100)
        i = next(index)
        others = outliers.draw(x[i], y[i])
        images = torch.cat([augmented(x[i]), augmented(others)]).contiguous(memory_format=torch.channels_last)
        targets = torch.cat([reordered(y[i]), torch.full_like(y[i], REJECT)])
        run.descend(F.cross_entropy(net(images)[0], targets, label_smoothing=0.02))
        if run.step % (2 * per_epoch) == 0:
            run.log(**examine(common.averaged(net, average), tx, ty))
            run.save(architecture=args.architecture)
    run.log(**examine(common.averaged(net, average), tx, ty))
    run.save(architecture=args.architecture)
    print(f"done: {run.path}")


if __name__ == "__main__":
    main()
