"""Kinds of networks: what a network returns, and what a weight file makes of it; one row each in KINDS.

A row is a module around the user's that takes (x, sigma, label) as a weight file does, x = x0 + sigma n. The network is
given x_t = a x, where a and its time come from the schedule (schedules.py), and the row turns what it returns into the
result of the file's kind, `file`."""

import torch
from torch import nn

from .problem import ExportError

KINDS = {}


def row(*names):
    def register(cls):
        KINDS.update(dict.fromkeys(names, cls))
        return cls

    return register


class Kind(nn.Module):
    """net(x_t, t, sigma, label) is the user's module as it is called (call.py)."""

    file, needs_sigma, like_x, schedule_name, outputs = None, True, True, None, 1

    def __init__(self, net, inputs, schedule=None, negate=False):
        super().__init__()
        self.net, self.inputs, self.schedule, self.negate = net, inputs, schedule, negate

    def forward(self, x, *others):
        given = dict(zip(self.inputs[1:], others))
        sigma, label = given.get("sigma"), given.get("label")
        if sigma is None:
            return self.result(self.returned(x, None, None, label), x, None, None)
        v = sigma.reshape(-1, 1, 1, 1)
        a = self.schedule.scale(v)
        out = self.returned(x if a is None else a * x, self.schedule.time(sigma), sigma, label)
        return self.result(out, x, v, a)

    def returned(self, x, t, sigma, label):
        out = self.net(x, t, sigma, label)
        return -out if self.negate else out  # of one tensor; a classifier has no sign

    def result(self, out, x, sigma, a):
        raise NotImplementedError


@row("noise")
class Noise(Kind):
    """The network predicts n of x_t = a x0 + s n (Ho et al. 2020, equation 14), which is the n of x = x0 + sigma n."""

    file = "noise"

    def result(self, out, x, sigma, a):
        return out


@row("denoiser", "x0")
class Denoiser(Kind):
    """The network predicts x0, D = E[x0 | x] (Karras et al. 2022, equation 2); the same of x_t as of x."""

    file = "denoiser"

    def result(self, out, x, sigma, a):
        return out


@row("score")
class Score(Kind):
    """The network is grad log p_t(x_t); as x_t = a x, grad_x log p_sigma(x) is a times that (Song et al. 2021)."""

    file = "score"

    def result(self, out, x, sigma, a):
        return out if a is None else a * out


@row("v")
class V(Kind):
    """The network predicts v = a n - s x0 (Salimans & Ho 2022, appendix D). Then a x_t - s v = (a^2 + s^2) x0, and with
    s = a sigma, D = (x - sigma / a v) / (1 + sigma^2)."""

    file = "denoiser"

    def result(self, out, x, sigma, a):
        ratio = sigma if a is None else sigma / a
        return (x - ratio * out) / (sigma * sigma + 1)


@row("velocity")
class Velocity(Kind):
    """The network predicts u = dx_t / dt = n - x0 of x_t = (1 - t) x0 + t n (Lipman et al. 2023; Liu et al. 2023). Then
    x0 = x_t - t u, D = (x - sigma u) / (1 + sigma). Reversed in time it predicts x0 - n, and D = (x + sigma u) / (1 +
    sigma).
    """

    file, schedule_name = "denoiser", "flow"

    def result(self, out, x, sigma, a):
        way = sigma * out
        return (x + way if self.schedule.reversed else x - way) / (sigma + 1)


@row("edm")
class Edm(Kind):
    """The network is F of D = c_skip x + c_out F(c_in x, c_noise) with c_skip = d^2 / (sigma^2 + d^2), c_out = sigma d
    / sqrt(sigma^2 + d^2), d = SIGMA_DATA (Karras et al. 2022, equation 7 and table 1). A module that has this inside is
    a denoiser, schedule ve."""

    file, schedule_name = "denoiser", "edm"

    def result(self, out, x, sigma, a):
        d = self.schedule.data
        return (d * d) * (a * a) * x + d * sigma * a * out


class Scalar(Kind):
    needs_sigma, like_x = False, False


@row("energy")
class Energy(Scalar):
    """E(x), p proportional to exp(-E) (LeCun et al. 2006); with a schedule E of x_t, whose gradient with respect to x
    is a times that with respect to x_t, as it must be. A network that returns f = -E is exported with `negate`."""

    file = "energy"

    def result(self, out, x, sigma, a):
        if out.numel() != len(x):
            raise ExportError(
                "kind 'energy'", f"expected one energy per image, not a result of shape {tuple(out.shape)}"
            )
        return out.reshape(len(x), 1)


@row("jem")
class Jem(Energy):
    """A classifier as an energy, E(x) = -logsumexp over the classes of its logits (Grathwohl et al. 2020, equation
    6)."""

    def result(self, out, x, sigma, a):
        return -torch.logsumexp(out.flatten(1), 1, keepdim=True)


@row("classifier")
class Classifier(Scalar):
    """Logits, one per class; where the network returns two results, the second holds features."""

    file, outputs = "classifier", 2

    def result(self, out, x, sigma, a):
        return out


@row("decoder")
class Decoder(Scalar):
    """An image of a latent x, standard normal (Kingma & Welling 2014; Goodfellow et al. 2014)."""

    file, image = "decoder", None

    def result(self, out, x, sigma, a):
        if self.image:
            return out.reshape(len(x), *self.image)
        if not 2 <= out.dim() <= 4:
            raise ExportError("kind 'decoder'", f"expected images of shape (N, C, H, W), not {tuple(out.shape)}")
        return out.reshape(*out.shape, *(1,) * (4 - out.dim()))
