"""Writes chains.txt: small chains, and what ArviZ computes of them.

    python tests/golden/make_chains.py > tests/golden/chains.txt

needs ArviZ 0.23 (pip install arviz==0.23.4). test_summary reads the file, so that it needs no Python.
"""

import arviz
import numpy as np

FIGURES = {
    "mean": lambda x: np.mean(x),
    "sd": lambda x: np.std(x, ddof=1),
    "hdi_low": lambda x: arviz.hdi(x.ravel(), hdi_prob=0.94)[0],
    "hdi_high": lambda x: arviz.hdi(x.ravel(), hdi_prob=0.94)[1],
    "median": lambda x: np.median(x),
    "mcse_mean": lambda x: arviz.mcse(x, method="mean"),
    "mcse_sd": lambda x: arviz.mcse(x, method="sd"),
    "mcse_median": lambda x: arviz.mcse(x, method="median"),
    "ess_mean": lambda x: arviz.ess(x, method="mean"),
    "ess_sd": lambda x: arviz.ess(x, method="sd"),
    "ess_bulk": lambda x: arviz.ess(x, method="bulk"),
    "ess_tail": lambda x: arviz.ess(x, method="tail"),
    "rhat": lambda x: arviz.rhat(x, method="rank"),
    "rhat_bulk": lambda x: arviz.rhat(x, method="z_scale"),
    "rhat_folded": lambda x: arviz.rhat(x, method="folded"),
    "ess_q10": lambda x: arviz.ess(x, method="quantile", prob=0.1),
    "mcse_q10": lambda x: arviz.mcse(x, method="quantile", prob=0.1),
    "ess_q90": lambda x: arviz.ess(x, method="quantile", prob=0.9),
    "mcse_q90": lambda x: arviz.mcse(x, method="quantile", prob=0.9),
    "bfmi_first": lambda x: arviz.bfmi(x)[0],
    "bfmi_last": lambda x: arviz.bfmi(x)[-1],
}


def autoregressive(random, chains, n, rho):
    x = random.standard_normal((chains, n))
    for i in range(1, n):
        x[:, i] = rho * x[:, i - 1] + np.sqrt(1 - rho**2) * x[:, i]
    return x


def cases():
    random = np.random.default_rng(1)
    yield "slow", autoregressive(random, 4, 60, 0.8)
    yield "antithetic", autoregressive(random, 4, 50, -0.5)
    shifted = autoregressive(random, 3, 41, 0.3)
    shifted[-1] += 1.5
    yield "shifted", shifted
    wider = autoregressive(random, 4, 40, 0)
    wider[0] *= 4
    yield "wider", wider
    yield "heavy", autoregressive(random, 2, 100, 0.5) ** 3 * 100
    yield "ties", np.round(2 * autoregressive(random, 4, 45, 0.6)) / 2
    yield "signs", np.sign(autoregressive(random, 2, 80, 0.6))
    yield "shortest", autoregressive(random, 2, 10, 0)


print("# Written by make_chains.py: chains, and what ArviZ", arviz.__version__, "computes of them.")
for name, x in cases():
    x = np.round(x, 3) + 0.0
    print("case", name, *x.shape)
    for chain in x:
        print(*(f"{v:.10g}" for v in chain))
    print(len(FIGURES))
    for figure, function in FIGURES.items():
        print(figure, repr(float(function(x))))
