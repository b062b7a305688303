"""Flow matching: a small U-Net for images and a network for points, time from noise (0) to data (1)."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def time_features(t, dim):
    freqs = torch.logspace(0, 2, dim // 2, device=t.device)
    angles = t.view(-1, 1) * freqs * math.pi
    return torch.hstack([torch.sin(angles), torch.cos(angles)])


class ResBlock(nn.Module):
    def __init__(self, cin, cout, temb):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(4, cin), nn.GroupNorm(4, cout)
        self.conv1 = nn.Conv2d(cin, cout, 3, padding="same", padding_mode="reflect")
        self.conv2 = nn.Conv2d(cout, cout, 3, padding="same")
        self.emb = nn.Linear(temb, cout)
        self.skip = nn.Conv2d(cin, cout, 1) if cin != cout else nn.Identity()

    def forward(self, x, e):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.emb(F.silu(e)).unsqueeze(-1).unsqueeze(-1)
        h = self.conv2(F.silu(self.norm2(h)))
        return self.skip(x) + h


class FlowUNet(nn.Module):
    def __init__(self, channels=3, widths=(16, 32, 32), temb=64):
        super().__init__()
        self.temb = temb
        self.embed = nn.Sequential(nn.Linear(temb, temb), nn.Mish(), nn.Linear(temb, temb))
        self.stem = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.down = nn.ModuleList(ResBlock(a, b, temb) for a, b in zip(widths[:-1], widths[1:]))
        self.mid = ResBlock(widths[-1], widths[-1], temb)
        self.up = nn.ModuleList(ResBlock(2 * b, a, temb) for a, b in reversed(list(zip(widths[:-1], widths[1:]))))
        self.head = nn.Conv2d(widths[0], channels, 3, padding=1)

    def forward(self, t, xt):
        """The velocity field, called with the time first as in torchcfm."""
        e = self.embed(time_features(t, self.temb))
        h, skips = self.stem(xt), []
        for block in self.down:
            h = block(h, e)
            skips.append(h)
            h = F.avg_pool2d(h, 2)
        h = self.mid(h, e)
        for block in self.up:
            h = F.interpolate(h, scale_factor=2, mode="bilinear", align_corners=False)
            h = block(torch.cat([h, skips.pop()], dim=1), e)
        return self.head(h)


class PointFlow(nn.Module):
    """A velocity field of the plane."""

    def __init__(self, dim=2, hidden=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(dim + 1, hidden), nn.SELU(), nn.Linear(hidden, hidden), nn.SELU(), nn.Linear(hidden, dim)
        )

    def forward(self, x, t):
        return self.net(torch.cat([x, t], dim=-1))
