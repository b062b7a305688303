"""A RefineNet with conditional instance normalisation, in the style of NCSN (Song & Ermon 2019)."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class ConditionalInstanceNorm2dPlus(nn.Module):
    def __init__(self, num_features, num_classes, bias=True):
        super().__init__()
        self.num_features = num_features
        self.bias = bias
        self.instance_norm = nn.InstanceNorm2d(num_features, affine=False, track_running_stats=False)
        if bias:
            self.embed = nn.Embedding(num_classes, num_features * 3)
            self.embed.weight.data[:, : 2 * num_features].normal_(1, 0.02)
            self.embed.weight.data[:, 2 * num_features :].zero_()
        else:
            self.embed = nn.Embedding(num_classes, 2 * num_features)
            self.embed.weight.data.normal_(1, 0.02)

    def forward(self, x, y):
        means = torch.mean(x, dim=(2, 3))
        m = torch.mean(means, dim=-1, keepdim=True)
        v = torch.var(means, dim=-1, keepdim=True)
        means = (means - m) / (torch.sqrt(v + 1e-5))
        h = self.instance_norm(x)
        if self.bias:
            gamma, alpha, beta = self.embed(y).chunk(3, dim=-1)
            h = h + means[..., None, None] * alpha[..., None, None]
            out = gamma.view(-1, self.num_features, 1, 1) * h + beta.view(-1, self.num_features, 1, 1)
        else:
            gamma, alpha = self.embed(y).chunk(2, dim=-1)
            h = h + means[..., None, None] * alpha[..., None, None]
            out = gamma.view(-1, self.num_features, 1, 1) * h
        return out


def conv3x3(in_planes, out_planes, dilation=1, bias=False):
    return nn.Conv2d(in_planes, out_planes, 3, padding=dilation, dilation=dilation, bias=bias)


class ConvMeanPool(nn.Module):
    def __init__(self, input_dim, output_dim, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv2d(input_dim, output_dim, kernel_size, stride=1, padding=kernel_size // 2)

    def forward(self, inputs):
        output = self.conv(inputs)
        output = (
            sum([output[:, :, ::2, ::2], output[:, :, 1::2, ::2], output[:, :, ::2, 1::2], output[:, :, 1::2, 1::2]])
            / 4.0
        )
        return output


class ConditionalResidualBlock(nn.Module):
    def __init__(self, input_dim, output_dim, num_classes, resample=None, act=nn.ELU(), dilation=1):
        super().__init__()
        self.non_linearity = act
        self.resample = resample
        if resample == "down" and dilation == 1:
            self.conv1 = conv3x3(input_dim, input_dim)
            self.conv2 = ConvMeanPool(input_dim, output_dim)
            self.shortcut = ConvMeanPool(input_dim, output_dim, 1)
            middle = input_dim
        else:
            self.conv1 = conv3x3(input_dim, output_dim, dilation)
            self.conv2 = conv3x3(output_dim, output_dim, dilation)
            self.shortcut = nn.Conv2d(input_dim, output_dim, 1) if input_dim != output_dim else None
            middle = output_dim
        self.normalize1 = ConditionalInstanceNorm2dPlus(input_dim, num_classes)
        self.normalize2 = ConditionalInstanceNorm2dPlus(middle, num_classes)

    def forward(self, x, y):
        output = self.normalize1(x, y)
        output = self.non_linearity(output)
        output = self.conv1(output)
        output = self.normalize2(output, y)
        output = self.non_linearity(output)
        output = self.conv2(output)
        shortcut = x if self.shortcut is None else self.shortcut(x)
        return shortcut + output


class CondCRPBlock(nn.Module):
    def __init__(self, features, n_stages, num_classes, act=nn.ELU()):
        super().__init__()
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        for _ in range(n_stages):
            self.norms.append(ConditionalInstanceNorm2dPlus(features, num_classes))
            self.convs.append(conv3x3(features, features))
        self.n_stages = n_stages
        self.pool = nn.AvgPool2d(kernel_size=5, stride=1, padding=2)
        self.act = act

    def forward(self, x, y):
        x = self.act(x)
        path = x
        for i in range(self.n_stages):
            path = self.norms[i](path, y)
            path = self.pool(path)
            path = self.convs[i](path)
            x = path + x
        return x


class CondRCUBlock(nn.Module):
    def __init__(self, features, n_blocks, n_stages, num_classes, act=nn.ELU()):
        super().__init__()
        for i in range(n_blocks):
            for j in range(n_stages):
                setattr(self, f"{i + 1}_{j + 1}_norm", ConditionalInstanceNorm2dPlus(features, num_classes))
                setattr(self, f"{i + 1}_{j + 1}_conv", conv3x3(features, features))
        self.n_blocks, self.n_stages, self.act = n_blocks, n_stages, act

    def forward(self, x, y):
        for i in range(self.n_blocks):
            residual = x
            for j in range(self.n_stages):
                x = getattr(self, f"{i + 1}_{j + 1}_norm")(x, y)
                x = self.act(x)
                x = getattr(self, f"{i + 1}_{j + 1}_conv")(x)
            x += residual
        return x


class CondMSFBlock(nn.Module):
    def __init__(self, in_planes, features, num_classes):
        super().__init__()
        self.features = features
        self.convs = nn.ModuleList([conv3x3(i, features, bias=True) for i in in_planes])
        self.norms = nn.ModuleList([ConditionalInstanceNorm2dPlus(i, num_classes) for i in in_planes])

    def forward(self, xs, y, shape):
        sums = torch.zeros(xs[0].shape[0], self.features, *shape, device=xs[0].device)
        for i in range(len(self.convs)):
            h = self.norms[i](xs[i], y)
            h = self.convs[i](h)
            h = F.interpolate(h, size=shape, mode="bilinear", align_corners=True)
            sums += h
        return sums


class CondRefineBlock(nn.Module):
    def __init__(self, in_planes, features, num_classes, act=nn.ELU(), start=False, end=False):
        super().__init__()
        self.adapt_convs = nn.ModuleList([CondRCUBlock(i, 1, 2, num_classes, act) for i in in_planes])
        self.output_convs = CondRCUBlock(features, 2 if end else 1, 2, num_classes, act)
        if not start:
            self.msf = CondMSFBlock(in_planes, features, num_classes)
        self.start = start
        self.crp = CondCRPBlock(features, 2, num_classes, act)

    def forward(self, xs, y, output_shape):
        hs = [self.adapt_convs[i](xs[i], y) for i in range(len(xs))]
        h = hs[0] if self.start else self.msf(hs, y, output_shape)
        h = self.crp(h, y)
        return self.output_convs(h, y)


class CondRefineNetDilated(nn.Module):
    def __init__(self, channels=1, ngf=16, num_classes=10, logit_transform=False):
        super().__init__()
        self.logit_transform = logit_transform
        act = nn.ELU()
        self.act = act
        self.begin_conv = nn.Conv2d(channels, ngf, 3, stride=1, padding=1)
        self.normalizer = ConditionalInstanceNorm2dPlus(ngf, num_classes)
        self.end_conv = nn.Conv2d(ngf, channels, 3, stride=1, padding=1)
        self.res1 = nn.ModuleList([ConditionalResidualBlock(ngf, ngf, num_classes, None, act) for _ in range(2)])
        self.res2 = nn.ModuleList(
            [
                ConditionalResidualBlock(ngf, 2 * ngf, num_classes, "down", act),
                ConditionalResidualBlock(2 * ngf, 2 * ngf, num_classes, None, act),
            ]
        )
        self.res3 = nn.ModuleList(
            [
                ConditionalResidualBlock(2 * ngf, 2 * ngf, num_classes, "down", act, dilation=2),
                ConditionalResidualBlock(2 * ngf, 2 * ngf, num_classes, None, act, dilation=2),
            ]
        )
        self.refine1 = CondRefineBlock([2 * ngf], 2 * ngf, num_classes, act, start=True)
        self.refine2 = CondRefineBlock([2 * ngf, 2 * ngf], 2 * ngf, num_classes, act)
        self.refine3 = CondRefineBlock([ngf, 2 * ngf], ngf, num_classes, act, end=True)

    def _compute_cond_module(self, module, x, y):
        for m in module:
            x = m(x, y)
        return x

    def forward(self, x, y):
        if not self.logit_transform:
            x = 2 * x - 1.0
        output = self.begin_conv(x)
        layer1 = self._compute_cond_module(self.res1, output, y)
        layer2 = self._compute_cond_module(self.res2, layer1, y)
        layer3 = self._compute_cond_module(self.res3, layer2, y)
        ref1 = self.refine1([layer3], y, layer3.shape[2:])
        ref2 = self.refine2([layer2, ref1], y, layer2.shape[2:])
        output = self.refine3([layer1, ref2], y, layer1.shape[2:])
        output = self.normalizer(output, y)
        output = self.act(output)
        return self.end_conv(output)
