import unittest
from types import SimpleNamespace

import assay
import fixtures
import judge


def statuses(text, *figures):
    delivery = SimpleNamespace(content=text)
    return [one.status for one in judge.verify(None, delivery, {"figures": list(figures)})]


class Figures(unittest.TestCase):
    def test_fixtures(self):
        for name in fixtures.names():
            with self.subTest(name):
                fixture = fixtures.load(name)
                self.assertEqual([], fixtures.differences(fixture["expect"], fixtures.run(fixture)))

    def test_commas_make_no_difference(self):
        self.assertEqual(["pass", "pass"], statuses("It grew to 1,212 in 2024.", "1212", "2024"))

    def test_a_part_of_a_number_is_another_number(self):
        self.assertEqual(["fail", "fail"], statuses("It grew to 1,212 by 4.5%.", "12", "4"))

    def test_nothing_to_look_for_is_no_verdict(self):
        with self.assertRaises(assay.InvalidConfig):
            statuses("Some text.")


if __name__ == "__main__":
    unittest.main()
