"""What depends on the label or the noise level."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .group import LABELS, group, per


@group("functions of the label: `==`, where, one_hot, masked_fill, table[y], arithmetic, any network of it")
def _():
    table = torch.linspace(-1, 1, 16).view(4, 4)
    return {
        "embedding": (lambda m, x, s, y: x * m.e(y)[:, :, None, None], {"e": nn.Embedding(4, 4)}),
        "longer table": (lambda m, x, s, y: x * m.e(y)[:, :, None, None], {"e": nn.Embedding(9, 4)}),
        "network": (
            lambda m, x, s, y: x + m.l(F.silu(m.e(y)))[:, :, None, None],
            {"e": nn.Embedding(4, 4), "l": nn.Linear(4, 4)},
        ),
        "==": lambda m, x, s, y: x * (y == 1)[:, None, None, None],
        "where": lambda m, x, s, y: torch.where(per(y) == 3, 0.5, x),
        "one_hot": (lambda m, x, s, y: x + m.l(F.one_hot(y, 4).float())[:, :, None, None], {"l": nn.Linear(4, 4)}),
        "float": lambda m, x, s, y: x + per(y.float() / 3),
        "index": lambda m, x, s, y: x * table[y][:, :, None, None],
        "masked_fill": (
            lambda m, x, s, y: x + m.e(y).masked_fill((y == 3)[:, None], 0)[:, :, None, None],
            {"e": nn.Embedding(4, 4)},
        ),
        "image": (lambda m, x, s, y: torch.cat([x, m.e(y).view(-1, 1, 6, 8)], 1), {"e": nn.Embedding(4, 48)}),
        "expanded": (
            lambda m, x, s, y: torch.cat([x, m.e(y)[:, :, None, None].expand(-1, -1, 6, 8)], 1),
            {"e": nn.Embedding(4, 2)},
        ),
        "arithmetic": (lambda m, x, s, y: x * m.e((y + 1) % 4)[:, :, None, None], {"e": nn.Embedding(4, 4)}),
        "with sigma": (
            lambda m, x, s, y: x * (m.e(y) + m.l(s[:, None].log()))[:, :, None, None],
            {"e": nn.Embedding(4, 4), "l": nn.Linear(1, 4)},
        ),
        "dropped": lambda m, x, s, y: x
        * torch.where(y == LABELS, torch.zeros_like(y), torch.ones_like(y)).view(-1, 1, 1, 1),
        "max_norm": (lambda m, x, s, y: x + per((m.e(y) * 2).sum(1)), {"e": nn.Embedding(4, 6, padding_idx=3)}),
    }


@group("functions of the noise level: arithmetic, Fourier and sinusoidal features, tables by a level or time step")
def _():
    def sinusoidal(s):
        f = torch.exp(-math.log(10000) * torch.arange(0, 4, dtype=torch.float32) / 4)
        t = (s * 100).float()[:, None] * f[None]
        return torch.cat([t.cos(), t.sin()], -1)

    steps = lambda s: (s * 3).long()
    return {
        "division": lambda m, x, s, y: x / s.view(-1, 1, 1, 1),
        "reshape": lambda m, x, s, y: x * (s**2 + 1).sqrt()[:, None, None, None],
        "features": (lambda m, x, s, y: x + m.l(sinusoidal(s))[:, :, None, None], {"l": nn.Linear(8, 4)}),
        "Fourier": (
            lambda m, x, s, y: x + per((s.log()[:, None] * m.w.weight[0] * 2 * math.pi).sin().sum(1)),
            {"w": nn.Embedding(1, 5)},
        ),
        "image of sigma": lambda m, x, s, y: torch.cat([x, s[:, None, None, None].expand(-1, 1, 6, 8)], 1),
        "table": lambda m, x, s, y: x * torch.linspace(0, 1, 100)[steps(s)][:, None, None, None],
        "embedding": (lambda m, x, s, y: x * m.e(steps(s))[:, :, None, None], {"e": nn.Embedding(91, 4)}),
        "gather": lambda m, x, s, y: x * torch.linspace(0, 1, 100).gather(-1, steps(s)).reshape(-1, 1, 1, 1),
        "index_select": lambda m, x, s, y: x * torch.linspace(0, 1, 100).index_select(0, steps(s))[:, None, None, None],
        "rounded": lambda m, x, s, y: x * per((s * 10 + 0.3).round()),
        "where": lambda m, x, s, y: torch.where(per(s) > 1, x, x.tanh()),
        "interpolate": lambda m, x, s, y: x
        * per(torch.ops.gensample.interpolate(s, torch.tensor([0.1, 1.0, 10.0]), torch.tensor([1.0, 3.0, -1.0]))),
    }
