"""Train a noise-conditional score network by denoising score matching over sigma in [0.01, 30].

MODELS.md has the commands of the shipped networks: the conditional one first, the other from its weights.
"""

import math

import torch

import common
from unet import NO_LABEL, SD, SIGMA_MAX, SIGMA_MIN, UNet, course_loss

FINE = 0.5


def draw_sigma(n, fine, device="cpu"):
    """Two thirds log-normal(-1, 1.5), where digits take shape; one third log-uniform over the whole range. Of all, the
    share `fine` is log-uniform in [SIGMA_MIN, FINE] instead, where single pixels are decided."""
    m = n - int(n * fine)
    k = m // 3
    low, high, middle = math.log(SIGMA_MIN), math.log(SIGMA_MAX), math.log(FINE)
    uniform = lambda n, a, b: torch.rand(n, device=device) * (b - a) + a
    u = [torch.randn(m - k, device=device) * 1.5 - 1.0, uniform(k, low, high), uniform(n - m, low, middle)]
    return torch.exp(torch.cat(u).clamp(low, high))


def parse():
    p = common.arguments(__doc__.splitlines()[0], out="runs/ncsn", epochs=16, batch=128, lr=2e-3)
    p.add_argument("--channels", type=int, nargs="+", default=[48, 96])
    p.add_argument("--blocks", type=int, nargs="+", default=[2, 2])
    p.add_argument("--patch", type=int, default=2)
    p.add_argument("--conditional", action="store_true", help="class-conditional: ten labels and a null label")
    p.add_argument("--drop", type=float, default=0.1, help="share of labels replaced by the null label")
    p.add_argument("--fine", type=float, default=0, help=f"share of a batch at noise levels up to {FINE}")
    p.add_argument("--ema", type=float, default=0.9995)
    p.add_argument("--constant", action="store_true", help="constant learning rate after the warm-up, for a trunk")
    p.add_argument("--init", help="checkpoint whose averaged weights to start from")
    p.add_argument("--teacher", help="conditional checkpoint: learn what it makes of image and label instead of the image. "
                   "Its mean over the labels an image could have is the unconditional answer, and varies less than images do")
    return common.parse(p)


def start_from(path, net):
    """Load a checkpoint's averaged weights; a network without labels takes the null label into its bias."""
    state = torch.load(path, weights_only=False, map_location="cpu")["average"]
    label = state.get("label.weight")
    if label is not None and net.label is None:
        state["embed2.bias"] = state["embed2.bias"] + label[NO_LABEL]
        del state["label.weight"]
    net.load_state_dict(state)


def teacher_from(path, device="cpu"):
    checkpoint = torch.load(path, weights_only=False, map_location=device)
    net = UNet(**checkpoint["config"])
    if net.label is None:
        raise SystemExit(f"{path}: a teacher must be conditional")
    net.load_state_dict(checkpoint["average"])
    return net.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)


def loss_of(net, teacher, device):
    """The loss of a batch: clean images, noise like them, noise levels (N) and labels (N)."""

    def batch_loss(clean, noise, sigma, label):
        v = sigma[:, None, None, None]
        noisy = clean + v * noise
        with torch.autocast(device, torch.bfloat16, enabled=device != "cpu"):
            target = teacher(noisy, sigma, label) if teacher else clean
            error = (net(noisy, sigma, label) - target).float().square().sum((1, 2, 3))
        return (error * (sigma * sigma + SD * SD) / (sigma * SD) ** 2).mean() / 784

    return batch_loss


def main():
    args = parse()
    x, y = common.mnist("train", args.data, args.device)
    tx, ty = common.mnist("test", args.data, args.device)
    net = UNet(args.channels, args.blocks, args.patch, args.conditional)
    if args.init:
        start_from(args.init, net)
    net = net.to(args.device, memory_format=torch.channels_last)
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=args.lr, betas=(0.9, 0.99), fused=args.device != "cpu")
    average = common.Average(net, args.ema)
    run = common.Run(args, net, optimizer, average)
    steps = int(args.epochs * (len(x) // args.batch))
    index = common.batches(len(x), args.batch, torch.Generator(args.device).manual_seed(args.seed + run.step))
    teacher = teacher_from(args.teacher, args.device) if args.teacher else None
    batch_loss = loss_of(net, teacher, args.device)
    step_loss = torch.compile(batch_loss) if args.compile else batch_loss
    mean, count, since = 0.0, 0, run.elapsed()
    while run.progress(steps) < 1:
        run.set_rate(steps, args.lr, constant=args.constant)
        i = next(index)
        label = y[i]
        if args.conditional:
            label = torch.where(torch.rand(len(i), device=args.device) < args.drop, NO_LABEL, label)
        loss = step_loss(x[i], torch.randn_like(x[i]), draw_sigma(len(i), args.fine, args.device), label)
        run.descend(loss, clip=1.0)
        mean, count = mean + loss.detach(), count + 1
        if run.step % 250 == 0:
            rate = count * args.batch / (run.elapsed() - since)
            figures = {"loss": mean.item() / count, "rate": round(rate)}
            if run.step % 2000 == 0:
                figures["course loss"] = evaluate(net, average, tx[:1000], ty[:1000])
            run.save(config=net.config)
            run.log(**figures)
            mean, count, since = 0.0, 0, run.elapsed()
    run.save(config=net.config)
    print(f"done: {run.path}; course loss on the whole test set {evaluate(net, average, tx, ty):.3f}")


def evaluate(net, average, x, y):
    twin = common.averaged(net, average)
    generator = torch.Generator(x.device).manual_seed(1)
    return course_loss(lambda v, s, label: twin(v, torch.full((len(v),), s, device=v.device), label), x, y, generator)[0]


if __name__ == "__main__":
    main()
