"""Go on with a consistency model of fast.py so that what it draws has the statistics of real digits.

    python match.py --data DIR --teacher runs/ncsn-cond/checkpoint.pt --init runs/fast/checkpoint.pt --out runs/ncsn-fast \
        --ladder 30,1.2,0.6,0.35 --ladder 24,0.7

What each evaluation of the ladders draws gets smaller Frechet distances (Heusel et al. 2017) from real digits, as a loss
(Mathiasen & Hvilshoj 2020), in the features of three classifiers, which are trained here, have a class for what is no digit,
and are neither judge. Digits that these take for another class than the label's, or hardly for any, are pulled towards their
label. Distillation goes on beside that.
"""

import argparse
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

import common
import fast
import outliers
from judge import CLASSES, REJECT
from unet import SIGMA_MAX, SIGMA_MIN

SMOOTHING = 0.05  # of the critics' labels
CLEAR = 0.95  # the share of real digits whose cross entropy is below the limit up to which a drawn digit is left alone
PROJECTED = 96  # features of quarters
FEATURES = 128  # the most of one kind

# Channels and strides of the stages, the kernel of the first convolution, and the activation.
CRITICS = (
    dict(widths=(32, 64, 128), strides=(1, 2, 2), kernel=3, activation=nn.LeakyReLU),
    dict(widths=(48, 64, 96), strides=(2, 1, 2), kernel=5, activation=nn.SiLU),
    dict(widths=(16, 32, 64), strides=(1, 2, 2), kernel=3, activation=nn.GELU),
)


class Critic(nn.Module):
    """Images (N, 1, 28, 28) to the results of three stages of two convolutions each, and to the input of the last layer."""

    def __init__(self, widths, strides, kernel, activation, squeezed=32, hidden=64):
        super().__init__()

        def conv(a, b, stride, kernel=3):
            return nn.Sequential(nn.Conv2d(a, b, kernel, stride, kernel // 2), nn.BatchNorm2d(b), activation())

        before, kernels = (1, *widths[:2]), (kernel, 3, 3)
        self.stages = nn.ModuleList(nn.Sequential(conv(a, b, s, k), conv(b, b, 1)) for a, b, s, k in zip(before, widths, strides, kernels))
        self.squeeze = nn.Conv2d(widths[2], squeezed, 1)
        self.hidden = nn.Sequential(nn.Dropout(0.3), nn.Linear(squeezed * 49, hidden), activation())
        self.classes = nn.Linear(hidden, CLASSES)
        turn = torch.randn(4 * widths[2], PROJECTED, generator=torch.Generator().manual_seed(0)) / PROJECTED**0.5
        self.register_buffer("turn", turn, persistent=False)

    def features(self, x):
        out = []
        for stage in self.stages:
            x = stage(x)
            out.append(x)
        return out + [self.hidden(self.squeeze(x).flatten(1))]

    def forward(self, x):
        return self.classes(self.features(x)[-1])

    def pooled(self, features):
        """Means of the last two stages, means of the last one's quarters through a fixed random projection, and what the
        classes are made of: float64, (N, features) each."""
        second, third, hidden = (f.float() for f in features[1:])
        quarters = F.adaptive_avg_pool2d(third, 2).flatten(1) @ self.turn
        return [f.double() for f in (second.mean((2, 3)), third.mean((2, 3)), quarters, hidden)]

    def error(self, features, label):
        """The cross entropy of each image."""
        return F.cross_entropy(self.classes(features[-1].float()), label, label_smoothing=SMOOTHING, reduction="none")


def moved(x):
    """Images turned, scaled, sheared and shifted at random, as critics are trained with."""
    return outliers.affine(x, 0.15, 1.1, 0.07, 0.14)


def train_critic(critic, x, y, steps, narrow, batch=256, rate=2e-3):
    """To tell classes, of digits and of as many images that are none."""
    optimizer = torch.optim.AdamW(critic.parameters(), rate, weight_decay=1e-2)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = common.learning_rate(step, step / steps, rate, warmup=1)
        i = torch.randint(len(x), (batch,), device=x.device)
        images = torch.cat([moved(x[i]), moved(outliers.draw(x[i], y[i]))]).contiguous(memory_format=torch.channels_last)
        with narrow():
            logits = critic(images).float()
        loss = F.cross_entropy(logits, torch.cat([y[i], torch.full_like(y[i], REJECT)]), label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def critics_of(args, x, y):
    """The critics in the run's folder; those that are not there are trained first."""
    critics = []
    for k, config in enumerate(CRITICS):
        path = Path(args.out) / f"critic{k}.pt"
        critic = Critic(**config).to(x.device, memory_format=torch.channels_last)
        if path.exists():
            critic.load_state_dict(torch.load(path, map_location=x.device))
        else:
            train_critic(critic, x, y, args.critic_steps, common.narrowing(args))
            common.save(critic.state_dict(), path)
        critics.append(critic.eval().requires_grad_(False))
    return critics


def moments(f):
    """Mean and covariance of features (N, D)."""
    return f.mean(0), torch.cov(f.T)


def frechet(mean, covariance, real_mean, root):
    """Heusel et al. 2017, equation 6, where `root` is the square root of the real covariance; over the real variance."""
    mixed = torch.linalg.eigvalsh(root @ covariance @ root).clamp_min(1e-12).sqrt().sum()
    real = root.square().sum()
    return ((mean - real_mean).square().sum() + covariance.diagonal().sum() + real - 2 * mixed) / real


class Match:
    """Frechet distances from real digits of the last `room` images that the same evaluation drew, of which only the present
    batch has gradients. They lag behind the weights: a high rate makes them swing."""

    def __init__(self, room, real):
        self.room, self.before, self.real = room, {}, []
        for f in real:
            mean, covariance = moments(f)
            values, vectors = torch.linalg.eigh(covariance)
            self.real.append((mean, vectors * values.clamp_min(0).sqrt() @ vectors.T))

    def push(self, key, features):
        """The features of the last `room` images."""
        known = self.before.get(key, [f[:0] for f in features])
        both = [torch.cat([f, k])[: self.room] for f, k in zip(features, known)]
        self.before[key] = [b.detach() for b in both]
        return both

    def __call__(self, key, features):
        """The sum over kinds of features."""
        both = self.push(key, features)
        share = self.room / len(features[0])  # as if all had gradients
        return share * sum(frechet(*moments(b), *real) for b, real in zip(both, self.real))


class Drawn:
    """The losses of what the evaluations of the ladders draw."""

    def __init__(self, args, net, x, y):
        self.args, self.y = args, y
        self.net = torch.compile(net) if args.compile else net
        self.narrow = common.narrowing(args)
        self.critics = critics_of(args, x, y)
        with torch.no_grad():
            statistics, errors = zip(*(self.statistics(*of) for of in zip(x.split(500), y.split(500))))
            self.match = Match(args.room, [torch.cat(of) for of in zip(*statistics)])
            self.limits = [torch.cat(of).sort().values[int(CLEAR * len(x))].item() for of in zip(*errors)]
            for key in {tuple(levels[: n + 1]) for levels in args.ladder for n in range(len(levels))}:
                self.fill(key)

    def fill(self, key):
        """Draw as many images as a Frechet distance is of."""
        for _ in range(0, self.args.room, self.args.batch):
            label = self.labels()
            self.match.push(key, self.statistics(self.draw(label, key), label)[0])

    def labels(self):
        return self.y[torch.randint(len(self.y), (self.args.batch,), device=self.y.device)]

    def statistics(self, images, label):
        """Pooled features, and cross entropies by critic, of images that are moved a little."""
        images = outliers.affine(images, 0.1, 1.05, 0.05, 0.07).contiguous(memory_format=torch.channels_last)
        with self.narrow():
            features = [critic.features(images) for critic in self.critics]
        pooled = [p for critic, f in zip(self.critics, features) for p in critic.pooled(f)]
        return pooled, [critic.error(f, label) for critic, f in zip(self.critics, features)]

    def draw(self, label, levels):
        """What the last of the evaluations at these noise levels draws; those before it have no gradients."""
        x = torch.zeros(len(label), 1, 28, 28, device=label.device).contiguous(memory_format=torch.channels_last)
        wanted = torch.is_grad_enabled()
        for i, s in enumerate(levels):
            with torch.set_grad_enabled(wanted and i + 1 == len(levels)), self.narrow():
                x = self.net(x + s * torch.randn_like(x), torch.full((len(label),), s, device=label.device), label).float()
        return x

    def loss(self):
        """That of an evaluation of a ladder by chance, of its last one more often than of those before."""
        levels, label = random.choice(self.args.ladder), self.labels()
        last = max(random.randrange(len(levels)), random.randrange(len(levels)))
        key = tuple(levels[: last + 1])
        statistics, errors = self.statistics(self.draw(label, key), label)
        loss = self.args.match * self.match(key, statistics)
        for error, limit in zip(errors, self.limits):
            loss = loss + self.args.classes * F.relu(error - limit).mean()
        return loss


def levels_of(text):
    levels = [float(s) for s in text.split(",")]
    if levels != sorted(set(levels), reverse=True) or not SIGMA_MIN <= levels[-1] <= levels[0] <= SIGMA_MAX:
        raise argparse.ArgumentTypeError(f"expected falling noise levels between {SIGMA_MAX:g} and {SIGMA_MIN:g}, as 30,1.2")
    return levels


def main():
    p = common.arguments(__doc__.splitlines()[0], out="runs/ncsn-fast", epochs=10.4, batch=128, lr=5e-6)
    p.add_argument("--teacher", required=True, help="conditional checkpoint of ncsn.py, or weight file")
    p.add_argument("--init", required=True, help="checkpoint of fast.py or of this script, or weight file, to start from")
    p.add_argument("--ema", type=float, default=0.999)
    p.add_argument("--ladder", type=levels_of, action="append", required=True, metavar="SIGMA,...",
                   help="noise levels of the evaluations; may be given again, also to have one more often")
    p.add_argument("--match", type=float, default=0.3, help="weight of the Frechet distances")
    p.add_argument("--classes", type=float, default=0.1, help="weight of the cross entropies")
    p.add_argument("--room", type=int, default=2048, help="images that a Frechet distance is of")
    p.add_argument("--distil-every", type=int, default=4, metavar="K", help="distil in every K-th step")
    p.add_argument("--critic-steps", type=int, default=700)
    common.narrow_argument(p)
    args = common.parse(p)
    if args.room <= FEATURES:
        p.error(f"--room {args.room}: expected more images than the {FEATURES} features of the largest kind")
    x, y, teacher, net, run = fast.begin(args, args.init)
    random.seed(args.seed + run.step)
    drawn = Drawn(args, net, x, y)
    fast.train(args, x, y, teacher, net, run, "drawn", drawn.loss, every=args.distil_every, log_every=50)


if __name__ == "__main__":
    main()
