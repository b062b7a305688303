"""Tests of the comparison of a file with its module.

python test_comparing.py [-v]
"""

import copy
import unittest

import torch
from torch import nn

from gensample.exporter.verify import TOLERANCE, ByPyTorch, Case, compare, through_library
from support import job_of


class Slanted(nn.Module):
    """An energy of images and labels; beside it, one of the same values whose gradient is wrong for some of the images."""

    def __init__(self):
        super().__init__()
        self.conv, self.label = nn.Conv2d(1, 4, 3), nn.Embedding(12, 4)

    def forward(self, x, y):
        return (torch.relu(self.conv(x)) * self.label(y)[:, :, None, None]).sum((1, 2, 3))

    def wrong(self, which):
        def energy(x, y):
            slope = (x - x.detach()).sum((1, 2, 3)) * which(x, y)
            return (self(x, y) + slope)[:, None]

        return energy


class Gradients(unittest.TestCase):
    """Gradients of the file beside those of the module."""

    def setUp(self):
        torch.manual_seed(0)
        self.job = job_of(Slanted(), "energy", labels=11)
        self.raw, self.module, _ = self.job.run("slanted")

    def gradient(self, module):
        return compare(self.raw, module, list(self.job.cases()), gradient=True)

    def test_one_wrong_label_or_image_is_found(self):
        net = copy.deepcopy(self.job.module)
        self.assertTrue(self.gradient(self.module).good)
        for label in range(12):
            self.assertFalse(self.gradient(net.wrong(lambda x, y: y == label)).good, f"label {label}")
        bright = max(x.sum((1, 2, 3)).max() for x, _, _ in self.job.cases())
        one = net.wrong(lambda x, y: x.sum((1, 2, 3)) > 0.999 * bright)
        self.assertFalse(self.gradient(one).good)

    def test_a_kink_is_no_error(self):
        """The gradient of one image is another at that very place alone, as at a kink."""
        place = next(self.job.cases())[0][0].float().double()
        one = copy.deepcopy(self.job.module).wrong(lambda x, y: (x == place).flatten(1).all(1))
        case = Case(place[None].float(), None, torch.tensor([0]))
        plan = through_library(self.raw) or ByPyTorch(self.raw)
        self.assertGreater(case.gradient_errors(plan, one).max(), TOLERANCE)
        self.assertTrue(self.gradient(one).good)


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()
