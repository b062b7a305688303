"""Plans get the weights of modules: those that the exporter writes as they are, and those that it computes from others."""

import unittest

import numpy as np
import torch
from torch import nn

import gensample
from gensample._library import library

DATA = (1, 4, 4)


def energy(norm, wrap=lambda layer: layer):
    """An energy whose first layer the exporter merges with what follows, or computes."""
    return nn.Sequential(wrap(nn.Conv2d(1, 3, 3)), norm, nn.SiLU(), nn.Flatten(), nn.Linear(12, 1)).eval()


def changed(net):
    """The module with other weights and statistics, as of a later step of its training."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for tensor in net.state_dict().values():
            if tensor.is_floating_point():
                tensor.mul_(1 + 0.5 * torch.rand(tensor.shape, generator=generator))
    return net


class Updates(unittest.TestCase):
    def setUp(self):
        try:
            library()
        except ImportError:
            self.skipTest("libgensample is not built")

    def exported(self, net):
        return gensample.load(gensample.export(net, kind="energy", data=DATA, range=(0, 1)), "exported")

    def assertSame(self, plan, net):
        x = torch.rand(5, *DATA, generator=torch.Generator().manual_seed(1))
        np.testing.assert_allclose(plan.energy(x), net(x).detach().numpy()[:, 0], rtol=1e-5, atol=1e-5)

    def test_as_they_are(self):
        net = energy(nn.GroupNorm(3, 3))
        plan = self.exported(net).plan()
        plan.update(changed(net).state_dict())
        self.assertSame(plan, net)

    def test_computed(self):
        for name, net in (
            ("batch norm", energy(nn.BatchNorm2d(3))),
            ("weight norm", energy(nn.Identity(), nn.utils.parametrizations.weight_norm)),
            ("spectral norm", energy(nn.Identity(), nn.utils.spectral_norm)),
        ):
            with self.subTest(name):
                plan = self.exported(net).plan()
                for strict in (True, False):
                    with self.assertRaisesRegex(gensample.ArgumentError, "computes with other weights than it keeps"):
                        plan.update(net.state_dict(), strict=strict)
                plan.update(self.exported(changed(net)).tensors)
                self.assertSame(plan, net)


if __name__ == "__main__":
    unittest.main()
