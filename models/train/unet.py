"""The noise-conditional U-Net of both score networks, as a denoiser D(x, sigma[, y]) with Karras preconditioning."""

import math

import torch
import torch.nn.functional as F
from torch import nn

MEAN, SD = 0.13, 0.31  # of MNIST pixels in [0, 1]
WHITE = 253 / 255  # the commonest value of an inked pixel
SIGMA_MIN, SIGMA_MAX = 0.01, 30.0
NO_LABEL = 10


class Block(nn.Module):
    """Residual block; the embedding scales and shifts the second normalised features."""

    def __init__(self, ci, co, ce):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, ci), nn.Conv2d(ci, co, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(8, co), nn.Conv2d(co, co, 3, padding=1)
        self.film = nn.Linear(ce, 2 * co)
        self.skip = nn.Conv2d(ci, co, 1) if ci != co else nn.Identity()
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x, e):
        h = self.conv1(F.silu(self.norm1(x)))
        a, b = self.film(e)[:, :, None, None].chunk(2, 1)
        h = self.conv2(F.silu(self.norm2(h) * (1 + a) + b))
        return h + self.skip(x)


class Mixer(nn.Module):
    """Residual two-layer perceptron over all positions at once: it sees the whole digit, which a convolution cannot."""

    def __init__(self, c, size, ce, narrow=16, hidden=256):
        super().__init__()
        self.shape = (narrow, size, size)
        n = narrow * size * size
        self.norm, self.squeeze = nn.GroupNorm(8, c), nn.Conv2d(c, narrow, 1)
        self.first, self.film, self.second = nn.Linear(n, hidden), nn.Linear(ce, 2 * hidden), nn.Linear(hidden, n)
        self.widen = nn.Conv2d(narrow, c, 1)
        nn.init.zeros_(self.widen.weight)

    def forward(self, x, e):
        h = self.first(self.squeeze(F.silu(self.norm(x))).flatten(1))
        a, b = self.film(e).chunk(2, 1)
        h = self.second(F.silu(h * (1 + a) + b))
        return x + self.widen(F.silu(h.view(-1, *self.shape)))


class Refine(nn.Module):
    """A last look at single pixels: two convolutions at full resolution on the levels' result and on the pixels."""

    def __init__(self, context, ce, hidden=32):
        super().__init__()
        self.conv1, self.norm = nn.Conv2d(context + 4, hidden, 3, padding=1), nn.GroupNorm(8, hidden)
        self.film, self.conv2 = nn.Linear(ce, 2 * hidden), nn.Conv2d(hidden, 3, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, h, pixels, e):
        a, b = self.film(e)[:, :, None, None].chunk(2, 1)
        r = self.conv1(torch.cat([h, *pixels], 1))
        return h[:, :3] + self.conv2(F.silu(self.norm(r) * (1 + a) + b))


class UNet(nn.Module):
    """x (N, 1, 28, 28) in [0, 1] plus noise, sigma (N), y (N) in 0..10 (10: no label) to the denoised image.

    With `patch` 2 the image enters as 2 x 2 pixels per position; `channels` and `blocks` have one element per level,
    and every level has half the size of the one before. `refine` channels have the last look at single pixels.
    """

    def __init__(self, channels, blocks, patch=1, conditional=False, ce=128, refine=32):
        super().__init__()
        self.config = dict(channels=channels, blocks=blocks, patch=patch, conditional=conditional, ce=ce, refine=refine)
        self.patch = patch
        self.register_buffer("frequencies", 0.25 * torch.exp(torch.linspace(0, math.log(1000), ce // 2)))
        self.embed1, self.embed2 = nn.Linear(ce, ce), nn.Linear(ce, ce)
        self.label = nn.Embedding(11, ce) if conditional else None
        if conditional:
            nn.init.zeros_(self.label.weight)
        self.stem = nn.Conv2d(3 * patch * patch, channels[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        self.shrink, self.grow = nn.ModuleList(), nn.ModuleList()
        for i, (c, n) in enumerate(zip(channels, blocks)):
            self.down.append(nn.ModuleList(Block(c, c, ce) for _ in range(n)))
            if i + 1 < len(channels):
                self.shrink.append(nn.Conv2d(c, channels[i + 1], 3, stride=2, padding=1))
                self.grow.append(nn.Conv2d(channels[i + 1], c, 3, padding=1))
                self.up.append(nn.ModuleList(Block(2 * c if k == 0 else c, c, ce) for k in range(n)))
        c, context = channels[-1], channels[0] // patch**2
        self.mixer = Mixer(c, 28 // patch // 2 ** (len(channels) - 1), ce)
        self.middle = Block(c, c, ce)
        self.norm, self.head = nn.GroupNorm(8, channels[0]), nn.Conv2d(channels[0], channels[0], 3, padding=1)
        self.refine = Refine(context, ce, refine)

    @staticmethod
    def config_of(state):
        """The configuration of the network that has these weights."""
        levels = sum(1 for name in state if name.startswith("shrink.") and name.endswith(".weight")) + 1
        stem, first = state["stem.weight"].shape[:2], state["refine.conv1.weight"]
        names = [[f"down.{i}.{k}.conv1.weight" for k in range(100) if f"down.{i}.{k}.conv1.weight" in state] for i in range(levels)]
        return dict(channels=[state[of[0]].shape[0] for of in names], blocks=[len(of) for of in names], patch=math.isqrt(stem[1] // 3),
                    conditional="label.weight" in state, ce=state["embed1.weight"].shape[0], refine=first.shape[0])

    def embedding(self, sigma, y=None):
        t = (torch.log(sigma) * 0.25)[:, None] * self.frequencies
        e = self.embed2(F.silu(self.embed1(torch.cat([torch.cos(t), torch.sin(t)], 1))))
        if self.label is not None:
            e = e + self.label(y)
        return F.silu(e)

    @staticmethod
    def near_ends(x, v):
        """How far, in noise levels, each pixel is from black and from white. Most pixels are one or the other, and at
        sigma 0.01 the normalised image shows that too faintly: without these the network leaves white pixels noisy."""
        scale = 0.5 * torch.reciprocal(v)
        return torch.tanh(x * scale), torch.tanh((1 - x) * scale)

    @staticmethod
    def pulls(x, v):
        """By how many noise levels each pixel must be moved to become black, and to become white; about 0 for a pixel
        that is more than 5 of them away. The network gates them: it decides which pixels are which, not what that means."""
        for u in (x * -torch.reciprocal(v), (WHITE - x) * torch.reciprocal(v)):
            far = (u * 0.2) * (u * 0.2)
            yield u * torch.reciprocal(1 + far * far)

    def forward(self, x, sigma, y=None):
        e = self.embedding(sigma, y)
        v = sigma[:, None, None, None]
        total = v * v + SD * SD
        ends, pulls = list(self.near_ends(x, v)), list(self.pulls(x, v))
        h = torch.cat([(x - MEAN) * torch.reciprocal(torch.sqrt(total)), *ends], 1)
        if self.patch > 1:
            h = F.pixel_unshuffle(h, self.patch)
        h = self.stem(h)
        kept = []
        for i, level in enumerate(self.down):
            for block in level:
                h = block(h, e)
            if i < len(self.shrink):
                kept.append(h)
                h = self.shrink[i](h)
        h = self.middle(self.mixer(h, e), e)
        for i in reversed(range(len(self.up))):
            h = self.grow[i](F.interpolate(h, scale_factor=2, mode="nearest"))
            h = torch.cat([h, kept[i]], 1)
            for block in self.up[i]:
                h = block(h, e)
        h = self.head(F.silu(self.norm(h)))
        if self.patch > 1:
            h = F.pixel_shuffle(h, self.patch)
        direct, black, white = self.refine(h, ends + pulls, e).chunk(3, 1)
        h = direct + black * pulls[0] + white * pulls[1]
        return (SD * SD / total) * x + (v * SD * torch.reciprocal(torch.sqrt(total))) * h


def ladder(levels=10):
    """The course's noise levels: geometric from SIGMA_MAX to SIGMA_MIN."""
    return torch.exp(torch.linspace(math.log(SIGMA_MAX), math.log(SIGMA_MIN), levels, dtype=torch.float64))


def karras_schedule(steps, low=0.02, high=SIGMA_MAX, rho=7.0):
    """Karras et al. 2022, equation 5, with a last 0."""
    i = torch.arange(steps, dtype=torch.float64) / max(1, steps - 1)
    s = (high ** (1 / rho) + i * (low ** (1 / rho) - high ** (1 / rho))) ** rho
    return torch.cat([s, torch.zeros(1, dtype=torch.float64)])


@torch.no_grad()
def dpmpp_2m(denoise, x, sigmas, eta=0.0, generator=None):
    """Lu et al. 2022, DPM-Solver++(2M) in the sigma parametrisation; `x` is noise of standard deviation sigmas[0].

    With eta = 1 it is the solver of the reverse SDE, in general of the SDE with eta times as much Langevin diffusion,
    as in the library.
    """
    before = None
    for i in range(len(sigmas) - 1):
        s, t = sigmas[i].item(), sigmas[i + 1].item()
        d = denoise(x, s)
        if t == 0:
            return d
        mix, lost = d, (t / s) ** eta
        if before is not None:
            w = math.log(s / t) / (2 * math.log(sigmas[i - 1].item() / s))
            mix = (1 + w) * d - w * before
        x = t / s * lost * x + (1 - t / s * lost) * mix
        if eta:
            x = x + t * math.sqrt(1 - lost * lost) * torch.randn(x.shape, generator=generator)
        before = d
    return x


@torch.no_grad()
def course_loss(denoise, x, y, generator, batch=1000):
    """The mean over the ten levels of sigma^2 |score - target|^2 summed over pixels, and its value at each level."""
    out = []
    for s in ladder().tolist():
        total = 0.0
        for xb, yb in zip(x.split(batch), y.split(batch)):
            noisy = xb + s * torch.randn(xb.shape, generator=generator, device=xb.device)
            total += ((denoise(noisy, s, yb) - xb) / s).square().sum().item()
        out.append(total / len(x))
    return sum(out) / len(out), out
