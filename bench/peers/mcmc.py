#!/usr/bin/env python3
"""Markov chains of gensample beside blackjax's (JAX), on the same densities: mcmc.py [options].

    python3 -m venv bench/peers/.venv-jax
    bench/peers/.venv-jax/bin/pip install blackjax==1.7.1 "jax[cpu]==0.10.2" numpy
    bench/peers/.venv-jax/bin/python bench/peers/mcmc.py

Both draw the same number of chains from the same beginnings, with the same numbers of steps in burn-in and after it, in which step
size and diagonal mass adapt to the same target (blackjax: window_adaptation). With --step-size there is no burn-in. Effective sample sizes
are of blackjax's own estimator for both, over the steps after burn-in: the mean over the elements of x and, where it is
smaller, of x^2. Gradients are those of the same steps, seconds those of the whole run, burn-in included, without compilation.
blackjax runs twice in float32, all chains on one device and those of each core on one of its own, and the faster counts. Runs of
both take turns, so that a machine that slows down slows down both.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("XLA_FLAGS", f"--xla_force_host_platform_device_count={len(os.sched_getaffinity(0))}")
sys.path.insert(0, str(ROOT / "python"))
os.environ.setdefault("GENSAMPLE_LIBRARY", str(ROOT / "build/libgensample.so"))
os.environ.setdefault("GENSAMPLE_MODELS", str(ROOT / "models"))

import blackjax  # noqa: E402
import gensample  # noqa: E402
import in_jax  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from blackjax.diagnostics import effective_sample_size  # noqa: E402

# ---- Densities: a name, what gensample.load takes, dimensions, the same energy in JAX, and further settings ----

DEVIATIONS = 10.0 ** np.linspace(-1, 1, 100)


def gaussian():
    text = "gaussian:levels=no,sd=" + "/".join(f"{s:.6g}" for s in DEVIATIONS)
    scale = jnp.asarray(np.float32(DEVIATIONS))
    return text, len(DEVIATIONS), lambda x: 0.5 * jnp.sum((x / scale) ** 2), {}


def funnel():
    dim = 10

    def energy(x):
        return 0.5 * x[0] ** 2 + 0.5 * (dim - 1) * x[0] + 0.5 * jnp.exp(-x[0]) * jnp.sum(x[1:] ** 2)

    return f"funnel:dim={dim},scale=1", dim, energy, {}


def network():
    """|x|^2 / 2 + a small network of random weights: 784 numbers, 128 units, SiLU."""
    dim, units = 784, 128
    rng = np.random.default_rng(0)
    w = np.float32(rng.standard_normal((units, dim)) / np.sqrt(dim))
    b = np.float32(rng.standard_normal(units))
    v = np.float32(rng.standard_normal((1, units)))
    path = Path(tempfile.mkdtemp()) / "energy.bin"
    nodes = [
        dict(name="r", op="reshape", inputs=["x"], attributes=dict(shape=[dim])),
        dict(name="h", op="linear", inputs=["r"], tensors=dict(weight="w", bias="b")),
        dict(name="a", op="silu", inputs=["h"]),
        dict(name="f", op="linear", inputs=["a"], tensors=dict(weight="v")),
        dict(name="s", op="sum", inputs=["f"], attributes=dict(over="all")),
        dict(name="q", op="square", inputs=["x"]),
        dict(name="t", op="sum", inputs=["q"], attributes=dict(over="all")),
        dict(name="u", op="affine", inputs=["t"], attributes=dict(scale=0.5)),
        dict(name="e", op="add", inputs=["u", "s"]),
    ]
    write_energy(path, dim, nodes, dict(w=w, b=b, v=v))
    w, b, v = map(jnp.asarray, (w, b, v))
    return str(path), dim, lambda x: 0.5 * jnp.sum(x**2) + (v @ jax.nn.silu(w @ x + b))[0], {}


def write_energy(path, dim, nodes, tensors):
    """A weight file of models/FORMAT.md."""
    model = dict(
        name="energy",
        kind="energy",
        data=dict(shape=[dim, 1, 1], range=[-4, 4]),
        inputs=["x"],
        graph=dict(nodes=nodes, outputs=["e"]),
    )
    header, data = {"__metadata__": dict(gensample="1", model=json.dumps(model))}, b""
    for name, array in tensors.items():
        header[name] = dict(dtype="F32", shape=array.shape, data_offsets=[len(data), len(data) + array.nbytes])
        data += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def shipped(name):
    """An energy of models/ at a noise level at which chains cross from digit to digit."""
    path, sigma = str(ROOT / "models" / name) + ".bin", 1.0
    return lambda: (path, 784, in_jax.energy(path, sigma), dict(sigmas=(sigma, sigma)))


DENSITIES = {"gaussian": gaussian, "funnel": funnel, "network": network, "ebm": shipped("ebm"), "ebm-cond": shipped("ebm-cond")}

# ---- Both sides: (states (chains, steps, D), gradients after burn-in, seconds, acceptance after it) ----


def begin(density, a, seed):
    """The states in which the chains begin, (chains, D); exact ones would hide a burn-in that does not work."""
    return np.random.default_rng(seed).uniform(-2, 2, (a.chains, density[1])).astype(np.float32)


TRACE = ("acceptance", "stats.leapfrog")  # what both sides keep of each step besides the state


def ours(density, sampler, a, seed):
    plan = gensample.load(density[0]).plan(gradient=True)
    settings = density[3] | dict(adapt_mass=a.step_size is None)
    settings["init"] = begin(density, a, seed).reshape(-1, *plan.model.info.shape)
    if sampler == "hmc":
        settings["leapfrog"] = a.leapfrog
    if a.step_size is None:
        settings |= dict(steps=2 * a.steps, burn_in=a.steps, target=0.8)
    else:
        settings |= dict(steps=a.steps, burn_in=None, step_size=a.step_size)
    first = 0 if a.step_size else a.steps
    run = plan.run(a.chains, seed=seed, sampler=sampler, trace=TRACE, trajectory=True, every=1, **settings)
    states = np.moveaxis(run.trajectory[first + 1 :].reshape(a.steps, a.chains, -1), 0, 1)
    return states, int(run.stats.leapfrog[first:].sum()), run.seconds, float(run.acceptance[first:].mean())


def theirs(density, sampler, a):
    """The function of a seed that does it, compiled."""
    _, dim, energy, _ = density
    logdensity = lambda x: -energy(x)  # noqa: E731
    kernel = blackjax.nuts if sampler == "nuts" else blackjax.hmc
    extra = {} if sampler == "nuts" else dict(num_integration_steps=a.leapfrog)

    def chain(key, x):
        warm, draw = jax.random.split(key)
        if a.step_size is None:
            warmup = blackjax.window_adaptation(kernel, logdensity, target_acceptance_rate=0.8, **extra)
            (state, parameters), _ = warmup.run(warm, x, num_steps=a.steps)
        else:
            parameters = dict(step_size=a.step_size, inverse_mass_matrix=jnp.ones(dim), **extra)
            state = kernel(logdensity, **parameters).init(x)
        step = kernel(logdensity, **parameters).step

        def one(state, key):
            state, info = step(key, state)
            return state, (state.position, info.num_integration_steps, info.acceptance_rate)

        return jax.lax.scan(one, state, jax.random.split(draw, a.steps))[1]

    devices = len(jax.devices())
    ways = {"one device": jax.jit(jax.vmap(chain))}
    if devices > 1 and a.chains % devices == 0:
        share = lambda of: of.reshape(devices, -1, *of.shape[1:])  # noqa: E731
        split = jax.pmap(jax.vmap(chain))
        ways["a device per core"] = lambda keys, x: split(share(keys), share(x))
    return ways


def run_theirs(way, density, a, seed):
    keys, x, dim = jax.random.split(jax.random.PRNGKey(seed), a.chains), jnp.asarray(begin(density, a, seed)), density[1]
    start = time.perf_counter()
    states, taken, rate = jax.block_until_ready(way(keys, x))
    seconds = time.perf_counter() - start
    states = np.asarray(states).reshape(a.chains, a.steps, dim)
    return states, int(np.asarray(taken).sum()), seconds, float(np.mean(rate))


# ---- Comparison ----

PAUSE = 0.1  # seconds in which the threads of the run before go to sleep


def effective(states):
    """The mean effective sample size of the elements, the lesser of those of x and of x^2."""
    sizes = [np.mean(effective_sample_size(jnp.asarray(f))) for f in (states, states**2)]
    return float(min(sizes))


def measured(run):
    """Of a run (states, gradients, seconds, acceptance) the figures; its states make room for those of the next one."""
    states, gradients, seconds, acceptance = run
    return effective(states), gradients, seconds, acceptance


def figures(results):
    """Over all runs: effective samples per 1,000 gradients and per second of the median run, and the acceptance."""
    samples, gradients, seconds, acceptance = map(np.array, zip(*results))
    return dict(
        per_1000_gradients=float(1000 * samples.sum() / gradients.sum()),
        per_s=float(samples.mean() / np.median(seconds)),
        acceptance=float(acceptance.mean()),
    )


def compare(name, sampler, a):
    density = DENSITIES[name]()
    ways = theirs(density, sampler, a)
    ours(density, sampler, a, 0)  # starts threads
    for way in ways.values():
        run_theirs(way, density, a, 0)  # compiles
    mine, rows = [], {label: [] for label in ways}
    for seed in range(1, a.rounds + 1):
        time.sleep(PAUSE)
        mine.append(measured(ours(density, sampler, a, seed)))
        for label, way in ways.items():
            time.sleep(PAUSE)
            rows[label].append(measured(run_theirs(way, density, a, seed)))
    ours_, rows = figures(mine), {label: figures(results) for label, results in rows.items()}
    best = max(rows, key=lambda label: rows[label]["per_s"])
    ratios = {"ratio_" + key: ours_[key] / rows[best][key] for key in ("per_1000_gradients", "per_s")}
    return dict(density=name, sampler=sampler, gensample=ours_, blackjax=rows[best] | dict(way=best), **ratios)


def main():
    p = argparse.ArgumentParser(description="Markov chains of gensample beside blackjax's, on the same densities.")
    p.add_argument("--density", default=",".join(DENSITIES), help="which ones, with commas (default: %(default)s)")
    p.add_argument("--sampler", default="nuts,hmc", help="which ones, with commas (default: %(default)s)")
    p.add_argument("--chains", type=int, default=32, help="chains per run (default: %(default)s)")
    p.add_argument("--steps", type=int, default=1000, help="steps of burn-in, and as many after it (default: %(default)s)")
    p.add_argument("--leapfrog", type=int, default=10, help="leapfrog steps of hmc (default: %(default)s)")
    p.add_argument("--step-size", type=float, help="this one, unit masses and no burn-in, which compares the samplers alone")
    p.add_argument("--rounds", type=int, default=5, help="runs of each, with seeds of their own (default: %(default)s)")
    p.add_argument("--json", help="a file for the figures")
    a = p.parse_args()
    print(f"gensample {gensample.__version__}, blackjax {blackjax.__version__}, jax {jax.__version__}")
    print("effective samples per 1,000 gradients and per second, and acceptance: gensample / blackjax (ratio)")
    rows = []
    for name in a.density.split(","):
        for sampler in a.sampler.split(","):
            rows.append(row := compare(name, sampler, a))
            our, their = row["gensample"], row["blackjax"]
            print(
                f"{name:<9} {sampler:<5} {our['per_1000_gradients']:.4g} / {their['per_1000_gradients']:.4g} "
                f"({row['ratio_per_1000_gradients']:.2f}); {our['per_s']:,.0f} / {their['per_s']:,.0f} "
                f"({row['ratio_per_s']:.1f} x); {our['acceptance']:.3f} / {their['acceptance']:.3f}; {their['way']}",
                flush=True,
            )
    if a.json:
        Path(a.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
