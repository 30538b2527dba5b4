import unittest
from types import SimpleNamespace

import assay
import fixtures
import judge


def score(text, **config):
    return judge.score(None, SimpleNamespace(content=text), config)


class Readable(unittest.TestCase):
    def test_fixtures(self):
        for name in fixtures.names():
            with self.subTest(name):
                fixture = fixtures.load(name)
                self.assertEqual([], fixtures.differences(fixture["expect"], fixtures.run(fixture)))

    def test_marks_fall_from_the_wanted_length_to_twice_of_it(self):
        marks = [judge.mark(words, 20) for words in (1, 20, 25, 30, 40, 400)]
        self.assertEqual([10000, 10000, 7500, 5000, 0, 0], marks)

    def test_the_note_is_about_the_longest_sentence(self):
        sentences = score("Short. This one is longer.", words_per_sentence=3).dimensions[0]
        self.assertIn("“This one is longer.”", sentences.note)
        self.assertEqual("", score("Short. This one is longer.").dimensions[0].note)

    def test_a_length_of_nothing_is_no_setting(self):
        with self.assertRaises(assay.InvalidConfig):
            score("Some text.", words_per_sentence=0)


if __name__ == "__main__":
    unittest.main()
