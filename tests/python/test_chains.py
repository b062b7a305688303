"""Figures of chains, and chains for ArviZ: what is in them, and, where ArviZ is installed, that its figures are ours, both
of what Python and of what the program writes."""

import json
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
from support import BUILD, Case

import gensample

try:
    import arviz
except ImportError:
    arviz = None

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = "gaussian:dim=2,levels=no"


def golden():
    """The chains of golden/chains.txt, and what ArviZ computes of them."""
    words = iter((SOURCE / "tests/golden/chains.txt").read_text().split("\n", 1)[1].split())
    for word in words:
        assert word == "case"
        name, chains, n = next(words), int(next(words)), int(next(words))
        draws = np.array([float(next(words)) for _ in range(chains * n)]).reshape(chains, n)
        yield name, draws, {next(words): float(next(words)) for _ in range(int(next(words)))}


def plan():
    return gensample.density(TARGET).model().plan()


def run(trace=True):
    return plan().run(4, sampler="hmc", steps=200, seed=3, trajectory=True, every=1, trace=trace)


class Summaries(Case):
    def test_golden(self):
        for name, draws, wanted in golden():
            found = gensample.summary(draws)
            figures = dict(vars(found), hdi_low=found.hdi[0], hdi_high=found.hdi[1], bfmi_first=gensample.bfmi(draws)[0])
            for figure in ("hdi_low", "hdi_high", "bfmi_first", "mean", "mcse_sd", "ess_bulk", "ess_tail", "rhat"):
                with self.subTest(name=name, figure=figure):
                    np.testing.assert_allclose(figures[figure], wanted[figure], rtol=1e-9)

    def test_arguments(self):
        self.assertRaisesRegex(gensample.ArgumentError, "1 chain of 10 is needed", gensample.summary, np.zeros((2, 5)))
        self.assertRaisesRegex(gensample.ArgumentError, "expected .chains, draws.", gensample.summary, np.zeros((2, 5, 3)))
        self.assertRaisesRegex(gensample.ArgumentError, "trajectory=True", gensample.to_arviz, plan().run(2, sampler="mala"))

    @unittest.skipIf(arviz, "ArviZ is installed")
    def test_without_arviz(self):
        self.assertRaisesRegex(ImportError, "pip install", gensample.to_arviz, run())


@unittest.skipUnless(arviz, "ArviZ is not installed (pip install 'arviz<1')")
class ForArviz(Case):
    def assert_summary(self, data, quantities):
        """ArviZ's summary is that of our diagnosis, to all digits that it shows; figures that are None are left out."""
        table = arviz.summary(data, kind="all", round_to=4)
        for q in quantities:
            for name in ("mean", "sd", "mcse_mean", "mcse_sd", "ess_bulk", "ess_tail", "r_hat"):
                if q[name] is None:
                    continue
                with self.subTest(quantity=q["name"], figure=name):
                    self.assertAlmostEqual(table.loc[q["name"], name], q[name], delta=1e-4 * max(1, 1e-4 * q[name]))
            for name, other in (("hdi_3%", "hdi_3"), ("hdi_97%", "hdi_97")):
                self.assertAlmostEqual(table.loc[q["name"], name], q[other], delta=1e-4)

    def test_program(self):
        for sampler in ("hmc", "langevin"):
            with tempfile.TemporaryDirectory() as folder:
                out = pathlib.Path(folder, "chains.nc")
                command = [str(BUILD / "gensample"), "--model", TARGET, "-n", "4", "--sampler", sampler, "--steps", "200", "--seed", "3"]
                done = subprocess.run(
                    [*command, "--diagnose", "--json", "--out", out], check=False, text=True, capture_output=True
                )
                if "without netCDF" in done.stderr:
                    self.skipTest("the program was built without netCDF")
                self.assertEqual(done.returncode, 0, done.stderr)
                data = arviz.from_netcdf(out)
                self.assertEqual(data.posterior.attrs["inference_library"], "gensample")
                self.assertEqual(data.posterior.attrs["seed"], "3")
                if sampler == "langevin":
                    self.assertEqual(data.posterior.sizes["draw"], 200)
                    continue
                self.assertEqual(data.posterior.x.shape, (4, 100, 2))
                report = json.loads(done.stdout)
                self.assert_summary(data, report["diagnosis"]["quantities"])
                self.assertAlmostEqual(arviz.bfmi(data).min(), report["diagnosis"]["bfmi"], places=12)
                self.assertEqual(data.sample_stats.diverging.dtype, bool)
                np.testing.assert_allclose(data.sample_stats.lp, -data.posterior.energy)
                again = gensample.to_arviz(run())
                np.testing.assert_array_equal(again.posterior.x, data.posterior.x)
                for name in again.sample_stats:
                    np.testing.assert_array_equal(again.sample_stats[name], data.sample_stats[name], name)
                part = gensample.to_arviz(run(trace="stats.leapfrog"))
                self.assertEqual(list(part.sample_stats), ["n_steps"])
                np.testing.assert_array_equal(part.posterior.x, data.posterior.x)

    def test_long(self):
        """Of a long chain the file has all draws, and says of which the figures are: of these ArviZ's are the same."""
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder, "chains.nc")
            command = [str(BUILD / "gensample"), "--model", TARGET, "-n", "4", "--sampler", "mala", "--steps", "20003", "--seed", "3"]
            done = subprocess.run([*command, "--diagnose", "--json", "--out", out], check=False, text=True, capture_output=True)
            if "without netCDF" in done.stderr:
                self.skipTest("the program was built without netCDF")
            self.assertEqual(done.returncode, 0, done.stderr)
            data, quantities = arviz.from_netcdf(out), json.loads(done.stdout)["diagnosis"]["quantities"]
            found = {name: int(data.attrs[name]) for name in ("steps", "burn_in", "every", "diagnosed_every")}
            self.assertEqual(found, dict(steps=20003, burn_in=10001, every=1, diagnosed_every=3))
            draws = data.posterior.sizes["draw"]
            self.assertEqual(draws, 10002)
            wanted = "figures of --diagnose: means and standard deviations of steps 10002 to 20003, the others of one step in 3"
            self.assertIn(wanted, data.attrs["draws"])
            thinned = data.posterior.isel(draw=slice(found["diagnosed_every"] - 1 + draws % found["diagnosed_every"], None, 3))
            self.assertEqual(thinned.sizes["draw"], quantities[0]["draws"])
            whole = arviz.summary(data.posterior, kind="stats", round_to=4)
            for q in quantities:
                for name in ("mean", "sd"):
                    self.assertAlmostEqual(whole.loc[q["name"], name], q[name], delta=1e-4)
            self.assert_summary(thinned, [dict(q, mean=None, sd=None) for q in quantities])

    def test_file(self):
        with tempfile.TemporaryDirectory() as folder:
            gensample.to_netcdf(run(), pathlib.Path(folder, "x.nc"), warmup=True)
            self.assertEqual([p.name for p in pathlib.Path(folder).iterdir()], ["x.nc"])
            data = arviz.from_netcdf(pathlib.Path(folder, "x.nc"))
            self.assertEqual(data.warmup_posterior.x.shape, (4, 100, 2))
            first = np.float64(data.posterior.x[..., 0])
            self.assertAlmostEqual(gensample.summary(first).mean, first.mean(), places=12)


if __name__ == "__main__":
    unittest.main()
