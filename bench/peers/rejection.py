"""Peers that draw from N(0, I) in D dimensions by rejection from N(0, ratio^2 I), each a row of PEERS.

NumPy draws a batch of proposals (`standard_normal`), adds up squares (`einsum`) and compares with log u; its generator
is sequential, so there is a row with a generator for each thread too. SciPy asks `scipy.stats.norm` for proposals and
both densities. NumPy's `chisquare` decides from the radius as our `radius` does. Batches have the size that is fastest
here.
"""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

ALGORITHMS = ("plain", "early", "radius")  # ours
TRIAL_S = 0.2


@dataclass
class Task:
    dim: int
    ratio: float
    threads: int


def numpy_plain(task, size):
    steepness = (task.ratio**2 - 1) / 2

    def batch(rng):
        z = rng.standard_normal((size, task.dim), dtype=np.float32)
        square = np.einsum("ij,ij->i", z, z)
        return task.ratio * z[square * steepness <= -np.log(rng.random(size))]

    return batch


def numpy_radius(task, size):
    steepness = (task.ratio**2 - 1) / 2

    def batch(rng):
        square = rng.chisquare(task.dim, size)
        square = square[square * steepness <= -np.log(rng.random(size))]
        z = rng.standard_normal((len(square), task.dim))
        return task.ratio * z * np.sqrt(square / np.einsum("ij,ij->i", z, z))[:, None]

    return batch


def scipy_plain(task, size):
    import scipy.stats

    p, q = scipy.stats.norm(), scipy.stats.norm(scale=task.ratio)
    log_m = task.dim * math.log(task.ratio)

    def batch(rng):
        x = q.rvs((size, task.dim), random_state=rng)
        return x[np.log(rng.random(size)) <= p.logpdf(x).sum(1) - q.logpdf(x).sum(1) - log_m]

    return batch


class Sampler:
    """A function of (task, size) that makes one of (generator), which draws `size` proposals; returns the accepted."""

    def __init__(self, task, make, sizes):
        self.generators = [np.random.default_rng(i) for i in range(task.threads)]
        self.pool = ThreadPoolExecutor(task.threads)
        made = [(make(task, size), size) for size in sizes]
        speed = lambda of: of[1] * self.count(of[0], self.generators[0], TRIAL_S)[0]
        self.batch, self.size = max(made, key=speed)

    @staticmethod
    def count(batch, rng, seconds):
        """(batches, accepted samples) within that time."""
        batches = accepted = 0
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            accepted += len(batch(rng))
            batches += 1
        return batches, accepted

    def measure(self, seconds):
        """(proposals, seconds, accepted samples)."""
        start = time.perf_counter()
        done = list(self.pool.map(lambda rng: self.count(self.batch, rng, seconds), self.generators))
        elapsed = time.perf_counter() - start
        return self.size * sum(d[0] for d in done), elapsed, sum(d[1] for d in done)


@dataclass(frozen=True)
class Peer:
    library: str
    algorithm: str
    make: object
    sizes: tuple
    dtype: str
    parallel: bool = False


PEERS = [
    Peer("numpy", "plain", numpy_plain, (64, 256, 1024, 4096), "f32"),
    Peer("numpy", "plain", numpy_plain, (64, 256, 1024, 4096), "f32", parallel=True),
    Peer("numpy", "radius", numpy_radius, (1 << 12, 1 << 14, 1 << 16), "f64"),
    Peer("scipy", "plain", scipy_plain, (64, 256, 1024), "f64"),
]
