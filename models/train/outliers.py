"""Images that are no digits, for the judge's reject class (outlier exposure, Hendrycks et al. 2019).

Every function takes digits x (N, 1, 28, 28) in [0, 1], their labels y (N), and returns images of the same shape. `KINDS` has
one row per kind.
"""

import math
import string
from pathlib import Path

import torch
import torch.nn.functional as F

SIZE = 28
# Letters that nobody writes like a digit.
LETTERS = "ACEFHKMNPRUVWXacdefhkmnprvwx@#&%$?*="


def uniform(x, low, high):
    return low + (high - low) * torch.rand(len(x), 1, 1, 1, device=x.device)


def gaussian_blur(x, sigma, radius=12):
    """Each image of x by its own sigma (N, 1, 1, 1), in pixels."""
    at = torch.arange(-radius, radius + 1, device=x.device)
    k = torch.exp(-0.5 * (at / sigma.view(-1, 1)) ** 2)
    k = (k / k.sum(1, keepdim=True)).view(len(x), 1, 1, -1)
    y = F.conv2d(x.transpose(0, 1), k, padding=(0, radius), groups=len(x))
    return F.conv2d(y, k.transpose(2, 3), padding=(radius, 0), groups=len(x)).transpose(0, 1)


def stretch(x):
    """Each image scaled so that its brightest pixel is 1."""
    return x / x.amax((1, 2, 3), keepdim=True).clamp_min(1e-3)


def smooth(x):
    """Noise of a random scale, about normal, with unit variance in each image."""
    z = gaussian_blur(torch.randn_like(x), uniform(x, 0.3, 4))
    return (z - z.mean((1, 2, 3), keepdim=True)) / z.std((1, 2, 3), keepdim=True)


def noise(x, y):
    """Uniform, normal and salt-and-pepper noise of any brightness and scale."""
    u = torch.rand_like(x)
    kinds = [
        u * uniform(x, 0.2, 1),
        (uniform(x, 0, 1) + uniform(x, 0.05, 1) * torch.randn_like(x)).clamp(0, 1),
        (u < uniform(x, 0.02, 0.6)).float() * uniform(x, 0.4, 1),
        (uniform(x, 0, 0.7) + uniform(x, 0.1, 0.6) * smooth(x)).clamp(0, 1),
    ]
    return torch.stack(kinds)[torch.randint(len(kinds), (len(x),), device=x.device), torch.arange(len(x), device=x.device)]


def noisy(x, y):
    """Digits beneath so much noise that nobody would call them clean."""
    return (x + uniform(x, 0.4, 1.2) * torch.randn_like(x)).clamp(0, 1)


def blurred(x, y):
    """Digits blurred beyond the width of their strokes, faint or stretched."""
    z = gaussian_blur(x, uniform(x, 2.3, 6))
    return torch.where(uniform(x, 0, 1) < 0.5, z, stretch(z))


def faint(x, y):
    return x * uniform(x, 0, 0.25)


def other(x, y):
    """For each digit one of another class, if the shuffled batch has one in that place; and whether it has."""
    order = torch.randperm(len(x), device=x.device)
    return x[order], (y[order] != y).view(-1, 1, 1, 1)


def mixed(x, y):
    """Means and unions of two digits of different classes."""
    z, differ = other(x, y)
    a = uniform(x, 0.3, 0.7)
    both = torch.where(uniform(x, 0, 1) < 0.5, a * x + (1 - a) * z, torch.maximum(x, z))
    return torch.where(differ, both, 1 - x)


def half_formed(x, y):
    """A digit of which a straight cut, a disc or a random mask leaves at most a third of the ink."""
    rows, columns = torch.meshgrid(*(2 * [torch.linspace(-1, 1, SIZE, device=x.device)]), indexing="ij")
    angle = uniform(x, 0, 2 * math.pi)
    plane = rows * torch.cos(angle) + columns * torch.sin(angle)
    disc = (rows - uniform(x, -0.5, 0.5)) ** 2 + (columns - uniform(x, -0.5, 0.5)) ** 2
    which = uniform(x, 0, 3)
    field = torch.where(which < 1, plane, torch.where(which < 2, disc, smooth(x)))
    order = field.flatten(1).argsort(1)
    ink = x.flatten(1).gather(1, order).cumsum(1)
    kept = ink <= uniform(x, 0.08, 0.33).view(-1, 1) * ink[:, -1:]
    mask = torch.zeros_like(kept).scatter(1, order, kept).view_as(x)
    return gaussian_blur(x * mask, uniform(x, 0.3, 0.6))


def shuffled(x, y):
    """The quarters or sixteenths of a digit in another order."""
    out = []
    for part, size in zip(x.chunk(2), (7, 14)):
        blocks = F.unfold(part, size, stride=size)
        order = torch.rand(len(part), blocks.shape[2], device=x.device).argsort(1)
        blocks = blocks.gather(2, order[:, None].expand_as(blocks))
        out.append(F.fold(blocks, SIZE, size, stride=size))
    return torch.cat(out)


def inverted(x, y):
    return 1 - x * uniform(x, 0.5, 1)


def constants(x, y):
    """One grey, a ramp or a bright spot."""
    rows, columns = torch.meshgrid(*(2 * [torch.linspace(-1, 1, SIZE, device=x.device)]), indexing="ij")
    angle = uniform(x, 0, 2 * math.pi)
    ramp = 0.5 + 0.5 * (rows * torch.cos(angle) + columns * torch.sin(angle))
    away = (rows - uniform(x, -0.6, 0.6)) ** 2 + (columns - uniform(x, -0.6, 0.6)) ** 2
    spot = torch.exp(-0.5 * away / uniform(x, 0.1, 0.8) ** 2)
    which = uniform(x, 0, 3)
    flat = uniform(x, 0, 1).expand_as(x)
    flat = torch.where(uniform(x, 0, 1) < 0.2, torch.zeros_like(x), flat)
    return torch.where(which < 1, flat, torch.where(which < 2, ramp, spot)).clamp(0, 1)


def patterns(x, y):
    """Stripes, checks and the patches of clothes: textures within a smooth outline."""
    rows, columns = torch.meshgrid(*(2 * [torch.arange(SIZE, device=x.device).float()]), indexing="ij")
    angle, pitch = uniform(x, 0, math.pi), uniform(x, 1, 5)
    along, across = (torch.sin((rows * torch.cos(a) + columns * torch.sin(a)) / pitch) for a in (angle, angle + math.pi / 2))
    wave = torch.where(uniform(x, 0, 1) < 0.5, along, along * across)
    wave = torch.where(uniform(x, 0, 1) < 0.5, (wave > 0).float(), 0.5 + 0.5 * wave)
    outline = (gaussian_blur(torch.randn_like(x), uniform(x, 3, 5)) > 0).float()
    cloth = outline * (uniform(x, 0.4, 1) + 0.2 * smooth(x))
    which = uniform(x, 0, 3)
    return torch.where(which < 1, wave, torch.where(which < 2, wave * outline, cloth)).clamp(0, 1)


def segments(x, ends, width):
    """Strokes between the points ends (N, K, 2, 2) in pixels, of a width (N, 1, 1, 1); soft edges."""
    rows, columns = torch.meshgrid(*(2 * [torch.arange(SIZE, device=x.device).float()]), indexing="ij")
    p = torch.stack([rows, columns], -1)[None, None]
    a, b = ends[:, :, 0, None, None], ends[:, :, 1, None, None]
    d = b - a
    t = (((p - a) * d).sum(-1) / d.square().sum(-1).clamp_min(1e-6)).clamp(0, 1)
    away = (p - a - t[..., None] * d).square().sum(-1).sqrt().amin(1)
    return (0.5 * width + 0.5 - away[:, None]).clamp(0, 1)


def strokes(x, y):
    """Scribbles: six to ten strokes anywhere, or outlines of stars."""
    n, k = len(x), 10
    ends = 4 + 20 * torch.rand(n, k, 2, 2, device=x.device)
    ends[:, 6:] = torch.where(torch.rand(n, 1, 1, 1, device=x.device) < 0.5, ends[:, :4], ends[:, 6:])
    angle = torch.arange(k + 1, device=x.device) * (2 * math.pi / k)
    radius = torch.where(torch.arange(k + 1, device=x.device) % 2 == 0, 10.0, 4.0)
    star = 14 + radius[:, None] * torch.stack([torch.cos(angle), torch.sin(angle)], -1)
    star = torch.stack([star[:-1], star[1:]], 1).expand(n, k, 2, 2)
    ends = torch.where(torch.rand(n, 1, 1, 1, device=x.device) < 0.25, star, ends)
    return segments(x, ends, uniform(x, 1, 3.5))


_glyphs = {}


def glyphs(device):
    """Letters in the fonts of matplotlib, drawn as MNIST is: 20 pixels high at most, their mass in the middle."""
    if device not in _glyphs:
        import matplotlib
        from PIL import Image, ImageDraw, ImageFont

        images = []
        fonts = sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("DejaVuS*.ttf"))
        for path in fonts:
            font = ImageFont.truetype(str(path), 60)
            for letter in LETTERS:
                picture = Image.new("L", (128, 128))
                ImageDraw.Draw(picture).text((64, 64), letter, 255, font, anchor="mm")
                box = picture.getbbox()
                if not box:
                    continue
                cut = picture.crop(box)
                scale = 20 / max(cut.size)
                cut = cut.resize([max(1, round(s * scale)) for s in cut.size], Image.LANCZOS)
                image = torch.zeros(SIZE, SIZE)
                w, h = cut.size
                top, left = (SIZE - h) // 2, (SIZE - w) // 2
                image[top : top + h, left : left + w] = torch.tensor(list(cut.getdata())).view(h, w) / 255
                images.append(image)
        _glyphs[device] = torch.stack(images)[:, None].to(device)
    return _glyphs[device]


def affine(x, turn, scale, shear, shift):
    """x turned (radians), scaled, sheared and shifted (of half an image) at random up to these amounts."""
    n, u = len(x), lambda a: (2 * torch.rand(len(x), device=x.device) - 1) * a
    angle, s, h = u(turn), torch.exp(u(math.log(scale))), u(shear)
    c, d = torch.cos(angle) / s, torch.sin(angle) / s
    theta = torch.stack([torch.stack([c, -d + h, u(shift)], 1), torch.stack([d, c, u(shift)], 1)], 1)
    return F.grid_sample(x, F.affine_grid(theta, (n, 1, SIZE, SIZE), align_corners=False), align_corners=False)


def letters(x, y):
    g = glyphs(x.device)
    g = affine(g[torch.randint(len(g), (len(x),), device=x.device)], 0.25, 1.15, 0.2, 0.1)
    thick = F.max_pool2d(g, 3, 1, 1)
    return torch.where(uniform(x, 0, 1) < 0.3, thick, g)


KINDS = [noise, noisy, blurred, faint, mixed, half_formed, shuffled, inverted, constants, patterns, strokes, letters]


@torch.no_grad()
def draw(x, y):
    """As many images of every kind as x has, over the number of kinds."""
    parts = zip(x.tensor_split(len(KINDS)), y.tensor_split(len(KINDS)))
    return torch.cat([kind(*part).clamp(0, 1) for kind, part in zip(KINDS, parts)])
