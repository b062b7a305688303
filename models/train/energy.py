"""The energies: an encoder read at every level, which takes a noise level, and the course's small network."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from unet import MEAN, NO_LABEL, SD, UNet


class Block(nn.Module):
    """Residual block: two convolutions, between which the embedding scales and shifts."""

    def __init__(self, c, ce):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)
        self.film = nn.Linear(ce, 2 * c)
        nn.init.normal_(self.conv2.weight, std=0.1 * (9 * c) ** -0.5)

    def forward(self, h, e):
        a, b = self.film(e)[:, :, None, None].chunk(2, 1)
        return h + self.conv2(F.silu(self.conv1(F.silu(h)) * (1 + a) + b))


class Reading(nn.Module):
    """A level's contribution to the energy: features weighted according to noise level and label."""

    def __init__(self, c, ce):
        super().__init__()
        self.film, self.weigh = nn.Linear(ce, 2 * c), nn.Linear(ce, c)
        nn.init.zeros_(self.weigh.weight)
        nn.init.normal_(self.weigh.bias, std=c**-0.5)

    def forward(self, h, e):
        a, b = self.film(e).unflatten(1, (-1,) + (1,) * (h.dim() - 2)).chunk(2, 1)
        h = F.silu(h * (1 + a) + b)
        return (h.sum((2, 3)) if h.dim() == 4 else h) * self.weigh(e)


class Encoder(nn.Module):
    """Phi(x, sigma[, y]), shape (N, 1): read from every level of a convolutional encoder that sees 2 x 2 pixels per
    position.

    The gradient of Phi with respect to x is a decoder with the transposed weights and a skip connection at every level.
    """

    def __init__(self, channels, blocks, conditional=False, ce=128, narrow=16, hidden=256):
        super().__init__()
        self.config = dict(channels=channels, blocks=blocks, conditional=conditional, ce=ce, narrow=narrow, hidden=hidden)
        self.register_buffer("frequencies", 0.25 * torch.exp(torch.linspace(0, math.log(1000), ce // 2)))
        self.embed1, self.embed2 = nn.Linear(ce, ce), nn.Linear(ce, ce)
        self.label = nn.Embedding(NO_LABEL + 1, ce) if conditional else None
        self.stem = nn.Conv2d(12, channels[0], 3, padding=1)
        self.levels = nn.ModuleList(nn.ModuleList(Block(c, ce) for _ in range(n)) for c, n in zip(channels, blocks))
        self.shrink = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in zip(channels[:-1], channels[1:])
        )
        self.readings = nn.ModuleList(Reading(c, ce) for c in channels)
        size = 14 // 2 ** (len(channels) - 1)
        self.squeeze, self.whole = nn.Conv2d(channels[-1], narrow, 1), nn.Linear(narrow * size * size, hidden)
        self.last = Reading(hidden, ce)

    embedding = UNet.embedding

    def phi(self, x, sigma, y=None):
        e = self.embedding(sigma, y)
        v = sigma[:, None, None, None]
        near = (x - MEAN) * torch.reciprocal(torch.sqrt(v * v + SD * SD))
        h = self.stem(F.pixel_unshuffle(torch.cat([near, *UNet.near_ends(x, v)], 1), 2))
        parts = []
        for i, level in enumerate(self.levels):
            for block in level:
                h = block(h, e)
            parts.append(self.readings[i](h, e))
            if i < len(self.shrink):
                h = self.shrink[i](F.silu(h))
        parts.append(self.last(self.whole(F.silu(self.squeeze(F.silu(h))).flatten(1)), e))
        return torch.cat(parts, 1).sum(1, keepdim=True)


class Mixture(nn.Module):
    """-log p_sigma(x[, y]) of a mixture of Gaussians of low rank, -log sum of w_k(y) N(x; m_k, S_k + sigma^2); (N, 1).

    S_k has the variances exp(spread) along `rank` directions and exp(rest) along all others. Each component belongs to a
    class: with labels, the weights w(y) of the others are e^-30.
    """

    def __init__(self, conditional, components=128, rank=8, pixels=784):
        super().__init__()
        self.components, self.rank, self.pixels = components, rank, pixels
        self.project = nn.Linear(pixels, components * (1 + rank))
        self.square, self.rest = nn.Parameter(torch.zeros(components)), nn.Parameter(torch.zeros(components))
        self.spread = nn.Parameter(torch.zeros(components, rank))
        self.weight = nn.Embedding(NO_LABEL + 1, components) if conditional else nn.Parameter(torch.zeros(components))

    def forward(self, x, sigma, y=None):
        k, v = self.components, (sigma * sigma)[:, None]
        p = self.project(x.flatten(1))
        along = p[:, k:].unflatten(1, (k, self.rank)).square()
        wide, narrow = v + self.rest.exp(), v[:, :, None] + self.spread.exp()
        inverse = torch.reciprocal(wide)
        distance = (x.square().sum((1, 2, 3))[:, None] - 2 * p[:, :k] + self.square) * inverse
        distance = distance - (along * (inverse[:, :, None] - torch.reciprocal(narrow))).sum(2)
        size = narrow.log().sum(2) + (self.pixels - self.rank) * wide.log()
        a = (self.weight(y) if y is not None else self.weight) - 0.5 * (distance + size)
        while k > 1:
            k //= 2
            a = a[:, :k] + F.softplus(a[:, k:] - a[:, :k])
        return -a

    @torch.no_grad()
    def fit(self, x, y, iterations=8):
        """Hard expectation maximisation within each class, from random images as means."""
        flat, rank, generator = x.flatten(1), self.rank, torch.Generator().manual_seed(0)
        table = torch.full((NO_LABEL + 1, self.components), -30.0)
        means, axes = torch.empty(self.components, self.pixels), torch.empty(self.components, rank, self.pixels)
        for c in range(NO_LABEL):
            mine = slice(c * self.components // NO_LABEL, (c + 1) * self.components // NO_LABEL)
            images, count = flat[y == c], mine.stop - mine.start
            nearest = torch.cdist(images, images[torch.randperm(len(images), generator=generator)[:count]]).argmin(1)
            for _ in range(iterations):
                scores = []
                for i, k in enumerate(range(mine.start, mine.stop)):
                    own = images[nearest == i]
                    means[k] = own.mean(0)
                    _, s, u = torch.pca_lowrank(own, rank + 4, niter=2)
                    variance, axes[k] = s[:rank].square() / len(own), u[:, :rank].T
                    total = (own - means[k]).square().sum() / len(own)
                    self.spread[k] = variance.clamp(min=1e-3).log()
                    self.rest[k] = ((total - variance.sum()) / (self.pixels - rank)).clamp(min=1e-3).log()
                    table[c, k] = math.log(len(own) / len(images))
                    table[NO_LABEL, k] = math.log(len(own) / len(flat))
                    r = images - means[k]
                    along = (r @ axes[k].T).square()
                    distance = r.square().sum(1) / self.rest[k].exp()
                    distance -= (along * (torch.exp(-self.rest[k]) - torch.exp(-self.spread[k]))).sum(1)
                    size = self.spread[k].sum() + (self.pixels - rank) * self.rest[k]
                    scores.append(table[c, k] - 0.5 * (distance + size))
                nearest = torch.stack(scores, 1).argmax(1)
        self.project.weight.copy_(torch.cat([means, axes.flatten(0, 1)]))
        self.project.bias.copy_(torch.cat([torch.zeros(len(means)), -(axes @ means[:, :, None]).flatten()]))
        self.square.copy_(means.square().sum(1))
        (self.weight.weight if isinstance(self.weight, nn.Embedding) else self.weight).copy_(
            table if isinstance(self.weight, nn.Embedding) else table[NO_LABEL]
        )


class Energy(Encoder):
    """E(x, sigma[, y]) = E_mixture - SD / (SD + sigma) Phi(x, sigma[, y]); shape (N, 1).

    The mixture, which is fitted to the digits beforehand, has all modes and is nearly right at high noise levels, where
    digits take shape; Phi, which begins at zero, learns what it lacks.
    """

    def __init__(self, channels, blocks, conditional=False):
        super().__init__(channels, blocks, conditional)
        self.config = dict(channels=channels, blocks=blocks, conditional=conditional)
        self.mixture = Mixture(conditional)
        for reading in (*self.readings, self.last):
            nn.init.zeros_(reading.weigh.bias)

    def forward(self, x, sigma, y=None):
        scale = SD * torch.reciprocal(sigma + SD)[:, None]
        return self.mixture(x, sigma, y) - scale * self.phi(x, sigma, y)


def without_labels(net):
    """The energy of a conditional network's null label, as a network that takes no label."""
    state = net.state_dict()
    state["embed2.bias"] = state["embed2.bias"] + state.pop("label.weight")[NO_LABEL]
    state["mixture.weight"] = state.pop("mixture.weight.weight")[NO_LABEL]
    plain = Energy(**(net.config | {"conditional": False}))
    plain.load_state_dict(state)
    return plain


class Attribute(Encoder):
    """E(x, sigma) = -log p(attribute | x, sigma) = softplus(-Phi), to be added to another such energy."""

    def forward(self, x, sigma):
        return F.softplus(-self.phi(x, sigma))


class Course(nn.Module):
    """The course's E(x): convolutions with leaky ReLU, adaptive average pooling, one linear output; shape (N, 1).

    The first convolution is 12 x 12 with stride 4, computed as 3 x 3 on patches of 4 x 4 pixels, which is faster.
    """

    def __init__(self, channels):
        super().__init__()
        self.config = dict(channels=channels)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip([16, *channels], channels))
        self.out = nn.Linear(channels[-1], 1)

    def forward(self, x):
        h = F.leaky_relu(self.convs[0](F.pixel_unshuffle(x, 4)), 0.2)
        for conv in self.convs[1:]:
            h = F.leaky_relu(conv(F.avg_pool2d(h, 2)), 0.2)
        return self.out(F.adaptive_avg_pool2d(h, 1).flatten(1))


def gradient(energy, *inputs, training=False):
    """(E, dE/dx), both for a batch; with `training`, the parameters' gradient of the latter can be taken."""
    with torch.enable_grad():
        x = inputs[0].detach().requires_grad_(True)
        e = energy(x, *inputs[1:])
        (g,) = torch.autograd.grad(e.sum(), x, create_graph=training)
    return e, g


def denoise(energy, x, sigma, y=None, training=False):
    """D(x, sigma) = x - sigma^2 dE/dx, the denoiser that corresponds to an energy of a noise level."""
    g = gradient(energy, x, sigma, *([] if y is None else [y]), training=training)[1]
    return x - (sigma * sigma)[:, None, None, None] * g
