"""Train energies: `--recipe document`, the course's, and `--recipe best`, by denoising score matching at every noise level.

MODELS.md has the commands of the shipped networks. document: contrastive divergence, negatives from 60 Langevin steps.
best: dE/dx of E(x, sigma, y) is fitted to what trained denoisers say of noisy digits. Training needs no chains, and
every mode is covered. Denoising score matching does not determine the energies' offset between noise levels, or between
labels.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

MODELS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(MODELS), str(MODELS.parent / "python")]
import common  # noqa: E402
from energy import Course, Energy, gradient  # noqa: E402
from epochs import Column, Epochs  # noqa: E402
from gensample import weightfile  # noqa: E402
from unet import NO_LABEL, SD, SIGMA_MAX, SIGMA_MIN  # noqa: E402

LEVELS, AT_LEVEL = 768, 64  # best: noise levels, and images per level, in a part of the teachers' pool
JUDGED = 1000  # document: samples judged after an epoch


def parse():
    p = common.arguments(__doc__.splitlines()[0], out="runs/ebm", epochs=10, batch=64, lr=1e-4)
    p.add_argument("--recipe", choices=["document", "best"], required=True)
    p.add_argument("--teachers", nargs=2, metavar=("CONDITIONAL", "UNCONDITIONAL"), help="best: weight files of denoisers")
    p.add_argument("--parts", type=int, default=4, help="best: parts of the teachers' pool, 49,152 noisy digits each")
    p.add_argument("--channels", type=int, nargs="+", default=[32, 64])
    p.add_argument("--blocks", type=int, nargs="+", default=[1, 1])
    p.add_argument("--ema", type=float, default=0.999)
    p.add_argument("--program", help="document: the program gensample, which then draws the chains and judges samples")
    p.add_argument("--chain", type=int, default=60, help="document: Langevin steps")
    p.add_argument("--step-size", type=float, default=10.0, help="document: of these steps")
    p.add_argument("--noise", type=float, default=0.005, help="document: standard deviation of their noise")
    p.add_argument("--black", type=float, default=0.0, help="document: pixels lie in [BLACK, 1]")
    p.add_argument("--from-data", action="store_true", help="document: chains begin at training images, not at uniform noise")
    p.add_argument("--weight", type=float, default=0.1, help="document: the loss's lambda")
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
    from gensample.exporter import Network

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


def sampler(args):
    """The Langevin dynamics of the training's chains, as a weight file names it."""
    return {"sampler": "langevin", "steps": args.chain, "step_size": args.step_size, "noise": args.noise, "clamp": 1}


class Langevin:
    """Chains x <- clamp(x - step_size dE/dx + noise n) to [black, 1], of temperature noise^2 / (2 step_size)."""

    def __init__(self, args, net):
        self.args, self.net = args, net

    def draw(self, n, seed, begin=None):
        """n samples that began at uniform noise, or at images."""
        a = self.args
        x = a.black + (1 - a.black) * torch.rand(n, 1, 28, 28) if begin is None else begin
        for _ in range(a.chain):
            x = (x - a.step_size * gradient(self.net, x)[1] + a.noise * torch.randn(x.shape)).clamp(a.black, 1)
        return x

    def judged(self, n):
        return self.draw(n, 0), {}


class Program:
    """The same by `gensample`, several times as fast: the network goes to it as a weight file."""

    def __init__(self, args, net):
        import export

        self.command = [args.program, "--threads", str(args.threads)]
        self.file, self.out, self.begin = (Path(args.out) / name for name in ("chains.bin", "chains.npy", "begin.npy"))
        info = export.plain_energy_info("chains", [args.black, 1]) | {"default": sampler(args)}
        self.model, tensors = weightfile.parse(export.export(net, (torch.rand(3, 1, 28, 28),), info))
        self.net, self.names = net, list(tensors)

    def run(self, n, seed, *options):
        """n samples, and what the program prints."""
        state = self.net.state_dict()
        self.file.write_bytes(weightfile.write(self.model, {k: state[k].numpy() for k in self.names}))
        command = [*self.command, "--model", self.file, "-n", n, "--seed", seed, "--out", self.out, *options]
        said = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout
        return torch.from_numpy(np.load(self.out)), said

    def draw(self, n, seed, begin=None):
        if begin is None:
            return self.run(n, seed)[0]
        np.save(self.begin, begin.numpy())
        return self.run(n, seed, "--init", self.begin)[0]

    def judged(self, n):
        """n samples from noise, and what judge.bin takes them for."""
        images, said = self.run(n, 0, "--quality", "--json")
        quality = json.loads(said)["quality"]
        return images, {k: quality[k] for k in ("shares", "rejected", "confident", "frechet")}


ENERGY_COLUMNS = {
    "energy_real": Column("mean over the epoch's batches of E of training images", "energy"),
    "energy_fake": Column("the same of the chains' ends, the generated images", "energy"),
    "contrastive": Column("energy_real - energy_fake", "energy"),
    "regularisation": Column("lambda times the mean of E squared, of training images plus that of generated ones", "energy^2"),
    "loss": Column("contrastive + regularisation, which training lowers", ""),
}
JUDGED_COLUMNS = {
    "shares": Column("share of samples, drawn after the epoch, that judge.bin takes for each digit 0 ... 9", "1", 10),
    "rejected": Column("share of these samples that judge.bin takes for no digit", "1"),
    "confident": Column("share of these samples of whose digit judge.bin is sure, above 0.9", "1"),
    "frechet": Column("Frechet distance of these samples to MNIST's test images, by the features of judge.bin", ""),
}


def start_epochs(args, run, net, an_epoch):
    """The log per epoch of a run of this recipe."""
    begins = "training images" if args.from_data else "uniform noise"
    return Epochs(
        run.folder,
        run.step // an_epoch,
        ENERGY_COLUMNS | (JUDGED_COLUMNS if args.program else {}),
        experiment="energy-training",
        network=f"two convolutions with leaky ReLU, {args.channels[0]} channels of 12 x 12 with stride 4 and {args.channels[1]} of 3 x 3, "
        f"average pooling, one linear output: E(x) of pixels in [{args.black:g}, 1]",
        parameters=sum(p.numel() for p in net.parameters()),
        recipe=f"contrastive divergence: chains of {args.chain} Langevin steps from {begins}, step size {args.step_size:g}, noise "
        f"{args.noise:g}; Adam, rate {args.lr:g}; batches of {args.batch}",
        **{"lambda": args.weight},
        images=args.images,
        batch=args.batch,
        epochs=int(args.epochs),
        seed=args.seed,
        machine=run.machine,
        samples={"judged": JUDGED, "steps": args.chain} if args.program else {"steps": args.chain},
    )


def document(args):
    x = args.black + (1 - args.black) * common.mnist("train", args.data)[0][: args.images]
    net = Course(args.channels)
    print(f"{sum(p.numel() for p in net.parameters())} parameters; chains of temperature {args.noise**2 / (2 * args.step_size):.3g}")
    optimizer = torch.optim.Adam(net.parameters(), lr=args.lr, betas=(0.0, 0.999))
    run = common.Run(args, net, optimizer)
    an_epoch = len(x) // args.batch
    index = common.batches(len(x), args.batch, torch.Generator().manual_seed(args.seed + run.step))
    chains = (Program if args.program else Langevin)(args, net)
    epochs, totals = start_epochs(args, run, net, an_epoch), []
    while run.step < int(args.epochs * an_epoch):
        real = x[next(index)]
        fake = chains.draw(len(real), args.seed + 1 + run.step, real if args.from_data else None)
        e_real, e_fake = net(real), net(fake)
        square = args.weight * (e_real.square().mean() + e_fake.square().mean())
        apart = e_real.mean() - e_fake.mean()
        loss = apart + square
        run.descend(loss, clip=1.0)
        totals.append(torch.stack([e_real.mean(), e_fake.mean(), apart, square, loss]).detach())
        if run.step % (an_epoch // 4) == 0:
            recent = torch.stack(totals[-(an_epoch // 4) :]).mean(0).tolist()
            run.log(**{"loss": recent[4], "energy of real": recent[0], "energy of fake": recent[1]})
        if run.step % an_epoch == 0:
            images, judged = chains.judged(JUDGED if args.program else args.batch)
            epochs.add(run.step // an_epoch - 1, **dict(zip(ENERGY_COLUMNS, torch.stack(totals).mean(0).tolist())), **judged)
            epochs.keep(run.step // an_epoch - 1, (images - args.black) / (1 - args.black))
            run.save(config=net.config, recipe="document", sampler=sampler(args), range=[args.black, 1])
            totals = []


def main():
    args = parse()
    torch.set_flush_denormal(True)  # the mixture leaves components far away with next to no weight
    {"best": best, "document": document}[args.recipe](args)


if __name__ == "__main__":
    main()
