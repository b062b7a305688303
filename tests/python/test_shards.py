"""Streams of samples, sums of a judge's figures, and runs in shards, beside what one call gives."""

import json
import unittest

import numpy as np

import gensample
from support import Case


class StreamTest(unittest.TestCase):
    def test_blocks_are_the_samples_of_one_call(self):
        model = gensample.load("ncsn-cond")
        for labels in ("all", 3, np.arange(11) % 10, "data", None):
            whole = model.run(11, seed=2, steps=2, first=5, labels=labels).images
            blocks = [np.asarray(b) for b in gensample.stream(model, 11, block=4, seed=2, steps=2, first=5, labels=labels)]
            self.assertEqual([len(block) for block in blocks], [4, 4, 3])
            np.testing.assert_array_equal(np.concatenate(blocks), np.asarray(whole))

    def test_what_a_stream_has_not_is_refused(self):
        model = gensample.load("ncsn-cond")
        for options in ({"trajectory": True}, {"block": 0}, {"labels": [1, 2]}, {"init": 3}):
            with self.assertRaises(gensample.ArgumentError):
                gensample.stream(model, 4, **options)


class SumsTest(unittest.TestCase):
    def test_sums_give_the_quality_of_all(self):
        images = gensample.load("ncsn-cond").sample(30, labels="all", steps=3)
        expected = gensample.quality(images)
        sums, other = gensample.QualitySums(), gensample.QualitySums()
        sums.add(images[:7])
        other.add(images[7:8])
        other.add(images[8:])
        sums.join(other.numbers())
        found = sums.quality()
        self.assertAlmostEqual(found.frechet, expected.frechet, delta=1e-8 * expected.frechet)
        self.assertEqual((found.n, found.shares, found.agreement), (expected.n, expected.shares, expected.agreement))
        with self.assertRaises(gensample.ArgumentError):
            sums.join([1.0])
        with self.assertRaises(gensample.FormatError):
            sums.join(np.full(len(sums.numbers()), np.nan))
        with self.assertRaises(gensample.ArgumentError):
            gensample.QualitySums().quality()


class ShardsTest(Case):
    def test_a_run_of_the_program_is_read(self):
        self.program("--model", "rings", "-n", 25, "--shard-size", 10, "--out", "run/", "--quiet")
        run = gensample.Shards(self.folder / "run")
        self.assertEqual((len(run), run.count, run.n, run.settings["seed"]), (3, 3, 25, 0))
        self.assertEqual((run[2].first, run[2].count), (20, 5))
        self.assertSameBytes(np.concatenate(list(run.arrays())), self.drawn("--model", "rings", "-n", 25))
        self.assertEqual(run.damaged(), [])
        run[1].path.write_bytes(b"other")
        self.assertEqual(run.damaged(), [run[1]])

    def test_a_changed_setting_is_noticed(self):
        self.program("--model", "rings", "-n", 4, "--shard-size", 2, "--out", "run/", "--quiet")
        path = self.folder / "run" / "manifest.json"
        path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
        with self.assertRaisesRegex(gensample.FormatError, "changed after it was written"):
            gensample.Shards(self.folder / "run")

    def test_what_is_no_run_is_refused(self):
        with self.assertRaises(FileNotFoundError):
            gensample.Shards(self.folder)
        for text in ("", "[]", "{}", json.dumps({"manifest": 2}), '{"manifest": 1, "settings": {}, "n": 1, "shard_size": 0}'):
            (self.folder / "manifest.json").write_text(text)
            with self.assertRaises(gensample.FormatError):
                gensample.Shards(self.folder)


if __name__ == "__main__":
    unittest.main()
