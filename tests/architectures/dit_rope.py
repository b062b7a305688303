"""A diffusion transformer with rotary positions, RMS norm of queries and keys, and SwiGLU, in the style of Ma et al. 2024
(SiT) with the parts of later ones."""

import math
import torch
import torch.nn as nn
import torch.nn.functional as F


def modulate(x, shift, scale):
    return x * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1)


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-6):
        super().__init__()
        self.eps, self.weight = eps, nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return (x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + self.eps)).type_as(x) * self.weight


def rotate_half(x):
    x1, x2 = x.chunk(2, dim=-1)
    return torch.cat((-x2, x1), dim=-1)


def rope(x, side, theta=100.0):
    n, d = x.shape[-2], x.shape[-1]
    freqs = theta ** (-torch.arange(0, d // 4, dtype=torch.float32) / (d // 4)).to(x.device)
    pos = torch.arange(n, device=x.device)
    py, px = (pos // side).to(x.device), (pos % side).to(x.device)
    ang = torch.cat([py[:, None] * freqs, px[:, None] * freqs], dim=-1)
    ang = torch.cat([ang, ang], dim=-1)
    return x * ang.cos().to(x.dtype) + rotate_half(x) * ang.sin().to(x.dtype)


class TimestepEmbedder(nn.Module):
    def __init__(self, dim, freq=64):
        super().__init__()
        self.freq = freq
        self.mlp = nn.Sequential(nn.Linear(freq, dim), nn.SiLU(), nn.Linear(dim, dim))

    @staticmethod
    def timestep_embedding(t, dim, max_period=10000):
        half = dim // 2
        freqs = torch.exp(-math.log(max_period) * torch.arange(start=0, end=half) / half).to(t.device)
        args = t[:, None].float() * freqs[None]
        return torch.cat([torch.cos(args), torch.sin(args)], dim=-1)

    def forward(self, t):
        return self.mlp(self.timestep_embedding(t, self.freq))


class Attention(nn.Module):
    def __init__(self, dim, heads, side):
        super().__init__()
        self.heads, self.side = heads, side
        self.qkv, self.proj = nn.Linear(dim, 3 * dim, bias=False), nn.Linear(dim, dim)
        self.qn, self.kn = RMSNorm(dim // heads), RMSNorm(dim // heads)

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = rope(self.qn(q), self.side), rope(self.kn(k), self.side)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(b, n, c))


class SwiGLU(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.w1, self.w2, self.w3 = nn.Linear(dim, hidden), nn.Linear(hidden, dim), nn.Linear(dim, hidden)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class Block(nn.Module):
    def __init__(self, dim, heads, side):
        super().__init__()
        self.n1 = nn.LayerNorm(dim, elementwise_affine=False, eps=1e-6)
        self.n2 = nn.LayerNorm(dim, elementwise_affine=False, eps=1e-6)
        self.attn, self.mlp = Attention(dim, heads, side), SwiGLU(dim, 2 * dim)
        self.ada = nn.Sequential(nn.SiLU(), nn.Linear(dim, 6 * dim))

    def forward(self, x, c):
        sa, ca, ga, sm, cm, gm = self.ada(c).chunk(6, dim=1)
        x = x + ga.unsqueeze(1) * self.attn(modulate(self.n1(x), sa, ca))
        return x + gm.unsqueeze(1) * self.mlp(modulate(self.n2(x), sm, cm))


class DiT(nn.Module):
    def __init__(self, size=28, patch=4, channels=1, dim=64, depth=3, heads=4, classes=10):
        super().__init__()
        self.patch, self.channels, self.side, self.classes = patch, channels, size // patch, classes
        self.x_embed = nn.Conv2d(channels, dim, patch, stride=patch)
        self.t_embed, self.y_embed = TimestepEmbedder(dim), nn.Embedding(classes + 1, dim)
        self.blocks = nn.ModuleList([Block(dim, heads, self.side) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim, elementwise_affine=False, eps=1e-6)
        self.ada = nn.Sequential(nn.SiLU(), nn.Linear(dim, 2 * dim))
        self.head = nn.Linear(dim, patch * patch * channels)

    def unpatchify(self, x):
        h = w = int(x.shape[1] ** 0.5)
        assert h * w == x.shape[1]
        x = x.reshape(x.shape[0], h, w, self.patch, self.patch, self.channels)
        x = torch.einsum("nhwpqc->nchpwq", x)
        return x.reshape(x.shape[0], self.channels, h * self.patch, h * self.patch)

    def forward(self, x, t, y=None):
        scale = torch.tensor([1000.0]).to(t.device)
        if y is None:
            y = torch.full((x.shape[0],), self.classes, device=x.device)
        x = self.x_embed(x).flatten(2).transpose(1, 2)
        c = self.t_embed(t * scale) + self.y_embed(y)
        for block in self.blocks:
            x = block(x, c)
        shift, gain = self.ada(c).chunk(2, dim=1)
        return self.unpatchify(self.head(modulate(self.norm(x), shift, gain)))
