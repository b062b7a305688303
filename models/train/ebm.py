"""Train energies: `--recipe document`, the course's, and `--recipe best`, by denoising score matching at every noise level.

MODELS.md has the commands of the shipped networks. document: contrastive divergence, negatives from 60 Langevin steps.
best: dE/dx of E(x, sigma, y) is fitted to what trained denoisers say of noisy digits. Training needs no chains, and
every mode is covered. Denoising score matching does not determine the energies' offset between noise levels, or between
labels.
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
import common  # noqa: E402
from energy import Course, Energy, gradient  # noqa: E402
from unet import NO_LABEL, SD, SIGMA_MAX, SIGMA_MIN  # noqa: E402

LEVELS, AT_LEVEL = 768, 64  # best: noise levels, and images per level, in a part of the teachers' pool
CHAIN, STEP_SIZE, NOISE, LAMBDA = 60, 10.0, 0.005, 0.1  # document: Langevin steps from uniform noise, and the loss's lambda


def parse():
    p = common.arguments(__doc__.splitlines()[0], out="runs/ebm", epochs=10, batch=64, lr=1e-4)
    p.add_argument("--recipe", choices=["document", "best"], required=True)
    p.add_argument("--teachers", nargs=2, metavar=("CONDITIONAL", "UNCONDITIONAL"), help="best: weight files of denoisers")
    p.add_argument("--parts", type=int, default=4, help="best: parts of the teachers' pool, 49,152 noisy digits each")
    p.add_argument("--channels", type=int, nargs="+", default=[32, 64])
    p.add_argument("--blocks", type=int, nargs="+", default=[1, 1])
    p.add_argument("--ema", type=float, default=0.999)
    p.add_argument("--images", type=int, default=60000, help="train on the first so many images")
    return common.parse(p)


# best


def levels(generator):
    """Noise levels of a part of the pool: two thirds log-normal(-0.7, 1.4), one third log-uniform over the range."""
    low, high = torch.log(torch.tensor([SIGMA_MIN, SIGMA_MAX])).tolist()
    k = LEVELS // 3
    u = [torch.randn(LEVELS - k, generator=generator) * 1.4 - 0.7, torch.rand(k, generator=generator) * (high - low) + low]
    return torch.exp(torch.cat(u).clamp(low, high)).tolist()


@torch.no_grad()
def teach(x, y, conditional, unconditional, part):
    """Part number `part` of the pool: noisy digits, their noise levels and labels, and the teachers' denoised images.

    Half of the images at a level keep their label and are denoised by the conditional teacher, half by the other.
    """
    generator = torch.Generator().manual_seed(1000 + part)
    half, rows = AT_LEVEL // 2, {"x": [], "sigma": [], "label": [], "target": []}
    for sigma in levels(generator):
        i = torch.randint(len(x), (AT_LEVEL,), generator=generator)
        noisy = x[i] + sigma * torch.randn(x[i].shape, generator=generator)
        label = torch.cat([y[i[:half]], torch.full((half,), NO_LABEL)])
        target = torch.cat([conditional(noisy[:half], sigma, label[:half]), unconditional(noisy[half:], sigma)])
        for name, value in zip(rows, (noisy, torch.full((AT_LEVEL,), sigma), label, target)):
            rows[name].append(value)
    return {name: torch.cat(value) for name, value in rows.items()}


def pool_part(args, run, part, x, y, teachers):
    path = run.folder / f"pool-{part}.pt"
    if not path.exists():
        torch.save(teach(x, y, *teachers(), part), path)
    return torch.load(path)


def teachers_from(paths):
    from network import Network

    nets = [Network.load(path).eval().to(memory_format=torch.channels_last) for path in paths]

    def ask(net):
        return lambda noisy, sigma, *label: net(noisy, torch.full((len(noisy),), sigma), *label)

    return [ask(net) for net in nets]


def pooled_batches(args, run, x, y, seed):
    """Endless batches of the pool, its parts in turn, each in a new order every time."""
    generator = torch.Generator().manual_seed(seed)
    per_part = LEVELS * AT_LEVEL // args.batch
    teachers = lambda: teachers_from(args.teachers)
    while True:
        pool = pool_part(args, run, run.step // per_part % args.parts, x, y, teachers)
        for i in torch.randperm(LEVELS * AT_LEVEL, generator=generator).split(args.batch)[:per_part]:
            yield [pool[k][i] for k in ("x", "sigma", "label", "target")]


def best_network(args, x, y):
    """The fitted mixture alone: Phi is zero."""
    net = Energy(args.channels, args.blocks, conditional=True)
    fitted = Path(args.out) / "mixture.pt"
    if fitted.exists():
        net.mixture.load_state_dict(torch.load(fitted))
    else:
        net.mixture.fit(x, y)
        fitted.parent.mkdir(parents=True, exist_ok=True)
        torch.save(net.mixture.state_dict(), fitted)
    return net.to(memory_format=torch.channels_last)


def best(args):
    x, y = common.mnist("train", args.data)
    net = best_network(args, x, y)
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    slow = list(net.mixture.parameters())  # in an order that a later start reproduces, as the optimizer's state requires
    ids = {id(p) for p in slow}
    groups = [{"params": [p for p in net.parameters() if id(p) not in ids], "share": 1.0}, {"params": slow, "share": 0.02}]
    optimizer = torch.optim.Adam(groups, lr=args.lr, betas=(0.9, 0.99))
    average = common.Average(net, args.ema)
    run = common.Run(args, net, optimizer, average)
    steps = int(args.epochs * (len(x) // args.batch))

    def batch_loss(noisy, sigma, label, target):
        g = torch.func.grad(lambda v: net(v, sigma, label).sum())(noisy)
        v = sigma[:, None, None, None]
        error = (noisy - v * v * g - target).square()
        return (error * (v * v + SD * SD) / (v * SD).square()).mean((1, 2, 3))

    step_loss = torch.compile(batch_loss) if args.compile else batch_loss
    mean, count, since = 0.0, 0, run.elapsed()
    pool = pooled_batches(args, run, x, y, args.seed + run.step)
    while run.step < steps:
        noisy, sigma, label, target = next(pool)
        run.set_rate(steps, args.lr, warmup=100)
        loss = step_loss(noisy, sigma, label, target).mean()
        run.descend(loss, clip=1.0)
        mean, count = mean + loss.item(), count + 1
        if run.step % 50 == 0 or run.step == steps:
            rate = count * args.batch / (run.elapsed() - since)
            run.save(config=net.config, recipe="best")
            run.log(loss=mean / count, rate=round(rate))
            mean, count, since = 0.0, 0, run.elapsed()


# document


def langevin(slope, x, steps, generator=None):
    """x <- clamp(x - STEP_SIZE dE/dx + NOISE n) to [0, 1]: chains of temperature NOISE^2 / (2 STEP_SIZE)."""
    for _ in range(steps):
        x = (x - STEP_SIZE * slope(x) + NOISE * torch.randn(x.shape, generator=generator)).clamp(0, 1)
    return x


def document(args):
    x = common.mnist("train", args.data)[0][: args.images]
    net = Course(args.channels)
    print(f"{sum(p.numel() for p in net.parameters())} parameters; chains of temperature {NOISE**2 / (2 * STEP_SIZE):.3g}")
    optimizer = torch.optim.Adam(net.parameters(), lr=args.lr, betas=(0.0, 0.999))
    run = common.Run(args, net, optimizer)
    an_epoch = len(x) // args.batch
    index = common.batches(len(x), args.batch, torch.Generator().manual_seed(args.seed + run.step))
    slope = lambda v: gradient(net, v)[1]
    totals, count = torch.zeros(3), 0
    while run.step < int(args.epochs * an_epoch):
        real = x[next(index)]
        fake = langevin(slope, torch.rand_like(real), CHAIN)
        e_real, e_fake = net(real), net(fake)
        square = e_real.square().mean() + e_fake.square().mean()
        loss = e_real.mean() - e_fake.mean() + LAMBDA * square
        run.descend(loss, clip=1.0)
        totals, count = totals + torch.stack([loss, e_real.mean(), e_fake.mean()]).detach(), count + 1
        if run.step % (an_epoch // 4) == 0:
            names = ("loss", "energy of real", "energy of fake")
            run.log(**dict(zip(names, (totals / count).tolist())))
            totals, count = torch.zeros(3), 0
        if run.step % an_epoch == 0:
            run.save(config=net.config, recipe="document")
            samples = langevin(slope, torch.rand(args.batch, 1, 28, 28), CHAIN)
            common.draw(run.folder / f"samples-{run.step // an_epoch:02}.png", samples)


def main():
    args = parse()
    torch.set_flush_denormal(True)  # the mixture leaves components far away with next to no weight
    {"best": best, "document": document}[args.recipe](args)


if __name__ == "__main__":
    main()
