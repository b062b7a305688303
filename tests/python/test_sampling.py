"""What Python draws is what the program draws, to the byte; settings are the library's; calls can be stopped."""

import os
import signal
import subprocess
import sys
import threading
import unittest
import warnings

import numpy as np
from support import Case, plan

import gensample


class Samples(Case):
    def test_default(self):
        self.assertSameBytes(plan("ncsn").sample(5, seed=7), self.drawn("--model", "ncsn", "-n", 5, "--seed", 7))

    def test_first(self):
        whole = plan("ncsn").sample(5, seed=7)
        self.assertSameBytes(plan("ncsn").sample(2, seed=7, first=3), whole[3:])

    def test_threads_and_instruction_sets(self):
        wanted = plan("ncsn").sample(3, seed=1)
        for isa, supported in gensample.isas().items():
            if supported:
                made = gensample.load("ncsn").plan(threads=3, isa=isa, block=2)
                self.assertEqual((made.info.isa, made.info.block), (isa, 2))
                self.assertSameBytes(made.sample(3, seed=1), wanted)

    def test_samplers(self):
        """Every sampler, with settings of its own."""
        cases = {
            "dpmpp-2m": dict(steps=4, sigmas=(0.1, 10), rho=5, eta=1),
            "heun": dict(steps=3, rho=-20),
            "dpmpp-2m-sde": dict(steps=4, eta=0.5, noise_tree=True),
            "dpmpp-3m-sde": dict(steps=5, noise_scale=1.1, noise_tree=False),
            "euler-ancestral": dict(steps=4, eta=0.5, noise_scale=0.9),
            "ddim": dict(steps=4, eta=0.3),
            "euler-flow": dict(steps=4, shift=2),
            "churn": dict(steps=3, churn=1.5, churn_sigmas=(0.1, 10)),
            "reverse-sde": dict(steps=6, noise_tree=True),
            "dpm-adaptive": dict(steps=31, tolerance=0.1, order=2),
            "predictor-corrector": dict(steps=4, snr=0.1, corrector_steps=2, ancestral=False),
            "consistency": dict(steps=2),
            "annealed-langevin": dict(steps=3, epsilon=1e-6, steps_per_level=2, denoise=False),
            "consistent-annealed": dict(steps=3, noise_scale=0),
            "langevin": dict(steps=5, step_size=0.01, noise=0.01, clip=3.0, clamp=True, noise_first=True),
            "mala": dict(steps=6, temperature=0.5, burn_in=3, target=0.6, denoise=True),
            "hmc": dict(steps=3, leapfrog=4, burn_in=0),
            "nuts": dict(steps=3, max_depth=3, burn_in=0),
            "barker": dict(steps=24, burn_in=22, adapt_mass=True),
            "baoab": dict(steps=3, friction=2.0, step_size=0.1, clamp=True),
            "mclmc": dict(steps=8, decoherence=2.0, burn_in=4, energy_error=1e-3),
            "mclmc-adjusted": dict(steps=6, leapfrog=3, burn_in=3),
            "tempering": dict(steps=4, replicas=3, hottest=2.0, burn_in=0),
            "ais": dict(steps=5, prior_scale=0.5, moves=1),
            "tempered-smc": dict(steps=20, particles=4, ess=0.5, clamp=True),
            "smc": dict(steps=4, particles=3),
            "gibbs": dict(steps=4, label_steps=2, burn_in=0),
            "elliptical-slice": dict(steps=3, prior_scale=0.5),
        }
        self.assertEqual(set(cases), {s.name for s in gensample.samplers() if not s.decodes})
        descends = {s.name: s.descends for s in gensample.samplers()}
        options = {s.name: "--" + s.name.replace("_", "-") for s in gensample.settings()}
        for sampler, settings in cases.items():
            with self.subTest(sampler):
                name = "ncsn" if descends[sampler] else "ebm-cond" if sampler == "gibbs" else "ebm"
                words = []
                for key, value in settings.items():
                    text = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else value
                    words += [options[key], ",".join(map(str, text)) if isinstance(text, tuple) else text]
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    ours = plan(name).sample(3, seed=2, sampler=sampler, **settings)
                self.assertSameBytes(ours, self.drawn("--model", name, "--sampler", sampler, "-n", 3, "--seed", 2, *words))

    def test_labels(self):
        network = plan("ncsn-cond")
        all_classes = network.sample(12, labels="all")
        self.assertEqual(list(all_classes.labels), [*range(10), 0, 1])
        self.assertSameBytes(all_classes, self.drawn("--model", "ncsn-cond", "--label", "all", "-n", 12))
        data = network.sample(4, labels="data", seed=5)
        self.assertSameBytes(data, self.drawn("--model", "ncsn-cond", "--label", "data", "-n", 4, "--seed", 5))
        three = network.sample(2, label=3, guidance=1.5, guidance_sigmas=(0.1, 5))
        words = ("--label", 3, "-n", 2, "--guidance", 1.5, "--guidance-sigmas", "0.1,5")
        self.assertSameBytes(three, self.drawn("--model", "ncsn-cond", *words))
        self.assertSameBytes(network.sample(2, labels=[1, 2])[1:], network.sample(1, labels=[2], first=1))

    def test_compose(self):
        ours = plan("ncsn-cond").sample(2, label=3, compose=[(plan("ebm-thick"), 2)])
        words = ("--compose", "ncsn-cond:1", "--compose", "ebm-thick:2", "--label", 3, "-n", 2)
        self.assertSameBytes(ours, self.drawn(*words))

    def test_density(self):
        ours = gensample.load("mixture:means=-2/0,2/0,sd=0.5").sample(20, seed=3)
        self.assertSameBytes(ours, self.drawn("--model", "mixture:means=-2/0,2/0,sd=0.5", "-n", 20, "--seed", 3))

    def test_trajectory(self):
        run = plan("ncsn").run(2, trajectory=True, steps=4)
        self.assertEqual(run.trajectory.shape, (5, 2, 1, 28, 28))
        self.assertSameBytes(run.trajectory[-1], run.images)
        self.assertEqual(run.sigmas[-1], 0)
        self.assertTrue((np.diff(run.sigmas) < 0).all())
        self.assertEqual(run.evaluations, 4)
        self.assertEqual(run.settings["steps"], 4)

    def test_trace(self):
        run = plan("ebm-document").run(3, steps=7, trace=True)
        self.assertEqual((run.energy.shape, run.step_size.shape), ((8, 3), (3,)))
        last = plan("ebm-document").energy(run.images)
        np.testing.assert_array_equal(run.energy[-1], last)
        self.assertIsNone(run.stats)
        self.assertFails(ValueError, "keeps none", plan("ncsn").run, 1, trace=True)

    def test_parts_of_a_trace(self):
        chains = gensample.load("gaussian:dim=3,levels=no").plan(gradient=True)
        whole = chains.run(4, sampler="hmc", steps=10, trace=True)
        run = chains.run(4, sampler="hmc", steps=10, trace=("acceptance", "stats.leapfrog"))
        np.testing.assert_array_equal(run.acceptance, whole.acceptance)
        np.testing.assert_array_equal(run.stats.leapfrog, whole.stats.leapfrog)
        np.testing.assert_array_equal(run.rate, whole.rate)
        self.assertEqual((run.energy, run.gradient_norm, run.stats.energy, run.stats.accepted), (None,) * 4)
        self.assertSameBytes(run.images, whole.images)
        self.assertIsNone(chains.run(4, sampler="hmc", steps=10, trace="energy").acceptance)
        for sampler, name in (("hmc", "stats.leap"), ("hmc", "leapfrog"), ("langevin", "acceptance"), ("mala", "")):
            self.assertFails(ValueError, f'trace: found "{name}"', chains.run, 4, sampler=sampler, steps=10, trace=[name])
        for wrong in (2.5, b"energy", [1, "a"], [["energy"]], ""):
            self.assertFails(ValueError, "expected True or", chains.run, 4, sampler="hmc", steps=10, trace=wrong)
        for all_of_it in (1, np.True_, True):
            self.assertIsNotNone(chains.run(4, sampler="hmc", steps=10, trace=all_of_it).energy)
        for nothing in (0, np.False_, None, False):
            self.assertIsNone(chains.run(4, sampler="hmc", steps=10, trace=nothing).rate)
        for none in ((), iter(())):
            run = chains.run(4, sampler="hmc", steps=10, trace=none)
            self.assertEqual((run.energy, run.stats.leapfrog, run.rate.shape), (None, None, (4,)))
        run = chains.run(4, sampler="hmc", steps=10, trace=np.array(["energy", "acceptance"]))
        self.assertEqual(run.energy.shape, (11, 4))

    def test_acceptance(self):
        model = gensample.load("gaussian:dim=3,levels=no")
        run = model.plan(gradient=True).run(4, sampler="mala", steps=10, trace=True)
        self.assertEqual((run.acceptance.shape, run.rate.shape), ((10, 4), (4,)))
        for sampler in ("mclmc", "langevin", "baoab"):
            run = model.plan(gradient=True).run(4, sampler=sampler, steps=10, trace=True)
            self.assertEqual((run.acceptance, run.rate), (None, None))

    def test_rungs(self):
        chains = gensample.load("gaussian:dim=3,levels=no").plan(gradient=True)
        run = chains.run(4, sampler="tempering", steps=10, rungs=[1, 2, 5], trace=True)
        self.assertEqual((run.settings["rungs"], run.settings["replicas"], run.settings["hottest"]), ((1, 2, 5), 3, 5))
        self.assertEqual(run.exchange.shape, (2, 4))
        self.assertSameBytes(chains.run(4, **run.settings).images, run.images)
        plain = chains.run(4, sampler="tempering", steps=10)
        self.assertIsNone(plain.settings["rungs"])
        self.assertSameBytes(chains.run(4, **plain.settings).images, plain.images)
        for rungs, words in (([1], "2 to 64 numbers"), ("1,2", "2 to 64 numbers"), ([1, 0], "expected 1"), ([1, 2, 2], "follows")):
            self.assertFails(ValueError, words, chains.run, 4, sampler="tempering", rungs=rungs)

    def test_walk(self):
        chains = gensample.load("gaussian:dim=3").plan(gradient=True)
        for sampler in ("mala", "langevin"):
            settings = dict(sampler=sampler, steps=20, seed=3)
            whole = chains.run(5, **settings)
            walk = chains.walk(5, **settings)
            walk.go(7)
            state = walk.state
            self.assertEqual((walk.step, walk.steps, int(state["step"])), (7, 20, 7))
            again = chains.walk(5, state=state, **settings)
            again.go(8)
            again.go()
            self.assertSameBytes(again.images, whole.images)
            self.assertSameBytes(walk.go().images, whole.images)
            self.assertFails(ValueError, "all 20 steps are done", walk.go)
            self.assertFails(ValueError, "expected a float32 array 'x'", chains.walk, 4, state=state, **settings)
        self.assertFails(ValueError, "one that stays", chains.walk, 4, sampler="heun")
        self.assertFails(ValueError, "nuts does not stop between its steps", chains.walk(4, sampler="nuts", steps=4).go, 2)

    def test_stats(self):
        model = gensample.load("gaussian:dim=3,levels=no")
        run = model.plan(gradient=True).run(4, sampler="nuts", steps=50, trace=True, trajectory=True, every=1)
        stats = run.stats
        moved = (run.trajectory[1:] != run.trajectory[:-1]).any(axis=2)
        np.testing.assert_array_equal(stats.accepted, moved)
        self.assertFalse(stats.divergent[25:].any())
        self.assertTrue((stats.leapfrog < 2.0 ** (1 + stats.depth)).all() and (stats.energy > run.energy[1:]).all())
        np.testing.assert_array_equal(stats.step_size[-1], run.step_size)
        self.assertEqual(stats.inverse_mass.shape, run.images.shape)
        self.assertEqual(stats.leapfrog.sum() + 4, 4 * run.evaluations)

    def test_init(self):
        start = np.zeros((2, 1, 28, 28), np.float32)
        run = plan("ebm-document").run(2, steps=3, init=start, noise=None, trajectory=True)
        self.assertSameBytes(run.trajectory[0], start)
        self.assertFails(ValueError, "expected n, which is 3", plan("ebm-document").run, 3, init=start)

    def test_nothing(self):
        self.assertEqual(plan("ncsn").sample(0).shape, (0, 1, 28, 28))

    def test_warnings(self):
        with self.assertWarns(UserWarning):
            plan("ebm").sample(2, sampler="mala", steps=30, step_size=1e-20, burn_in=None)
        self.assertTrue(plan("ebm").run(2, sampler="mala", steps=30, step_size=1e-20, burn_in=None).warnings)


class Settings(Case):
    def test_all_are_there(self):
        fields = {"sampler", "seed", "first_chain", "labels", "weight", "terms", "term_count", "init", "trajectory"}
        fields |= {"trace", "stats", "watch", "watch_context", "walk", "outcome", "progress", "context"}
        of_struct = {name for name, _ in gensample._library.HEADER.structs["gs_sample_options"]._fields_} - fields
        names = set()
        for s in gensample.settings():
            of_pair = s.name.removesuffix("sigmas").rstrip("_") or "sigma"
            names |= {of_pair + "_low", of_pair + "_high"} if s.kind == "pair" else {s.name}
            self.assertTrue(s.help)
        self.assertEqual(names, of_struct)

    def test_defaults(self):
        reported, compared = self.reported("--model", "ncsn", "-n", 1), 0
        for name, value in gensample.load("ncsn").defaults().items():
            if name in reported:
                self.assertEqual(list(value) if isinstance(value, tuple) else value, reported[name], name)
                compared += 1
        self.assertGreaterEqual(compared, 5)

    def test_defaults_are_taken(self):
        network = gensample.load("ebm-document")
        settings = network.defaults()
        self.assertSameBytes(network.sample(2, **{k: v for k, v in settings.items() if v != (0, 0)}), network.sample(2))

    def test_refused(self):
        network = plan("ncsn")
        self.assertFails(TypeError, "stps: no setting", network.sample, 1, stps=3)
        self.assertFails(gensample.ArgumentError, "expected a whole number", network.sample, 1, steps=2.5)
        self.assertFails(gensample.ArgumentError, "expected a number", network.sample, 1, steps=None)
        self.assertFails(ValueError, "steps 0: expected 1", network.sample, 1, steps=0)
        self.assertFails(ValueError, "expected a pair", network.sample, 1, sigmas=(1, 2, 3))
        self.assertFails(ValueError, "steps 99999999999", network.sample, 1, steps=99999999999)
        self.assertFails(gensample.ArgumentError, "True or False", network.sample, 1, denoise="yes")
        self.assertFails(ValueError, "seed -1", network.sample, 1, seed=-1)
        self.assertFails(ValueError, "n -1", network.sample, -1)
        self.assertFails(TypeError, "label and labels", plan("ncsn-cond").sample, 1, label=1, labels=[1])
        self.assertFails(ValueError, "takes none", network.sample, 1, label=3)
        self.assertFails(ValueError, "(2,)", plan("ncsn-cond").sample, 2, labels=[1, 2, 3])
        self.assertFails(gensample.ArgumentError, "whole numbers", plan("ncsn-cond").sample, 2, labels=[0.5, 1])
        problem = self.assertFails(gensample.ArgumentError, "steps 20000", network.sample, 1, steps=20000)
        self.assertEqual(problem.status, gensample.Status.ARGUMENT)
        self.assertIsInstance(problem, ValueError)
        self.assertFails(gensample.ArgumentError, "label 11", plan("ncsn-cond").sample, 1, label=11)
        self.assertFails(gensample.UnsupportedError, "mala", network.sample, 1, sampler="mala")
        self.assertFails(gensample.ArgumentError, "nonsense", network.sample, 1, sampler="nonsense")

    def test_diverged(self):
        problem = self.assertFails(
            gensample.DivergedError, "chain", plan("ebm-document").sample, 1, step_size=1e20, clamp=False, clip=None
        )
        self.assertEqual(problem.status, gensample.Status.DIVERGED)


class Stopping(Case):
    def test_progress(self):
        told = []
        plan("ncsn").sample(4, progress=lambda *what: told.append(what))
        self.assertEqual(told[0], (0.0, 0, 4))
        self.assertEqual(told[-1], (1.0, 4, 4))
        self.assertEqual(told, sorted(told))

    def test_false_stops(self):
        one = plan("ncsn", threads=1)  # on several threads, what is finished need not be the first chains
        problem = self.assertFails(
            gensample.InterruptedSampling, "interrupted", one.sample, 10**5, progress=lambda part, done, n: done < 8
        )
        self.assertGreaterEqual(len(problem.result), 8)
        self.assertSameBytes(problem.result[:8], plan("ncsn").sample(8))

    def test_exceptions_of_the_callback(self):
        def fail(*_):
            raise RuntimeError("mine")

        self.assertFails(RuntimeError, "mine", plan("ncsn").sample, 10**5, progress=fail)
        self.assertFails(RuntimeError, "mine", gensample.rejection, 10**6, 30, 1.2, progress=fail, keep=False)

    def test_callback_uses_its_plan(self):
        """It would wait for its own run, or change it midway; other plans are free."""
        made, other = gensample.load("ebm-document").plan(threads=2), plan("ebm-document")
        x, tensors = np.zeros((1, 1, 28, 28)), made.model.tensors
        for use in (lambda *_: made.update(tensors), lambda *_: made.energy(x), lambda *_: made.sample(1)):
            self.assertFails(gensample.ArgumentError, "progress: its function uses a plan", made.sample, 4, progress=use)
        told = []
        images = made.sample(2, steps=3, progress=lambda *_: told.append(other.energy(x)))
        self.assertSameBytes(images, made.sample(2, steps=3))
        self.assertTrue(told)
        self.assertFails(
            gensample.ArgumentError, "progress: its", gensample.loss, made, x, sigmas=[1], progress=lambda *_: made.energy(x)
        )

    def heed_interrupts(self):
        """As a shell's foreground: what runs in the background, as tests may, ignores SIGINT, and so do its children."""
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))

    def interrupt_soon(self):
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        self.addCleanup(timer.join)

    def test_interrupt(self):
        calls = (
            lambda: plan("ncsn").sample(10**5),
            lambda: gensample.rejection(10**7, 40, 1.3, keep=False),
            lambda: gensample.loss(plan("ncsn"), np.zeros((2000, 1, 28, 28))),
        )
        self.heed_interrupts()
        for call in calls:
            self.interrupt_soon()
            self.assertRaises(KeyboardInterrupt, call)
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        self.assertEqual(signal.set_wakeup_fd(-1), -1)

    def test_interrupt_of_a_process(self):
        """A script ends as others do: by a traceback, and killed by SIGINT."""
        code = "import gensample; print('here', flush=True); gensample.load('ncsn').sample(10**6)"
        self.heed_interrupts()
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertIn("KeyboardInterrupt", said)
        self.assertNotIn("ignored", said)

    def test_threads(self):
        """Several threads with one plan take turns; with plans of their own they run at the same time."""
        wanted, found = plan("ncsn").sample(2, seed=4), []
        shared = plan("ncsn")
        own = [gensample.load("ncsn").plan(threads=1) for _ in range(2)]
        made = [threading.Thread(target=lambda p=p: found.append(p.sample(2, seed=4))) for p in (shared, shared, *own)]
        for thread in made:
            thread.start()
        for thread in made:
            thread.join()
        self.assertEqual(len(found), 4)
        for images in found:
            self.assertSameBytes(images, wanted)


if __name__ == "__main__":
    unittest.main()
