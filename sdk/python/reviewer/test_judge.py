import unittest
from types import SimpleNamespace

import fixtures
import judge
from assay import Accept, Escalate, Report, RequestRevision, failed, passed, undecided


def review(*findings, score=9000, required=True):
    task = SimpleNamespace(checks=[SimpleNamespace(required=required)])
    card = SimpleNamespace(score=score, dimensions=[])
    return judge.review(task, None, card, [Report(list(findings))], {})


class Rules(unittest.TestCase):
    def test_fixtures(self):
        for name in fixtures.names():
            with self.subTest(name):
                fixture = fixtures.load(name)
                self.assertEqual([], fixtures.differences(fixture["expect"], fixtures.run(fixture)))

    def test_what_nobody_could_answer_is_for_a_person(self):
        decision = review(failed("links", "2 links, none wanted"), undecided("tone", "Too little text to tell"))
        self.assertEqual(Escalate("1 thing has no answer: Too little text to tell"), decision)

    def test_a_check_that_is_not_required_sends_nothing_back(self):
        self.assertEqual(RequestRevision(["3 words"]), review(failed(0, "3 words")))
        self.assertEqual(Accept(), review(failed(0, "3 words"), required=False))

    def test_the_score_counts_from_the_configured_one(self):
        self.assertEqual(Accept(), review(passed(0, "fine"), score=7000))
        self.assertIsInstance(review(passed(0, "fine"), score=6999), RequestRevision)


if __name__ == "__main__":
    unittest.main()
