import unittest
from types import SimpleNamespace

import fixtures
import judge
from assay import Award, Event, Reject, Wait

LISTING = SimpleNamespace(id="listing", price=1000, closes_at=9000)


def bid(name, price, placed_at=1):
    return SimpleNamespace(id=name, price=price, placed_at=placed_at)


def decide(kind, *book, **config):
    return judge.decide(LISTING, list(book), Event(kind), config)


class LowestBid(unittest.TestCase):
    def test_fixtures(self):
        for name in fixtures.names():
            with self.subTest(name):
                fixture = fixtures.load(name)
                self.assertEqual([], fixtures.differences(fixture["expect"], fixtures.run(fixture)))

    def test_nothing_is_awarded_before_the_listing_closes(self):
        self.assertEqual([Wait(9000)], decide("bid", bid("a", 500)))

    def test_the_earlier_of_two_equal_bids_wins(self):
        late, early = bid("a", 500, placed_at=7), bid("b", 500, placed_at=6)
        self.assertEqual([Award("b", 500)], decide("deadline", late, early))

    def test_a_bid_over_the_price_is_never_awarded(self):
        refused, then = decide("deadline", bid("a", 1001))
        self.assertEqual(Reject("a", "1,001 is over the price of 1,000"), refused)
        self.assertEqual(Wait(None), then)

    def test_a_bid_that_is_too_low_is_not_believed(self):
        self.assertEqual(Award("b", 400), decide("deadline", bid("a", 399), bid("b", 400), percent_min=40)[-1])


if __name__ == "__main__":
    unittest.main()
