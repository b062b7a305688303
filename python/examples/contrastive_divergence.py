#!/usr/bin/env python3
"""Contrastive divergence in PyTorch, with negatives from gensample's kernels.

    contrastive_divergence.py [--steps K] [--out net.bin]    train the course's small energy on digits
    contrastive_divergence.py --check                        hold 60 Langevin steps here against those in PyTorch
    contrastive_divergence.py --measure                      the same, and time both

The module is exported once, which makes its graph a plan; from then on `plan.update` gives the plan the weights of the
moment, in memory, and `plan.sample` draws the negatives. The digits to learn from are those of the network ncsn, so that
nothing has to be downloaded. The module is that of models/train/energy.py. It could be any whose tensors the exporter
writes as they are: `plan.update(net.state_dict())` refuses others. Needs `pip install gensample[export]`.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

import gensample

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models/train"))
from energy import Course  # noqa: E402

CHANNELS = (32, 64)  # those of the shipped network ebm-document
CHAIN = dict(sampler="langevin", steps=60, step_size=10.0, noise=0.005, clamp=True)


def plan_of(net, threads=0):
    """The module as a plan, and its weight file."""
    raw = gensample.export(net, kind="energy", data=(1, 28, 28), range=(0, 1))
    return gensample.load(raw, "energy").plan(threads=threads), raw


def demand(holds, what):
    if not holds:
        raise SystemExit(f"gensample and PyTorch differ: {what}")


def demand_energies(plan, net, images):
    """The plan's energies are the module's: names and shapes of the weights are as the exporter found them."""
    a, b = plan.energy(images), net(images).detach().numpy()[:, 0]
    demand(np.allclose(a, b, rtol=1e-4, atol=1e-5), f"energies by {abs(a - b).max():.2g}")


def negatives_in_torch(net, x, generator, noise=CHAIN["noise"]):
    """The chains of CHAIN from the states x, as loops in PyTorch have them."""
    for _ in range(CHAIN["steps"]):
        x = x.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(net(x).sum(), x)
        x = (x - CHAIN["step_size"] * gradient + noise * torch.randn(x.shape, generator=generator)).clamp(0, 1)
    return x.detach()


def train(steps, batch=64, weight=0.1, show=10):
    torch.manual_seed(0)
    net = Course(CHANNELS)
    plan, _ = plan_of(net)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    digits = torch.from_numpy(np.array(gensample.load("ncsn").sample(16 * batch, seed=0))).clamp(0, 1)
    for step in range(steps):
        real = digits[torch.randint(len(digits), (batch,))]
        plan.update(net.state_dict())
        shown = step % show == 0 or step == steps - 1
        if shown:
            demand_energies(plan, net, real)
        fake = torch.from_numpy(np.asarray(plan.sample(batch, seed=step, **CHAIN)))
        up, down = net(real), net(fake)
        loss = (up - down).mean() + weight * (up.square() + down.square()).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        if shown:
            print(f"step {step}: loss {loss.item():.4f}, E(real) {up.mean().item():.4f}, E(fake) {down.mean().item():.4f}")
    return net


def documented():
    """The module with the weights of the shipped network, whose chains are those of a training that is done."""
    net = Course(CHANNELS)
    net.load_state_dict({name: torch.from_numpy(t.copy()) for name, t in gensample.load("ebm-document").tensors.items()})
    return net


def check(net, plan, generator, n=256):
    """Both loops are the same chains: without noise, from the same states, they end at the same images; with noise, at
    images of the same mean energy, to five standard errors of the difference.

    One chain in 50 comes so close to the kink of a leaky ReLU that rounding decides on which side it goes on, and ends
    up to 0.02 away; in PyTorch, float32 and float64 differ in as many. So 95 in 100 have to be the same.
    """
    x = torch.rand(n, 1, 28, 28, generator=generator)
    still = CHAIN | dict(noise=None)
    a, b = np.asarray(plan.sample(n, init=x, **still)), negatives_in_torch(net, x, generator, 0).numpy()
    apart = np.quantile(abs(a - b).max(axis=(1, 2, 3)), 0.95)
    demand(apart < 1e-4, f"chains without noise by {apart:.2g}")
    a = plan.energy(plan.sample(n, init=x, seed=1, **CHAIN))
    b = plan.energy(negatives_in_torch(net, x, generator))
    error = np.hypot(a.std(), b.std()) / n**0.5
    demand(abs(a.mean() - b.mean()) < 5 * error, f"mean energies of chains, {a.mean():.4f} and {b.mean():.4f} +- {error:.4f}")
    print(f"without noise, 95 % of {n} chains of {CHAIN['steps']} steps end at the same pixels to {apart:.1g}")
    print(f"with noise, mean energies are {a.mean():.3f} and {b.mean():.3f}, their difference's standard error {error:.3f}")


def best(seconds, times):
    return min(seconds() for _ in range(times))


def measure(times=3):
    """Seconds of the negatives of one step, update included, for several numbers of chains and of threads."""
    net, generator = documented(), torch.Generator().manual_seed(0)
    state = net.state_dict()
    print("threads chains  gensample ms  PyTorch ms  ratio")
    for threads in (1, 2):
        torch.set_num_threads(threads)
        plan, _ = plan_of(net, threads)

        def ours(n):
            begun = time.perf_counter()
            plan.update(state)
            plan.sample(n, seed=1, **CHAIN)
            return time.perf_counter() - begun

        def theirs(n):
            begun = time.perf_counter()
            negatives_in_torch(net, torch.rand(n, 1, 28, 28, generator=generator), generator)
            return time.perf_counter() - begun

        for n in (64, 128, 256):
            a, b = best(lambda: ours(n), times), best(lambda: theirs(n), times)
            print(f"{threads:7d} {n:6d} {1000 * a:13.1f} {1000 * b:11.1f} {b / a:6.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200, help="training steps")
    parser.add_argument("--out", help="weight file to write")
    parser.add_argument("--check", action="store_true", help="compare the chains with those of PyTorch instead")
    parser.add_argument("--measure", action="store_true", help="compare and time them instead")
    args = parser.parse_args()
    if args.check or args.measure:
        net = documented()
        check(net, plan_of(net)[0], torch.Generator().manual_seed(0))
        if args.measure:
            measure()
        return
    net = train(args.steps)
    if args.out:
        with open(args.out, "wb") as f:
            f.write(plan_of(net)[1])


if __name__ == "__main__":
    main()
