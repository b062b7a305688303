"""Distil a conditional score network into a consistency model, which draws in one to four evaluations.

    python fast.py --data DIR --teacher runs/ncsn-cond/checkpoint.pt --out runs/fast

Consistency distillation (Song et al. 2023, algorithm 2) in the continuous schedule of easy consistency tuning (Geng et al.
2024): from x_t = x + t z one Euler step of the guided teacher's ODE leads to x_r, and D(x_t, t) learns D(x_r, r). With
`--finish`, a discriminator on the features of a classifier trained here (Sauer et al. 2021, "Projected GANs") sharpens what is
drawn by one evaluation and by two, as in DMD2 (Yin et al. 2024), while distillation goes on.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

import common
import outliers
from ncsn import start_from, teacher_from
from unet import NO_LABEL, SIGMA_MAX, SIGMA_MIN, UNet

FINEST = 0.012  # the lowest t; r below SIGMA_MIN counts as 0
GUIDANCE = (0.3, 0.2, 5.0)  # the weight of guidance, and the noise levels between which it acts


def draw_levels(n, device):
    """t and r of a step: t is log-normal, with more at high levels than Geng et al. have; r is below t by 1/256 to 1/32
    of t."""
    t = torch.exp(torch.randn(n, device=device) * 2.0 - 0.8).clamp(FINEST, SIGMA_MAX)
    r = t * (1 - (1 + 8 * torch.sigmoid(-t)) / 256)
    return t, torch.where(r < SIGMA_MIN, 0.0, r)


def guided(teacher, x, t, label):
    weight, low, high = GUIDANCE
    d = teacher(x, t, label)
    plain = teacher(x, t, torch.full_like(label, NO_LABEL))
    w = torch.where((t > low) & (t <= high), weight, 0.0)[:, None, None, None]
    return d + w * (d - plain)


def loss_of(net, teacher, narrow):
    # A region of its own for the target: one region would keep weights that were cast without gradients for the other.
    def batch_loss(clean, noise, t, r, label):
        v, u = t[:, None, None, None], r[:, None, None, None]
        x = clean + v * noise
        with torch.no_grad(), narrow():
            d = guided(teacher, x, t, label).float()
            below = x + (u - v) / v * (x - d)
            target = torch.where(u > 0, net(below, r.clamp_min(SIGMA_MIN), label).float(), d)
        with narrow():
            error = (net(x, t, label).float() - target).square().sum((1, 2, 3))
        return ((error + 1e-8).sqrt() / (t - r)).mean() / 28

    return batch_loss


class Critic(nn.Module):
    """A classifier's trunk, whose features the discriminator sees; it is neither of the judges, and has another
    architecture."""

    def __init__(self):
        super().__init__()

        def conv(a, b, stride):
            return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1), nn.BatchNorm2d(b), nn.LeakyReLU(0.1))

        self.stages = nn.ModuleList([nn.Sequential(conv(1, 32, 1), conv(32, 32, 1)), nn.Sequential(conv(32, 64, 2), conv(64, 64, 1)),
                                     nn.Sequential(conv(64, 128, 2), conv(128, 128, 1))])
        self.classes = nn.Linear(128, 10)

    def features(self, x):
        out = []
        for stage in self.stages:
            x = stage(x)
            out.append(x)
        return out

    def forward(self, x):
        return self.classes(self.features(x)[-1].mean((2, 3)))


class Discriminator(nn.Module):
    """For each stage of the critic's features, a score at each position, with a projection on the label (Miyato & Koyama 2018)."""

    def __init__(self):
        super().__init__()
        spectral = nn.utils.parametrizations.spectral_norm
        widths = (32, 64, 128)
        self.first = nn.ModuleList(spectral(nn.Conv2d(c, 64, 3, 1 if c == 128 else 2, 1)) for c in widths)
        self.score = nn.ModuleList(spectral(nn.Conv2d(64, 1, 1)) for _ in widths)
        self.label = nn.ModuleList(nn.Embedding(10, 64) for _ in widths)

    def forward(self, features, label):
        out = []
        for first, score, embed, f in zip(self.first, self.score, self.label, features):
            h = F.leaky_relu(first(f), 0.2)
            out.append((score(h) + (h * embed(label)[:, :, None, None]).sum(1, keepdim=True) / 64).flatten(1))
        return torch.cat(out, 1)


def train_critic(x, y, steps, batch=512):
    critic = Critic().to(x.device)
    optimizer = torch.optim.AdamW(critic.parameters(), 2e-3)
    for step in range(steps):
        i = torch.randint(len(x), (batch,), device=x.device)
        loss = F.cross_entropy(critic(outliers.affine(x[i], 0.15, 1.1, 0.1, 0.1)), y[i], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * 0.5 * (1 + math.cos(math.pi * step / steps))
    return critic.eval().requires_grad_(False)


class Finish:
    """The adversarial part: hinge losses on the images that one evaluation draws, and on those that a second evaluation
    refines."""

    def __init__(self, args, net, x, y):
        self.x, self.y, self.net, self.middle, self.batch = x, y, net, args.middle, args.batch
        self.device, self.narrow = args.device, common.narrowing(args)
        self.critic = train_critic(x, y, args.critic_steps)
        self.discriminator = Discriminator().to(x.device)
        self.optimizer = torch.optim.Adam(self.discriminator.parameters(), 4e-4, betas=(0.0, 0.99))

    def drawn(self, label):
        n = len(label)
        shape = (n, 1, 28, 28)
        high, middle = (torch.full((n,), s, device=self.device) for s in (SIGMA_MAX, self.middle))
        one = self.net(SIGMA_MAX * torch.randn(shape, device=self.device), high, label).float()
        second = one.detach() + self.middle * torch.randn(shape, device=self.device)
        return torch.cat([one, self.net(second, middle, label).float()])

    def judged(self, images, label):
        moved = outliers.affine(images, 0.1, 1.05, 0.05, 0.07)
        with self.narrow():
            return self.discriminator(self.critic.features(moved), label).float()

    def batch_of(self):
        i = torch.randint(len(self.x), (self.batch,), device=self.device)
        return self.x[i], self.y[i]

    def loss(self):
        """The generator's loss, after one step of the discriminator."""
        real, label = self.batch_of()
        with self.narrow():
            fake = self.drawn(label)
        both = torch.cat([label, label])
        worse = F.relu(1 - self.judged(real, label)).mean() + F.relu(1 + self.judged(fake.detach(), both)).mean()
        self.optimizer.zero_grad()
        worse.backward()
        self.optimizer.step()
        return -self.judged(fake, both).mean()


def begin(args, init):
    """MNIST, the teacher, the student with the weights of `init`, and its run."""
    x, y = common.mnist("train", args.data, args.device)
    teacher = teacher_from(args.teacher, args.device)
    net = UNet(**teacher.config)
    start_from(init, net)
    net = net.to(args.device, memory_format=torch.channels_last)
    optimizer = torch.optim.RAdam(net.parameters(), lr=args.lr, betas=(0.9, 0.99))
    return x, y, teacher, net, common.Run(args, net, optimizer, common.Average(net, args.ema))


def train(args, x, y, teacher, net, run, name, beside, every=1, log_every=250):
    """Train with the loss `beside` in every step, which is logged as `name`, and with distillation's in every so many."""
    batch_loss = loss_of(net, teacher, common.narrowing(args))
    step_loss = torch.compile(batch_loss) if args.compile else batch_loss
    index = common.batches(len(x), args.batch, torch.Generator(args.device).manual_seed(args.seed + run.step))
    steps = int(args.epochs * (len(x) // args.batch))
    totals, counts = torch.zeros(2, device=args.device), [0, 0]
    while run.progress(steps) < 1:
        run.set_rate(steps, args.lr)
        loss = torch.zeros(2, device=args.device)
        distils = run.step % every == 0
        if distils:
            i = next(index)
            loss[0] = step_loss(x[i], torch.randn_like(x[i]), *draw_levels(len(i), args.device), y[i])
        loss[1] = beside()
        run.descend(loss.sum(), clip=1.0)
        totals, counts = totals + loss.detach(), [counts[0] + distils, counts[1] + 1]
        if run.step % log_every == 0:
            means = (totals / torch.tensor(counts, device=args.device).clamp_min(1)).tolist()
            run.save(config=net.config)
            run.log(loss=means[0], **{name: means[1]}, rate=round(run.step * args.batch / run.elapsed()))
            totals, counts = torch.zeros(2, device=args.device), [0, 0]
    run.save(config=net.config)
    print(f"done: {run.path}")


def main():
    p = common.arguments(__doc__.splitlines()[0], out="runs/fast", epochs=20, batch=128, lr=4e-4)
    p.add_argument("--teacher", required=True, help="conditional checkpoint of ncsn.py, or weight file")
    p.add_argument("--init", help="checkpoint of this script, or weight file, to start from; else the teacher")
    p.add_argument("--ema", type=float, default=0.9995)
    p.add_argument("--finish", type=float, default=0, help="weight of the discriminator's loss")
    p.add_argument("--middle", type=float, default=0.8, help="noise level of the second evaluation")
    p.add_argument("--critic-steps", type=int, default=1500)
    common.narrow_argument(p)
    args = common.parse(p)
    x, y, teacher, net, run = begin(args, args.init or args.teacher)
    finish = Finish(args, net, x, y) if args.finish else None
    train(args, x, y, teacher, net, run, "rival", lambda: args.finish * finish.loss() if finish else 0)


if __name__ == "__main__":
    main()
