"""Small networks with random weights for the tests: two U-Nets, one that uses every operation of FORMAT.md, and energies."""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).parent / "train"))
from unet import Mixer, UNet  # noqa: E402

CHANNELS, HEIGHT, WIDTH, LABELS = 4, 12, 8, 3


class Norms(nn.Module):
    """Every normalisation, batch norm both folded and not."""

    def __init__(self, c):
        super().__init__()
        self.conv, self.folded = nn.Conv2d(c, c, 3, padding=1, bias=False), nn.BatchNorm2d(c)
        self.batch, self.group, self.plain = nn.BatchNorm2d(c), nn.GroupNorm(2, c), nn.GroupNorm(1, c, affine=False)
        self.instance = nn.InstanceNorm2d(c, affine=True, eps=1e-4)
        self.channels, self.all = nn.LayerNorm(c), nn.LayerNorm([c, HEIGHT, WIDTH])

    def forward(self, h):
        a = self.group(self.folded(self.conv(h))) + self.batch(h)
        b = self.channels(h.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return a + b * self.instance(h) + 0.5 * self.all(a) - self.plain(b)


class Convolutions(nn.Module):
    """Strided, dilated, grouped, depthwise, one-by-one and oblong kernels."""

    def __init__(self, c):
        super().__init__()
        self.strided, self.grouped = nn.Conv2d(c, 2 * c, 3, stride=2, padding=1), nn.Conv2d(
            2 * c, 2 * c, 3, padding=1, groups=4
        )
        self.depthwise, self.dilated = nn.Conv2d(c, c, 5, padding=2, groups=c), nn.Conv2d(
            c, c, 3, padding=2, dilation=2
        )
        self.tall, self.wide = nn.Conv2d(c, c, (3, 1), padding=(1, 0)), nn.Conv2d(
            c, c, (1, 5), padding=(0, 2), bias=False
        )
        self.point, self.oblong = nn.Conv2d(c, c, 1), nn.Conv2d(c, c, (3, 4), stride=(3, 2), padding=(0, 1))

    def forward(self, h):
        a = F.pixel_shuffle(self.grouped(F.relu(self.strided(h))), 2)
        b = F.interpolate(F.pixel_unshuffle(a, 2), scale_factor=2)
        c = F.interpolate(self.oblong(h), size=(HEIGHT, WIDTH))
        d = self.point(self.depthwise(h)) + self.dilated(self.wide(self.tall(h)))
        return torch.cat([a[:, 1:], a[:, :1], b[:, 5:9]], 1) + c + d


class Pools(nn.Module):
    def forward(self, h):
        a = F.avg_pool2d(h, 3, 1, 1) + F.avg_pool2d(h, 3, 1, 1, count_include_pad=False)
        b = F.max_pool2d(h, 3, 1, 1) + F.interpolate(F.max_pool2d(h, 2), scale_factor=2)
        c = F.interpolate(F.avg_pool2d(h, (2, 4)), scale_factor=(2, 4))
        return (
            a - b + c + F.interpolate(F.adaptive_avg_pool2d(F.adaptive_avg_pool2d(h, (5, 3)), (6, 4)), scale_factor=2)
        )


class Functions(nn.Module):
    """Every function that works element by element."""

    def forward(self, h):
        t = torch.tanh(h)
        a = F.silu(h) + F.gelu(h) - F.gelu(h, approximate="tanh") + F.leaky_relu(h, 0.2) * F.elu(h, 0.7)
        b = torch.exp(t) + torch.log(F.softplus(h) + 0.1) + torch.sqrt(t.square() + 0.25) + torch.reciprocal(2 + t)
        return a + b * torch.sin(2 * h) - torch.cos(h) / (1 + torch.sigmoid(h)) + (-t)


class Shapes(nn.Module):
    """Broadcasting, reductions, softmax, reshapes and constants of every rank."""

    def __init__(self, c):
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.empty(c, 1, 1)), nn.Parameter(torch.empty(c, HEIGHT, 1))
        self.field, self.row = nn.Parameter(torch.empty(c, HEIGHT, WIDTH)), nn.Parameter(torch.empty(1, 1, WIDTH))
        self.first, self.second = nn.Linear(c * HEIGHT, 16), nn.Linear(16, c, bias=False)

    def forward(self, h):
        a = (h * self.gain - self.field) / (2 + torch.tanh(self.bias)) + self.row
        b = h.mean(1, keepdim=True) * h.sum((2, 3), keepdim=True) / 30 + h.mean((2, 3))[:, :, None, None]
        c = h.mean((1, 2, 3), keepdim=True) - h.sum(1, keepdim=True) / 10 + h.sum((1, 2, 3))[:, None, None, None] / 300
        d = self.second(F.relu(self.first(F.avg_pool2d(h, (1, WIDTH)).flatten(1))))
        e = F.softmax(h, 1) - h * F.softmax(h, -1)
        return a + b * c + d[:, :, None, None] + e


class Zoo(nn.Module):
    """x (N, 4, 12, 8), sigma (N), label (N) in 0..3 (3: none) to a result like x."""

    def __init__(self, c=8, ce=12):
        super().__init__()
        self.register_buffer("frequencies", torch.linspace(0.5, 3, ce))
        self.embed, self.time, self.norm = nn.Embedding(LABELS + 1, ce), nn.Linear(2 * ce, ce), nn.GroupNorm(3, ce)
        self.layer, self.film = nn.LayerNorm(ce), nn.Linear(ce, 2 * c)
        self.stem, self.head = nn.Conv2d(CHANNELS, c, 3, padding=1), nn.Conv2d(3 * c, CHANNELS, 3, padding=1)
        self.convolutions, self.functions = Convolutions(c), Functions()
        self.norms, self.pools, self.shapes = Norms(c), Pools(), Shapes(c)

    def forward(self, x, sigma, label):
        t = torch.log(sigma)[:, None] * self.frequencies
        e = self.norm(self.embed(label) + self.time(torch.cat([torch.cos(t), torch.sin(t)], 1)))
        a, b = self.film(F.silu(self.layer(e)))[:, :, None, None].chunk(2, 1)
        v = sigma[:, None, None, None]
        h = self.stem(x / torch.sqrt(v * v + 1)) * (1 + a) + b
        h = h + self.convolutions(h)
        h = h + self.norms(h)
        h = torch.cat([self.pools(h), self.functions(h), self.shapes(h)], 1)
        return (x - v * self.head(torch.tanh(h))) / (v * v + 1)


class Tokens(nn.Module):
    """x (N, 2, 8, 6), sigma (N), label (N) in 0..3 (3: none) to a result like x, by the operations that Zoo lacks."""

    SHAPE = (2, 8, 6)

    def __init__(self, c=8, heads=2):
        super().__init__()
        self.heads = heads
        self.stem, self.down = nn.Conv2d(2, c, 3, padding=1, padding_mode="reflect"), nn.Conv2d(c, c, 2, stride=2)
        self.up, self.head = nn.ConvTranspose2d(c, c, 4, stride=2, padding=1), nn.Conv2d(3 * c, 2, 1)
        self.table, self.norm, self.qkv = nn.Embedding(32, c), nn.LayerNorm(c), nn.Linear(c, 3 * c)
        self.register_buffer("points", torch.tensor([0.01, 0.1, 1.0, 40.0]))
        self.register_buffer("levels", torch.tensor([0.5, 1.0, 0.7, 0.2]))

    def condition(self, sigma, label):
        import gensample.exporter.custom  # noqa: F401, registers gensample::interpolate

        level = (sigma.log() * 2 + 10.3).long()
        gain = torch.ops.gensample.interpolate(sigma, self.points, self.levels) + 0.1 * (label == LABELS)
        return self.table(level) * gain[:, None]

    def attention(self, h):
        n, c, rows, columns = h.shape
        t = self.norm(h.flatten(2).transpose(1, 2))
        q, k, v = self.qkv(t).view(n, -1, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        t = F.scaled_dot_product_attention(q, k, v) + v @ (k.mT @ q) / t.shape[1]
        return t.transpose(1, 2).reshape(n, rows, columns, c).permute(0, 3, 1, 2)

    def functions(self, h):
        """Continuous ones, though some of their parts are none."""
        a = h.sign() * (h.abs().clamp(0.1, 2) ** 1.3 - 0.1**1.3) + torch.erf(h.clamp(max=1))
        b = torch.where(h > 0.3, h - 0.3, 0) + torch.maximum(h, h.flip(3)) - torch.minimum(h, 0.5 * h.roll(1, 2))
        turned = F.pad(h[:, :, :6].mT, (0, 0, 1, 1), mode="circular")
        return a + b * h.amax((2, 3), keepdim=True) - turned * h.amax(1, keepdim=True)

    def forward(self, x, sigma, label):
        v = sigma[:, None, None, None]
        h = torch.tanh(self.stem(x / (v * v + 1).sqrt()) + self.condition(sigma, label)[:, :, None, None])
        low = self.down(h)
        low = low + self.attention(low)
        h = torch.cat([self.up(low), F.interpolate(low, size=(8, 6), mode="bilinear"), self.functions(h)], 1)
        return (x - v * self.head(h)) / (v * v + 1)


def randomise(net, seed):
    """Weights with which every layer matters: unit gain, norms near 1, small biases."""
    generator = torch.Generator().manual_seed(seed)
    normal = lambda t: torch.randn(t.shape, generator=generator)
    for name, t in net.state_dict().items():
        if name.endswith(("num_batches_tracked", "frequencies", "points", "levels")):
            continue
        if name.endswith("running_var"):
            t.copy_(torch.exp(0.3 * normal(t)))
        elif t.dim() >= 2 and not name.startswith("shapes."):
            t.copy_(normal(t) / t[0].numel() ** 0.5)
        elif name.endswith("weight"):
            t.copy_(1 + 0.2 * normal(t))
        else:
            t.copy_(0.3 * normal(t))
    return net.eval()


def tiny(conditional):
    """A U-Net of the shipped class: patches of 2 x 2 and labels, or single pixels, three levels and no labels."""
    if conditional:
        net = UNet([16, 16], [1, 1], patch=2, conditional=True, ce=32)
    else:
        net = UNet([8, 16, 24], [1, 1, 1], patch=1, conditional=False, ce=32)
    net.mixer = Mixer(net.config["channels"][-1], 7, 32, narrow=4, hidden=24)
    return randomise(net, 1 + conditional)


def zoo():
    return randomise(Zoo(), 3)


def tokens():
    return randomise(Tokens(), 6)


class Energy(nn.Module):
    """E(x, sigma, label) of x (N, 2, 18, 14), sigma (N), label (N) in 0..3 (3: none): the parts of energies."""

    SHAPE = (2, 18, 14)

    def __init__(self, c=16, wide=24, ce=12):
        super().__init__()
        self.embed, self.time, self.film = nn.Embedding(LABELS + 1, ce), nn.Linear(2, ce), nn.Linear(ce, 2 * c)
        self.first, self.second = nn.Conv2d(2, c, 5, stride=2, padding=2), nn.Conv2d(c, c, 3, padding=1)
        self.third, self.fourth = nn.Conv2d(c, wide, 3, stride=2, padding=1), nn.Conv2d(wide, wide, 3, padding=1)
        self.norm1, self.norm2 = nn.GroupNorm(4, c), nn.GroupNorm(3, wide)
        self.last, self.out = nn.Linear(wide * 4, 20), nn.Linear(20, 1)

    def forward(self, x, sigma, label):
        s = sigma[:, None]
        e = F.silu(self.embed(label) + self.time(torch.cat([torch.log(s), s / (1 + s)], 1)))
        a, b = self.film(e)[:, :, None, None].chunk(2, 1)
        v = (s * s + 1)[:, :, None, None]
        h = F.leaky_relu(self.first(x / torch.sqrt(v)), 0.1)
        h = h + self.second(F.silu(self.norm1(h) * (1 + a) + b))
        h = F.max_pool2d(h, 3, 1, 1) - F.avg_pool2d(h, 3, 1, 1)
        h = F.softplus(self.norm2(self.third(h)))
        h = F.adaptive_avg_pool2d(torch.tanh(self.fourth(h)), 2).flatten(1)
        prior = (x.square() / v).mean((1, 2, 3), keepdim=True).flatten(1)
        return self.out(F.silu(self.last(h))) + 0.5 * prior


def energy():
    return randomise(Energy(), 5)


def tutorial():
    """An energy of MNIST in the shape of the University of Amsterdam's deep learning tutorial 8, random weights."""
    convolutions = [(1, 16, 5, 4), (16, 32, 3, 1), (32, 64, 3, 1), (64, 64, 3, 1)]
    layers = [f for i, o, k, p in convolutions for f in (nn.Conv2d(i, o, k, stride=2, padding=p), nn.SiLU())]
    return randomise(nn.Sequential(*layers, nn.Flatten(), nn.Linear(256, 64), nn.SiLU(), nn.Linear(64, 1)), 4)
