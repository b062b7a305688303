"""Moves, shapes, resizing."""

import torch
import torch.nn.functional as F
from torch import nn

from .group import group


@group("padding (zero, constant, reflect, replicate, circular), cropping, slices with any step, assignment to slices")
def _():
    pad = lambda widths, mode="constant", **o: lambda m, x, s, y: F.pad(x, widths, mode=mode, **o)

    def assigned(change):
        def f(m, x, s, y):
            z = x.clone()
            change(z, x)
            return z

        return f

    def strip(z, x):
        z[:, :, 1:3] = 2 * x[:, :, :2]

    def channel(z, x):
        z[:, 0] = 0

    def part(z, x):
        z[:, 1:3, ::2, 1:-1] += 1

    def copied(z, x):
        z[:, [0, 2]] = x[:, [1, 3]].sin()

    return {
        "zero": pad((1, 2, 0, 1)),
        "constant": pad((1, 1), value=0.7),
        "channels": pad((0, 0, 0, 0, 1, 2)),
        "reflect": pad((2, 1, 3, 0), "reflect"),
        "replicate": pad((2, 1, 3, 0), "replicate"),
        "circular": pad((2, 1, 3, 0), "circular"),
        "negative": pad((-1, -2, 1, -1)),
        "layer": (lambda m, x, s, y: m.p(x), {"p": nn.ZeroPad2d(2)}),
        "crop": lambda m, x, s, y: x[:, :, 1:-1, 2:7],
        "rows": lambda m, x, s, y: x[:, :, 2],
        "channel": lambda m, x, s, y: x[:, -1:],
        "strided": lambda m, x, s, y: x[:, :, ::2, 1::3],
        "strided channels": lambda m, x, s, y: x[:, 1::2],
        "dots": lambda m, x, s, y: x[..., -3:],
        "narrow": lambda m, x, s, y: x.narrow(2, 1, 4),
        "select": lambda m, x, s, y: x.select(3, -2),
        "assigned rows": assigned(strip),
        "assigned channel": assigned(channel),
        "added in part": assigned(part),
        "assigned channels": assigned(copied),
        "list": lambda m, x, s, y: x[:, [2, 0, 0]],
        "tensor": lambda m, x, s, y: x[:, :, torch.tensor([5, 1])],
        "two tensors": lambda m, x, s, y: x[:, :, torch.tensor([5, 1]), torch.tensor([0, 7])],
        "index_select": lambda m, x, s, y: x.index_select(3, torch.tensor([7, 0])),
        "crop after conv": (lambda m, x, s, y: m.c(x)[:, :, :6, :8], {"c": nn.Conv2d(4, 4, 2, padding=1)}),
    }


@group(
    "moves: flip, roll, repeat, tile, expand, stack, hstack, concat along any dimension, split, chunk, unbind, rot90, tril, unfold, fold"
)
def _():
    return {
        "flip": lambda m, x, s, y: x.flip(3),
        "flipped back": lambda m, x, s, y: x.flip(3).flip(3).flip(3).roll(2, 3),
        "flip two": lambda m, x, s, y: torch.flip(x, (1, 2)),
        "roll": lambda m, x, s, y: x.roll((1, -2), (2, 3)),
        "roll one": lambda m, x, s, y: torch.roll(x, 3, 1),
        "repeat": lambda m, x, s, y: x.repeat(1, 2, 1, 3),
        "tile": lambda m, x, s, y: x[:, :1].tile(1, 4, 1, 1),
        "repeat_interleave": lambda m, x, s, y: x.repeat_interleave(2, 1),
        "repeat rows": lambda m, x, s, y: torch.repeat_interleave(x, 3, dim=2),
        "expand": lambda m, x, s, y: x[:, :1].expand(-1, 5, -1, -1),
        "expand means": lambda m, x, s, y: x.mean((2, 3))[:, :, None, None].expand(-1, -1, 3, 2),
        "stack": lambda m, x, s, y: torch.stack([x, x.tanh()], 1).flatten(1, 2),
        "stack last": lambda m, x, s, y: torch.stack([x[:, 0], x[:, 1].sin()], -1),
        "hstack": lambda m, x, s, y: torch.hstack([x, x.sin()]),
        "concat": lambda m, x, s, y: torch.concat([x, x[:, :1]], dim=1),
        "concatenate rows": lambda m, x, s, y: torch.concatenate([x, x.cos()], dim=2),
        "cat last": lambda m, x, s, y: torch.cat([x, x[..., :2]], -1),
        "cat constant": lambda m, x, s, y: torch.cat([x, torch.ones(len(x), 2, 6, 8)], 1),
        "cat coordinates": lambda m, x, s, y: torch.cat([x, torch.linspace(0, 1, 8).expand(len(x), 1, 6, 8)], 1),
        "filled": lambda m, x, s, y: torch.cat([x, torch.full_like(x.sum(0), 2).expand_as(x)], 1),
        "cat rows of constants": lambda m, x, s, y: torch.cat(
            [torch.ones_like(x[:, :, :1]), x, torch.zeros_like(x[:, :, :2])], 2
        ),
        "split": lambda m, x, s, y: torch.cat(x.split(2, 1)[::-1], 1),
        "split sizes": lambda m, x, s, y: x.split([1, 3, 2], 2)[1],
        "chunk": lambda m, x, s, y: x.chunk(2, 3)[1] * x.chunk(2, 3)[0],
        "unbind": lambda m, x, s, y: sum(x.unbind(2)),
        "rot90": lambda m, x, s, y: x.rot90(1, (2, 3)),
        "tril": lambda m, x, s, y: x.tril() + x.triu(1),
        "unfold": lambda m, x, s, y: F.unfold(x, 3, padding=1),
        "unfold strided": lambda m, x, s, y: F.unfold(x, (2, 3), stride=2, dilation=1),
        "fold": lambda m, x, s, y: F.fold(F.unfold(x, 3, padding=1).exp(), x.shape[2:], 3, padding=1),
        "fold strided": lambda m, x, s, y: F.fold(F.unfold(x, (2, 3), stride=2).exp(), x.shape[2:], (2, 3), stride=2),
        "windows": lambda m, x, s, y: x.unfold(2, 2, 2).unfold(3, 4, 4).sum((-1, -2)),
        "diff": lambda m, x, s, y: x.diff(dim=3),
        "cumsum": lambda m, x, s, y: x.cumsum(1),
        "cumsum rows": lambda m, x, s, y: x.cumsum(2),
    }


@group("shapes: view, reshape, flatten, permute, transpose, einops patterns, channel and pixel shuffle, up to rank 6")
def _():
    def patchify(x):
        b = len(x)
        return x.reshape(b, 4, 3, 2, 4, 2).permute(0, 2, 4, 3, 5, 1).reshape(b, 12, 16)

    def unpatchify(t):
        return t.reshape(len(t), 3, 4, 2, 2, 4).permute(0, 5, 1, 3, 2, 4).reshape(len(t), 4, 6, 8)

    def windowed(x):
        b = len(x)
        w = x.permute(0, 2, 3, 1).view(b, 3, 2, 2, 4, 4).permute(0, 1, 3, 2, 4, 5).reshape(-1, 8, 4)
        w = w.softmax(1)
        return w.view(b, 3, 2, 2, 4, 4).permute(0, 1, 3, 2, 4, 5).reshape(b, 6, 8, 4).permute(0, 3, 1, 2)

    return {
        "transpose": lambda m, x, s, y: x.transpose(2, 3),
        "permute": lambda m, x, s, y: x.permute(0, 3, 1, 2),
        "view": lambda m, x, s, y: x.view(-1, 8, 3, 8),
        "awkward view": lambda m, x, s, y: x.reshape(-1, 6, 4, 8).tanh(),
        "flatten": lambda m, x, s, y: x.flatten(2),
        "features": lambda m, x, s, y: x.flatten(1),
        "transposed flatten": lambda m, x, s, y: x.transpose(1, 3).flatten(1),
        "unflatten": lambda m, x, s, y: x.unflatten(1, (2, 2)).sum(2),
        "squeeze": lambda m, x, s, y: x[:, :1].squeeze(1).unsqueeze(2),
        "movedim": lambda m, x, s, y: x.movedim(1, -1),
        "swapaxes": lambda m, x, s, y: x.swapaxes(1, 2),
        "mT": lambda m, x, s, y: x.mT,
        "pixel_shuffle": lambda m, x, s, y: F.pixel_shuffle(x, 2),
        "pixel_unshuffle": lambda m, x, s, y: F.pixel_unshuffle(x, 2),
        "channel_shuffle": lambda m, x, s, y: F.channel_shuffle(x, 2),
        "patches": lambda m, x, s, y: patchify(x),
        "patches and back": lambda m, x, s, y: unpatchify(patchify(x).softmax(-1)),
        "windows": lambda m, x, s, y: windowed(x),
        "space to depth": lambda m, x, s, y: x.view(-1, 4, 3, 2, 4, 2).permute(0, 1, 3, 5, 2, 4).reshape(-1, 16, 3, 4),
        "mean of parts": lambda m, x, s, y: x.view(-1, 4, 3, 2, 4, 2).mean((3, 5)),
        "batch merged": lambda m, x, s, y: x.view(-1, 2, 6, 8).relu().view(-1, 4, 6, 8),
        "layers": (lambda m, x, s, y: m.u(m.f(x)), {"f": nn.Flatten(), "u": nn.Unflatten(1, (8, 6, 4))}),
    }


@group("resizing: nearest, bilinear, bicubic, area, by any factor or size, align_corners; pools of any kind")
def _():
    to = lambda **o: lambda m, x, s, y: F.interpolate(x, **o)
    pool = lambda layer: (lambda m, x, s, y: m.p(x), {"p": layer})
    line = lambda layer: (lambda m, x, s, y: m.p(x.flatten(2)), {"p": layer})
    return {
        "nearest": to(scale_factor=2),
        "nearest, size": to(size=(9, 5)),
        "nearest, factors": to(scale_factor=(1.5, 0.5)),
        "nearest-exact": to(size=(9, 12), mode="nearest-exact"),
        "bilinear": to(scale_factor=2, mode="bilinear"),
        "bilinear, corners": to(scale_factor=2, mode="bilinear", align_corners=True),
        "bilinear, down": to(size=(4, 3), mode="bilinear"),
        "bilinear, factor": to(scale_factor=1.7, mode="bilinear"),
        "bilinear, antialias": to(size=(3, 4), mode="bilinear", antialias=True),
        "bicubic": to(size=(12, 16), mode="bicubic"),
        "area": to(size=(3, 4), mode="area"),
        "upsample layer": pool(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)),
        "linear": lambda m, x, s, y: F.interpolate(x.flatten(2), scale_factor=2, mode="linear"),
        "avg": pool(nn.AvgPool2d(2)),
        "avg, padded": pool(nn.AvgPool2d(3, 2, 1)),
        "avg, not counting": pool(nn.AvgPool2d(3, 2, 1, count_include_pad=False)),
        "avg, ceil": pool(nn.AvgPool2d(4, 4, ceil_mode=True)),
        "avg, divisor": pool(nn.AvgPool2d(2, divisor_override=3)),
        "max": pool(nn.MaxPool2d(2)),
        "max, padded": pool(nn.MaxPool2d(3, 2, 1)),
        "max, ceil": pool(nn.MaxPool2d(4, 3, 1, ceil_mode=True)),
        "max, dilated": pool(nn.MaxPool2d(2, 1, dilation=2)),
        "avg, one dimension": line(nn.AvgPool1d(4)),
        "max, one dimension": line(nn.MaxPool1d(3, 2)),
        "adaptive avg": pool(nn.AdaptiveAvgPool2d((4, 3))),
        "adaptive avg, one": pool(nn.AdaptiveAvgPool2d(1)),
        "adaptive max": pool(nn.AdaptiveMaxPool2d((4, 3))),
        "adaptive, one dimension": line(nn.AdaptiveAvgPool1d(5)),
        "LP pool": lambda m, x, s, y: F.lp_pool2d(x, 2, 2),
    }
