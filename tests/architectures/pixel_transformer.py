"""A transformer over patches of pixels built from torch.nn.TransformerEncoder, for EDM-like denoising."""

import torch
import torch.nn as nn


class FourierFeatures(nn.Module):
    def __init__(self, dim, scale=4.0):
        super().__init__()
        self.register_buffer("weight", torch.randn(dim // 2) * scale)

    def forward(self, t):
        h = 2 * torch.pi * t[:, None] * self.weight[None]
        return torch.cat([h.sin(), h.cos()], dim=-1)


class PixelTransformer(nn.Module):
    """F(x, c_noise); positions are learned, and the noise level is one more token."""

    def __init__(self, image_size=28, channels=1, patch=4, dim=48, depth=2, heads=4):
        super().__init__()
        self.patch, self.channels, self.side = patch, channels, image_size // patch
        self.to_tokens = nn.Linear(channels * patch * patch, dim)
        self.positions = nn.Parameter(torch.randn(1, self.side**2 + 1, dim) * 0.02)
        self.time = nn.Sequential(FourierFeatures(dim), nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, dim))
        layer = nn.TransformerEncoderLayer(
            dim, heads, dim_feedforward=2 * dim, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.to_pixels = nn.Linear(dim, channels * patch * patch)

    def forward(self, x, sigma):
        b, c, h, w = x.shape
        p = self.patch
        tokens = x.unfold(2, p, p).unfold(3, p, p)
        tokens = tokens.permute(0, 2, 3, 1, 4, 5).contiguous().view(b, -1, c * p * p)
        tokens = self.to_tokens(tokens)
        tokens = torch.cat((self.time(sigma)[:, None, :], tokens), dim=1)
        tokens = self.encoder(tokens + self.positions)
        tokens = self.to_pixels(self.norm(tokens[:, 1:]))
        tokens = tokens.view(b, h // p, w // p, c, p, p).permute(0, 3, 1, 4, 2, 5)
        return tokens.contiguous().view(b, c, h, w)
