"""Tests of how modules are called, and of what is refused of them.

python test_calls.py [-v]
"""

import contextlib
import copy
import io
import math
import unittest

import numpy as np
import torch
from torch import nn

from gensample import weightfile
from gensample.exporter import Network
from gensample.exporter.api import export
from gensample.exporter.call import call_of_signature
from gensample.exporter.problem import ExportError
from support import job_of, module_of


def scripted_swish(x):
    return x * torch.sigmoid(x)


class Calls(unittest.TestCase):
    def test_found(self):
        for signature, takes_time, labels, want in (
            ("x", False, 0, "x"),
            ("x, t", True, 0, "x, t"),
            ("t, xt", True, 0, "t, xt".replace("xt", "x")),
            ("x, time, x_self_cond=None", True, 0, "x, t"),
            ("x, timesteps, y=None", True, 10, "x, t, y"),
            ("x, timesteps, y=None", True, 0, "x, t"),
            ("x, c, t, context_mask", True, 10, "x, y, t, null"),
            ("sample, timestep, class_labels=None, return_dict=True", True, 10, "x, t, y"),
            ("x, sigma, class_labels=None, force_fp32=False", True, 10, "x, t, y"),
            ("x, noise_labels, class_labels, augment_labels=None", True, 10, "x, t, y"),
            ("x, y", True, 0, "x, t"),
            ("x, y", False, 10, "x, y"),
            ("x, dropout=0.1, labels=None", False, 10, "x, labels=y"),
            ("x, *, t", True, 0, "x, t=t"),
            ("img, k, *args", True, 0, "x, t"),
        ):
            with self.subTest(signature):
                self.assertEqual(call_of_signature(module_of(signature), takes_time, labels), want)

    def test_not_found(self):
        for signature, takes_time, labels, why in (
            ("x", True, 0, "known to be the time"),
            ("x, t", True, 10, "known to be the label"),
            ("x, t, y, mask", True, 10, "write null for the first, keep for the second"),
            ("x, t, text", True, 0, "what to give as text"),
            ("x, t", False, 0, r"t of forward\(x, t\) is a time.*as --schedule ddpm-linear:1000, or .*'x, t=0'"),
            ("x, y", False, 0, r"y of forward\(x, y\) is a label.*as --labels 10"),
        ):
            with self.subTest(signature), self.assertRaisesRegex(ExportError, why):
                call_of_signature(module_of(signature), takes_time, labels)

    def run_with(self, module, **options):
        job = job_of(module, **options)
        return job.wrap(), job

    def test_shape_and_type_of_time(self):
        for body, whole, shape in (
            ("return x * t[:, None, None, None]", False, (-1,)),
            ("return x * self.w(t)[:, :, None, None]", False, (-1, 1)),
            ("return x * (t * torch.ones(1, 4, 4))", False, (-1, 1, 1, 1)),
            ("return x * self.e(t)[:, :, None, None]", True, (-1,)),
        ):
            with self.subTest(body):
                m = type(module_of("x, t", body.replace("torch.ones(1, 4, 4)", "self.ones")))()
                m.w, m.e, m.ones = nn.Linear(1, 1), nn.Embedding(1000, 1), torch.ones(1, 4, 4, dtype=torch.float64)
                wrapped, job = self.run_with(m, kind="noise", schedule="ddpm-linear:1000")
                self.assertEqual((wrapped.net.whole, wrapped.net.time_shape), (whole, shape))

    def test_labels(self):
        m = module_of("x, y", "return self.e(y)[:, :, None, None] + 0 * x")
        x, y = torch.zeros(4, 1, 4, 4, dtype=torch.float64), torch.arange(4)
        for rows, null, want in ((4, None, [0, 1, 2, 3]), (4, 0, [1, 2, 3, 0]), (6, 5, [0, 1, 2, 5])):
            m.e = nn.Embedding.from_pretrained(torch.arange(rows)[:, None].float())
            wrapped, _ = self.run_with(m, kind="denoiser", schedule="ve:0.1,1", labels=3, null=null, call="x, y")
            self.assertEqual(wrapped(x, torch.ones(4), y)[:, 0, 0, 0].tolist(), want)
        m = module_of(
            "x, y, null, keep, one",
            "return (y + 10 * null + 100 * keep + 1000 * one.sum(1))[:, None, None, None] + 0 * x",
        )
        call = "x, y, null, keep, onehot"
        wrapped, _ = self.run_with(m, kind="denoiser", schedule="ve:0.1,1", labels=3, call=call)
        self.assertEqual(wrapped(x, torch.ones(4), y)[:, 0, 0, 0].tolist(), [1100, 1101, 1102, 10])

    def test_no_row_for_no_label(self):
        m = module_of("x, y", "return self.e(y)[:, :, None, None] + 0 * x")
        m.e = nn.Embedding(3, 1)
        wrapped, job = self.run_with(m, kind="denoiser", schedule="ve:0.1,1", labels=3, call="x, y")
        self.assertEqual((job.rows, job.info("a")["unlabelled"]), (3, False))
        self.assertIn("every image needs a label", " ".join(job.notes))
        with self.assertRaisesRegex(ExportError, "index out of range"):
            self.run_with(m, kind="denoiser", schedule="ve:0.1,1", labels=4, call="x, y")

    def test_fewer_labels_than_rows(self):
        m = module_of("x, y", "return self.e(y)[:, :, None, None] + 0.5 * x")
        m.e = nn.Embedding(11, 1)
        for labels, null, said in ((10, None, False), (9, None, True), (3, None, True), (3, 10, False), (10, "none", False)):
            with self.subTest(labels=labels, null=null):
                _, job = self.run_with(m, kind="denoiser", schedule="ve:0.1,1", labels=labels, null=null, call="x, y")
                job.run("a")
                why = f"table of labels has 11 rows, of which --labels {labels} reads {labels + 1}: expected --labels 10"
                self.assertEqual(why in " ".join(job.notes), said)

    def test_decoder(self):
        m = module_of("z", "return self.l(z)")
        m.l = nn.Linear(5, 12)
        for options, shape in ((dict(image="3x2x2"), (2, 3, 2, 2)), ({}, (2, 12, 1, 1))):
            wrapped, job = self.run_with(m, kind="decoder", data=(5,), **options)
            self.assertEqual((wrapped(torch.ones(2, 5, 1, 1).double()).shape, job.shape), (shape, (5, 1, 1)))
        m.decode = m.forward
        self.run_with(m, kind="decoder", data=(5,), method="decode")
        self.run_with(m, kind="decoder", data=(5,), method="l")

    def test_images_of_another_shape(self):
        m = module_of("x, t", "return self.l(x) * t[:, None]")
        m.l = nn.Linear(16, 16)
        wrapped, job = self.run_with(m, kind="noise", schedule="flow", data="16", image="1x4x4")
        self.assertEqual(job.shape, (1, 4, 4))
        self.assertEqual(wrapped(torch.ones(2, 1, 4, 4).double(), torch.ones(2).double()).shape, (2, 1, 4, 4))
        with self.assertRaisesRegex(ExportError, "expected the same number"):
            self.run_with(m, kind="noise", schedule="flow", data="16", image="1x5x4")

    def test_compiled_and_scripted(self):
        m = module_of("x, t", "return swish(self.l(x)) * t[:, None, None, None]")
        space = type(m).forward.__globals__
        space["swish"] = torch.jit.script(scripted_swish)
        m.l = nn.Conv2d(1, 1, 1)
        self.run_with(m, kind="noise", schedule="flow")
        raw = export(m, kind="noise", schedule="flow", data=(1, 4, 4))
        self.assertIn("conv2d", str(weightfile.parse(raw)[0]))

    def test_outputs(self):
        for body, output in (
            ("return {'eps': x, 'other': 2 * x}", "eps"),
            ("return 3 * x, x", "1"),
            ("return Sample(x)", None),
            ("return [x]", None),
            ("return {'a': x}", None),
        ):
            m = module_of("x, t", body.replace("Sample(x)", "type('S', (), {'sample': x})()"))
            with self.subTest(body):
                wrapped, _ = self.run_with(m, kind="noise", schedule="flow", output=output)
                x = torch.rand(2, 1, 4, 4, dtype=torch.float64)
                self.assertTrue(torch.allclose(wrapped(x, torch.ones(2).double()), x / 2))

    def test_expressions(self):
        m = module_of("x, t, scale, flags", "return x * t[:, 0][:, None, None, None] * scale")
        wrapped, _ = self.run_with(
            m, kind="x0", schedule="flow", call="x, (1 - t)[:, None], scale=2**-1, flags={'a': [1, None]}"
        )
        x = torch.ones(1, 1, 4, 4, dtype=torch.float64)
        self.assertTrue(torch.allclose(wrapped(x, torch.ones(1).double()), x / 8))

    def test_learned_variance(self):
        m = module_of("x, t", "return torch.cat([x, 5 * x], 1)")
        type(m).forward.__globals__["torch"] = torch
        wrapped, job = self.run_with(m, kind="noise", schedule="flow")
        self.assertEqual(wrapped(torch.ones(2, 1, 4, 4).double(), torch.ones(2).double()).shape, (2, 1, 4, 4))
        self.assertIn("learned variances", " ".join(job.notes))

    def test_float32_inside(self):
        m = module_of(
            "x, t",
            "h = self.l(t[:, None].float()).float()\n"
            "    return x.to(torch.float32) * h.type(torch.float32)[:, :, None, None].cuda()",
        )
        type(m).forward.__globals__["torch"] = torch
        m.l = nn.Linear(1, 1)
        wrapped, _ = self.run_with(m, kind="noise", schedule="flow")
        self.assertEqual(wrapped(torch.ones(2, 1, 4, 4).double(), torch.ones(2).double()).dtype, torch.float64)

    def test_refused(self):
        for options, body, why in (
            (dict(kind="noise"), "return x", "say how they were made"),
            (dict(kind="nose", schedule="flow"), "return x", "known are"),
            (dict(kind="velocity", schedule="vp"), "return x", "under the schedule flow"),
            (dict(kind="edm", schedule="vp"), "return x", "under the schedule edm"),
            (dict(kind="noise", schedule="flow"), "return x[:, :, 1:]", r"returns \(3, 1, 3, 4\), expected \(3, 1, 4, 4\), .*check"),
            (dict(kind="noise", schedule="flow", data="3x4x4"), "return x.permute(0, 2, 3, 1)", "expected .3, 3, 4, 4"),
            (dict(kind="noise", schedule="flow"), "return x * x.new_empty(1).normal_()", "draws random numbers; draw the"),
            (dict(kind="noise", schedule="flow"), "raise SystemExit('no GPU')", "fails when.*SystemExit: no GPU"),
            (dict(kind="noise", schedule="flow"), "return x - x.mean()", "other images of the batch; let each"),
            (dict(kind="noise", schedule="flow"), "return x / 0", "not finite"),
            (dict(kind="noise", schedule="flow"), "raise KeyError('weights')", "KeyError"),
            (dict(kind="noise", schedule="flow"), "return {'a': x, 'b': x * 2}", "choose one by --output"),
            (dict(kind="noise", schedule="flow", output="c"), "return {'a': x, 'b': x * 2}", "choose one by --output"),
            (dict(kind="noise", schedule="flow", labels=10, call="x, t"), "return x", "takes no label"),
            (dict(kind="noise", schedule="flow", call="x, t, y"), "return x", "how many classes"),
            (dict(kind="noise", schedule="flow", call="x, t, z"), "return x", "known are"),
            (dict(kind="noise", schedule="flow", call="x, t)("), "return x", "expected"),
            (dict(kind="energy", call="x, t"), "return x", "say what it means"),
            (dict(kind="energy", call="x, 1"), "return x", "one energy per image"),
            (dict(kind="energy", call="x, 1", reverse=True), "return x", "needs a schedule"),
            (dict(kind="noise", schedule="vp", reverse=True), "return x", "is for the schedule flow"),
            (dict(kind="noise", schedule="flow", data="1x"), "return x", "channels first"),
            (dict(kind="noise", schedule="flow", range="1,0"), "return x", "LOW < HIGH"),
            (dict(kind="noise", schedule="flow", labels=70000), "return x", "65535"),
            (dict(kind="noise", schedule="flow", method="decode"), "return x", "no such method"),
        ):
            with self.subTest(why=why, body=body), self.assertRaisesRegex(ExportError, why):
                self.run_with(module_of("x, t", body), **options)

    def test_prints_are_shown_once(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            export(module_of("x, t", "print('called')\n    return 2 * x"), kind="noise", schedule="flow", data=(1, 4, 4))
        self.assertEqual(out.getvalue(), "called\n")

    def test_tensors_of_numpy_and_plain_attributes(self):
        def written(kernel, x):
            kernel[0, 0] = 2 * torch.ones(1, dtype=x.dtype)
            kernel.add_(torch.ones(1, dtype=x.dtype))
            return kernel

        for kernel in (
            "torch.from_numpy(numpy.ones((1, 1, 3, 3), numpy.float32))",
            "torch.FloatTensor([[[[1.0]]]])",
            "self.kernel",
            "self.written(torch.FloatTensor([[[[1.0]]]]), x)",
        ):
            body = f"return torch.nn.functional.conv2d(x, {kernel}, padding='same')"
            m = module_of("x, t", body)
            m.kernel, m.written = torch.ones(1, 1, 3, 3), written
            m.forward.__globals__.update(torch=torch, numpy=np)
            with self.subTest(kernel):
                raw = export(m, kind="noise", schedule="flow", data=(1, 4, 4), name="kernel")
                (weight,) = [t for t in weightfile.parse(raw)[1].values() if t.ndim == 4]
                self.assertTrue((weight == (3 if "written" in kernel else 1)).all())

    def test_weights_that_are_masked_when_it_runs(self):
        for body in (
            "self.l.weight.data *= self.mask",
            "self.l.weight.data.mul_(self.mask)",
            "self.l.weight.data = self.l.weight.data * self.mask",
            "with torch.no_grad(): self.l.weight.mul_(self.mask)",
            "self.count += 1",
        ):
            m = module_of("x, t", f"{body}\n    return self.l(x)")
            m.forward.__globals__["torch"] = torch
            m.l = nn.Conv2d(1, 1, 3, padding=1)
            m.register_buffer("mask", torch.tensor([[1.0, 1, 1], [1, 0, 0], [0, 0, 0]])[None, None])
            m.register_buffer("count", torch.zeros(()))
            before = copy.deepcopy(m.state_dict())
            with self.subTest(body):
                raw = export(m, kind="noise", schedule="flow", data=(1, 4, 4), name="masked")
                self.assertTrue(all(torch.equal(v, before[k]) for k, v in m.state_dict().items()))
                m(torch.ones(1, 1, 4, 4), None)
                (weight,) = [t for t in weightfile.parse(raw)[1].values() if t.ndim == 4]
                self.assertTrue(np.array_equal(weight, m.l.weight.detach().numpy()))

    def test_distributions(self):
        for body in (
            "D.Normal(torch.zeros(()), torch.ones(())).log_prob(x).sum((1, 2, 3))",
            "D.MultivariateNormal(torch.zeros(16), 2 * torch.eye(16)).log_prob(x.flatten(1))",
        ):
            m = module_of("x", f"return -{body}")
            m.forward.__globals__.update(torch=torch, D=torch.distributions)
            with self.subTest(body):
                raw = export(m, kind="energy", data=(1, 4, 4), name="normal")
                x = torch.randn(3, 1, 4, 4)
                self.assertTrue(torch.allclose(Network(*weightfile.parse(raw))(x)[:, 0], m(x), rtol=1e-5))
        self.assertTrue(torch.distributions.Distribution._validate_args)

    def test_energies_of_any_shape(self):
        for body in (
            "return x.sum((1, 2, 3))",
            "return x.sum((1, 2, 3), keepdim=True)",
            "return x.flatten(1).sum(1, keepdim=True)",
        ):
            wrapped, _ = self.run_with(module_of("x", body), kind="energy", negate=True)
            self.assertEqual(wrapped(torch.ones(2, 1, 4, 4).double()).tolist(), [[-16], [-16]])

    def test_weights_that_are_not_finite(self):
        m = module_of("x, t", "return self.l(x)")
        m.l = nn.Conv2d(1, 1, 1)
        m.l.weight.data.fill_(math.inf)
        with self.assertRaisesRegex(ExportError, "l.weight.*not all finite"):
            self.run_with(m, kind="noise", schedule="flow")

    def test_module_is_left_alone(self):
        m = module_of("x, t", "return self.l(x)")
        m.l = nn.utils.spectral_norm(nn.Conv2d(1, 1, 1))
        m.train()
        before = {k: v.clone() for k, v in m.state_dict().items()}
        m(torch.ones(1, 1, 4, 4), None)
        before = {k: v.clone() for k, v in m.state_dict().items()}
        self.run_with(m, kind="noise", schedule="flow")
        self.assertTrue(m.training and all(torch.equal(v, before[k]) for k, v in m.state_dict().items()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()
