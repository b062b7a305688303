"""A continuous PixelCNN: each pixel is a mixture of logistics given those before it, by masked convolutions."""

import torch
import torch.nn.functional as F
from torch import nn


class MaskedConv2d(nn.Conv2d):
    def __init__(self, kind, *args, **kwargs):
        super().__init__(*args, **kwargs)
        mask = torch.ones_like(self.weight)
        h, w = self.kernel_size
        mask[:, :, h // 2, w // 2 + (kind == "B") :] = 0
        mask[:, :, h // 2 + 1 :] = 0
        self.register_buffer("mask", mask)

    def forward(self, x):
        self.weight.data *= self.mask
        return super().forward(x)


class Gated(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = MaskedConv2d("B", channels, 2 * channels, 5, padding=2)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        a, b = self.conv(x).chunk(2, 1)
        return x + self.out(torch.tanh(a) * torch.sigmoid(b))


class PixelCNN(nn.Module):
    def __init__(self, channels=16, mixture=4, layers=3):
        super().__init__()
        self.mixture = mixture
        self.first = MaskedConv2d("A", 1, channels, 7, padding=3)
        self.layers = nn.Sequential(*[Gated(channels) for _ in range(layers)])
        self.head = nn.Sequential(nn.ELU(), nn.Conv2d(channels, 3 * mixture, 1))

    def forward(self, x):
        """log p(x)"""
        logits, mean, log_scale = self.head(self.layers(self.first(x))).split(self.mixture, dim=1)
        log_scale = torch.clamp(log_scale, min=-7.0)
        z = (x - mean) * torch.exp(-log_scale)
        log_p = -z - log_scale - 2 * F.softplus(-z)
        return torch.logsumexp(F.log_softmax(logits, dim=1) + log_p, dim=1).flatten(1).sum(1)
