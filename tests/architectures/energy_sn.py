"""An energy network of residual blocks with spectral normalisation, in the style of Du & Mordatch 2019."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils import spectral_norm


class Swish(nn.Module):
    def __init__(self, dim=-1):
        super().__init__()
        self.beta = nn.Parameter(torch.ones((dim,))) if dim > 0 else None

    def forward(self, x):
        if self.beta is None:
            return x * torch.sigmoid(x)
        return x * torch.sigmoid(x * self.beta[None, :, None, None])


class CondResBlock(nn.Module):
    def __init__(self, filters, classes=10, downsample=False):
        super().__init__()
        self.filters = filters
        self.downsample = downsample
        self.conv1 = spectral_norm(nn.Conv2d(filters, filters, kernel_size=3, stride=1, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(filters, filters, kernel_size=3, stride=1, padding=1))
        self.act = Swish(filters)
        self.latent = nn.Embedding(classes, 2 * filters)
        if downsample:
            self.conv_downsample = spectral_norm(nn.Conv2d(filters, 2 * filters, kernel_size=3, stride=1, padding=1))
            self.avg_pool = nn.AvgPool2d(3, stride=2, padding=1)

    def forward(self, x, latent):
        gain, bias = torch.split(self.latent(latent), self.filters, dim=1)
        gain, bias = gain[:, :, None, None], bias[:, :, None, None]
        h = self.act(self.conv1(x))
        h = h * gain + bias
        h = self.conv2(h)
        out = F.leaky_relu(x + h, negative_slope=0.2)
        if self.downsample:
            out = self.avg_pool(self.act_down(self.conv_downsample(out)))
        return out

    def act_down(self, x):
        return F.leaky_relu(x, 0.2)


class EnergyModel(nn.Module):
    """Energies of shape (N,) of images and labels; the last row of the embeddings is for images without one."""

    def __init__(self, channels=1, filters=16, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, kernel_size=3, stride=1, padding=1)
        self.res1 = CondResBlock(filters, classes + 1, downsample=True)
        self.res2 = CondResBlock(2 * filters, classes + 1, downsample=True)
        self.energy_map = spectral_norm(nn.Linear(4 * filters, 1))

    def forward(self, x, y):
        x = F.silu(self.conv1(x))
        x = self.res1(x, y)
        x = self.res2(x, y)
        x = F.relu(x)
        x = x.mean(dim=2).mean(dim=2)
        x = x.view(x.size(0), -1)
        energy = self.energy_map(x)
        return energy.squeeze(-1)
