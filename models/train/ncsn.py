"""Train a noise-conditional score network by denoising score matching over sigma in [0.01, 30].

MODELS.md has the commands of the shipped networks: the conditional one first, the other from its weights.
"""

import math
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import common  # noqa: E402
from gensample import weightfile  # noqa: E402
from epochs import EACH, Column, Epochs  # noqa: E402
from unet import NO_LABEL, SD, SIGMA_MAX, SIGMA_MIN, UNet, course_loss, dpmpp_2m, karras_schedule, ladder  # noqa: E402

FINE = 0.5
SHOWN, STEPS = (0, 4, 9, 29), 12  # epochs after which samples are kept, and their evaluations by DPM-Solver++(2M)


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
    p.add_argument("--refine", type=int, default=32, help="channels of the last look at single pixels")
    p.add_argument("--images", type=int, default=60000, help="images in an epoch; successive epochs go on through all of them, in random order")
    p.add_argument("--conditional", action="store_true", help="class-conditional: ten labels and a null label")
    p.add_argument("--drop", type=float, default=0.1, help="share of labels replaced by the null label")
    p.add_argument("--fine", type=float, default=0, help=f"share of a batch at noise levels up to {FINE}")
    p.add_argument("--measured", type=int, default=1000, help="the course's loss while training is on the first so many test images")
    p.add_argument("--ema", type=float, default=0.9995)
    p.add_argument("--constant", action="store_true", help="constant learning rate after the warm-up, for a trunk")
    p.add_argument("--init", help="checkpoint, or weight file, whose averaged weights to start from")
    p.add_argument("--teacher", help="conditional checkpoint or weight file: learn what it makes of image and label instead of the image. "
                   "Its mean over the labels an image could have is the unconditional answer, and varies less than images do")
    common.narrow_argument(p)
    return common.parse(p)


def trained(path, device="cpu"):
    """(configuration, averaged weights) of a checkpoint, or of a weight file that export.py made of one."""
    if Path(path).suffix == ".bin":
        state = {name: torch.tensor(value, device=device) for name, value in weightfile.read(path)[1].items()}
        if "stem.weight" not in state or "refine.conv1.weight" not in state:
            raise SystemExit(f"{path}: expected the weights of a score network of unet.py, as ncsn.bin has them")
        return UNet.config_of(state), state
    checkpoint = torch.load(path, weights_only=False, map_location=device)
    return checkpoint["config"], checkpoint["average"]


def start_from(path, net):
    """Load the weights of a checkpoint or weight file; a network without labels takes the null label into its bias."""
    state = trained(path)[1]
    label = state.get("label.weight")
    if label is not None and net.label is None:
        state["embed2.bias"] = state["embed2.bias"] + label[NO_LABEL]
        del state["label.weight"]
    net.load_state_dict(state)


def teacher_from(path, device="cpu"):
    config, state = trained(path, device)
    net = UNet(**config)
    if net.label is None:
        raise SystemExit(f"{path}: a teacher must be conditional")
    net.load_state_dict(state)
    return net.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)


def loss_of(net, teacher, narrow):
    """The loss of a batch: clean images, noise like them, noise levels (N) and labels (N)."""

    def batch_loss(clean, noise, sigma, label):
        v = sigma[:, None, None, None]
        noisy = clean + v * noise
        with narrow():
            target = teacher(noisy, sigma, label) if teacher else clean
            error = (net(noisy, sigma, label) - target).float().square().sum((1, 2, 3))
        return (error * (sigma * sigma + SD * SD) / (sigma * SD) ** 2).mean() / 784

    return batch_loss


def main():
    args = parse()
    x, y = common.mnist("train", args.data, args.device)
    tx, ty = common.mnist("test", args.data, args.device)
    net = UNet(args.channels, args.blocks, args.patch, args.conditional, refine=args.refine)
    if args.init:
        start_from(args.init, net)
    net = net.to(args.device, memory_format=torch.channels_last)
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=args.lr, betas=(0.9, 0.99), fused=args.device != "cpu")
    average = common.Average(net, args.ema)
    run = common.Run(args, net, optimizer, average)
    an_epoch = args.images // args.batch
    steps = int(args.epochs * an_epoch)
    epochs, whole = start_epochs(args, run, net, an_epoch), []
    index = common.batches(len(x), args.batch, torch.Generator(args.device).manual_seed(args.seed + run.step))
    teacher = teacher_from(args.teacher, args.device) if args.teacher else None
    batch_loss = loss_of(net, teacher, common.narrowing(args))
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
        whole.append(loss.detach())
        if run.step % an_epoch == 0:
            end_epoch(epochs, run.step // an_epoch - 1, torch.stack(whole).mean().item(), common.averaged(net, average), tx[: args.measured], ty[: args.measured])
            whole = []
        if run.step % 250 == 0:
            rate = count * args.batch / (run.elapsed() - since)
            figures = {"loss": mean.item() / count, "rate": round(rate)}
            if run.step % 2000 == 0:
                figures["course loss"] = evaluate(common.averaged(net, average), tx[: args.measured], ty[: args.measured])[0]
            run.save(config=net.config)
            run.log(**figures)
            mean, count, since = 0.0, 0, run.elapsed()
    run.save(config=net.config)
    print(f"done: {run.path}; course loss on the whole test set {evaluate(common.averaged(net, average), tx, ty)[0]:.3f}")


def denoiser(net):
    """Its D(x, s, labels) for one noise level s of all images."""
    return lambda x, s, label: net(x, torch.full((len(x),), s, device=x.device), label)


def evaluate(net, x, y):
    """The course's loss, and its value at each level, with the same noise every time."""
    return course_loss(denoiser(net), x, y, torch.Generator(x.device).manual_seed(1), batch=100 if x.device.type == "cpu" else 1000)


def start_epochs(args, run, net, an_epoch):
    """The log per epoch of a run."""
    on = f"on the first {args.measured} test images, with the averaged weights"
    columns = {
        "loss": Column("mean over the epoch's batches of the loss that training lowers, weighted over noise levels", ""),
        "course_loss": Column(f"mean over the ladder of sigma^2 times the squared error of the score, summed over pixels, {on}", ""),
        "course_loss_by_level": Column("its value at each noise level of the ladder", "", len(ladder())),
    }
    if args.conditional:
        columns["course_loss_no_label"] = Column("the course's loss of the same network without labels", "")
    return Epochs(
        run.folder,
        run.step // an_epoch,
        columns,
        SHOWN,
        experiment="conditional-ncsn" if args.conditional else "ncsn",
        network=f"the U-Net of the shipped score networks with {' and '.join(map(str, args.channels))} channels, blocks per level: "
        f"{' and '.join(map(str, args.blocks))}, {args.refine} channels at full resolution" + (", conditional" if args.conditional else ""),
        parameters=sum(p.numel() for p in net.parameters()),
        recipe=f"denoising score matching, sigma from {SIGMA_MIN:g} to {SIGMA_MAX:g}; Adam with a peak rate of {args.lr:g}, warm-up and "
        + ("no" if args.constant else "cosine")
        + f" decay; exponential average {args.ema:g} of the weights"
        + (f"; {args.fine:.0%} of a batch at noise levels up to {FINE:g}" if args.fine else "")
        + (f"; {args.drop:.0%} of labels dropped" if args.conditional else ""),
        images=args.images,
        batch=args.batch,
        epochs=int(args.epochs),
        seed=args.seed,
        machine=run.machine,
        ladder=[float(f"{s:.6g}") for s in ladder().tolist()],
        samples={"steps": STEPS},
    )


def end_epoch(epochs, epoch, loss, net, x, y):
    """Log an epoch: its loss, the course's on test images, and samples."""
    mean, levels = evaluate(net, x, y)
    figures = {"loss": loss, "course_loss": mean, "course_loss_by_level": levels}
    if net.label is not None:
        figures["course_loss_no_label"] = evaluate(net, x, torch.full_like(y, NO_LABEL))[0]
    epochs.add(epoch, **figures)
    generator = torch.Generator().manual_seed(0)
    noise = SIGMA_MAX * torch.randn(EACH, *x.shape[1:], generator=generator)
    labels = torch.arange(EACH, device=x.device) % NO_LABEL
    denoise = denoiser(net)
    epochs.keep(epoch, dpmpp_2m(lambda v, s: denoise(v, s, labels), noise.to(x.device), karras_schedule(STEPS)).cpu())


if __name__ == "__main__":
    main()
