"""A flow of coupling layers (RealNVP) for points, with its density."""

import torch
from torch import nn


def net(dim, hidden, last):
    first, second, third = nn.Linear(dim, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, dim)
    return nn.Sequential(first, nn.LeakyReLU(), second, nn.LeakyReLU(), third, last)


class RealNVP(nn.Module):
    def __init__(self, dim=2, hidden=32, layers=4):
        super().__init__()
        mask = torch.arange(dim) % 2
        self.register_buffer("masks", torch.stack([(mask + i) % 2 for i in range(layers)]).float())
        self.s = nn.ModuleList([net(dim, hidden, nn.Tanh()) for _ in range(layers)])
        self.t = nn.ModuleList([net(dim, hidden, nn.Identity()) for _ in range(layers)])
        self.dim = dim

    def forward(self, x):
        """-log p(x)"""
        log_det, z = x.new_zeros(len(x)), x
        for mask, s, t in zip(self.masks, self.s, self.t):
            kept = mask * z
            scale = s(kept) * (1 - mask)
            z = kept + (1 - mask) * (z - t(kept)) * torch.exp(-scale)
            log_det -= scale.sum(1)
        prior = torch.distributions.MultivariateNormal(torch.zeros(self.dim), torch.eye(self.dim))
        return -prior.log_prob(z) - log_det
