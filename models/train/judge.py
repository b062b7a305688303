"""Train the judge: a small MNIST classifier whose penultimate features measure the quality of samples.

    python judge.py --data DIR --out runs/judge
"""

import torch
import torch.nn.functional as F
from torch import nn

import common

FEATURES = 64


class Judge(nn.Module):
    """Images (N, 1, 28, 28) in [0, 1] to (logits (N, 10), features (N, 64)); the features are the input of the last layer."""

    def __init__(self):
        super().__init__()

        def conv(a, b, stride):
            return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU())

        self.body = nn.Sequential(conv(1, 16, 1), conv(16, 32, 2), conv(32, 32, 1), conv(32, 64, 2), conv(64, 64, 1))
        self.drop = nn.Dropout(0.3)
        self.hidden = nn.Linear(64 * 49, FEATURES)
        self.logits = nn.Linear(FEATURES, 10)

    def forward(self, x):
        h = self.drop(self.body(x).flatten(1))
        f = F.relu(self.hidden(h))
        return self.logits(f), f


def shifted(x, generator):
    """Each image shifted by up to two pixels in each direction."""
    n = len(x)
    dy, dx = torch.randint(0, 5, (2, n, 1, 1), generator=generator)
    rows = torch.arange(28).view(1, 28, 1) + dy
    cols = torch.arange(28).view(1, 1, 28) + dx
    return F.pad(x, (2, 2, 2, 2))[torch.arange(n).view(n, 1, 1), 0, rows, cols][:, None]


def main():
    args = common.arguments(__doc__.splitlines()[0], out="runs/judge", epochs=8, batch=128, lr=2e-3).parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    x, y = common.mnist("train", args.data)
    tx, ty = common.mnist("test", args.data)
    net = Judge().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=1e-2)
    run = common.Run(args, net, optimizer)
    steps, per_epoch = int(args.epochs * (len(x) // args.batch)), len(x) // args.batch
    generator = torch.Generator().manual_seed(args.seed + run.step)
    index, mean = common.batches(len(x), args.batch, generator), 0.0
    while run.step < steps:
        for group in optimizer.param_groups:
            group["lr"] = common.learning_rate(run.step, steps, args.lr, warmup=100)
        i = next(index)
        loss = F.cross_entropy(net(shifted(x[i], generator))[0], y[i], label_smoothing=0.02)
        run.descend(loss)
        mean += loss.item() / per_epoch
        if run.step % per_epoch == 0:
            net.eval()
            with torch.no_grad():
                right = (torch.cat([net(b)[0] for b in tx.split(1000)]).argmax(1) == ty).float().mean().item()
            net.train()
            run.log(loss=mean, accuracy=100 * right)
            run.save()
            mean = 0.0
    print(f"done: {run.path}")


if __name__ == "__main__":
    main()
