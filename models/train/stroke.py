"""Stroke width, measured from the pixels, and the energy of thick strokes: -log p(thick | x, sigma).

The energy is that of a classifier of noisy digits. Added to the energy of digits at the same noise level, it gives by
Bayes' rule the energy of thick digits, at every noise level, so that composed energies are sampled like any other.
"""

import torch
import torch.nn.functional as F

import common
from energy import Attribute
from unet import SIGMA_MAX, SIGMA_MIN

THICK = 2.75  # pixels; a quarter of MNIST's training images are as thick


def stroke_width(images):
    """Mean width of the strokes in pixels of images (N, 1, H, W) in [0, 1]: 2 x ink / total variation; shape (N).

    Ink is clamp((p - 0.1) / 0.8, 0, 1), so that faint noise on black and on white does not count.

    By the co-area formula the total variation is the mean length of the contours at all grey levels, as ink is the mean
    area within them; a stroke of width w and length L has area w L and contours of 2 L. Differences are forward, with
    black beyond the border; an image without ink has width 0.
    """
    ink = ((images - 0.1) / 0.8).clamp(0, 1)
    p = F.pad(ink, (1, 1, 1, 1))
    down, right = p[..., 1:, :-1] - p[..., :-1, :-1], p[..., :-1, 1:] - p[..., :-1, :-1]
    variation = (down.square() + right.square()).sqrt().sum((1, 2, 3))
    return 2 * ink.sum((1, 2, 3)) / variation.clamp(min=1e-6)


def main():
    p = common.arguments(__doc__.splitlines()[0], out="runs/thick", epochs=4, batch=128, lr=2e-3)
    p.add_argument("--channels", type=int, nargs="+", default=[16, 32])
    p.add_argument("--blocks", type=int, nargs="+", default=[1, 1])
    args = common.parse(p)
    x, _ = common.mnist("train", args.data)
    thick = (stroke_width(x) >= THICK).float()[:, None]
    net = Attribute(args.channels, args.blocks).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, betas=(0.9, 0.99), weight_decay=1e-2)
    average = common.Average(net, 0.999)
    run = common.Run(args, net, optimizer, average)
    steps = int(args.epochs * (len(x) // args.batch))
    index = common.batches(len(x), args.batch, torch.Generator().manual_seed(args.seed + run.step))
    low, high = torch.log(torch.tensor([SIGMA_MIN, SIGMA_MAX])).tolist()

    def batch_loss(noisy, sigma, wanted):
        return F.binary_cross_entropy_with_logits(net.phi(noisy, sigma), wanted)

    step_loss = torch.compile(batch_loss) if args.compile else batch_loss
    mean, count = 0.0, 0
    while run.step < steps:
        run.set_rate(steps, args.lr, warmup=100)
        i = next(index)
        sigma = torch.exp((torch.randn(len(i)) * 1.5 - 0.7).clamp(low, high))
        loss = step_loss(x[i] + sigma[:, None, None, None] * torch.randn(len(i), 1, 28, 28), sigma, thick[i])
        run.descend(loss, clip=1.0)
        mean, count = mean + loss.item(), count + 1
        if run.step % 100 == 0 or run.step == steps:
            run.save(config=net.config, recipe="thick")
            run.log(loss=mean / count)
            mean, count = 0.0, 0


if __name__ == "__main__":
    main()
