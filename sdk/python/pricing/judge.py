"""Sealed bids: wait until the listing closes, then take the lowest."""

from assay import Award, Event, InvalidConfig, Reject, Wait, grouped


def decide(listing, book: list, event: Event, config: dict) -> list:
    """Bids that are over the price, or too low to be meant, are turned down at once."""
    percent_min = config.get("percent_min", 0)
    if type(percent_min) is not int or not 0 <= percent_min <= 100:
        raise InvalidConfig(f"percent_min: is {percent_min!r}; give a whole percentage, 0 to 100")
    price_min = listing.price * percent_min // 100
    refused = [Reject(bid.id, reason) for bid in book if (reason := why_not(bid, listing, price_min))]
    good = [bid for bid in book if not why_not(bid, listing, price_min)]
    if event.kind != "deadline" or not good:
        # Without a bid to take there is nothing to wait for but the next one.
        return refused + [Wait(None if event.kind == "deadline" else listing.closes_at)]
    # Of equal prices the first one wins; the id makes the order complete.
    best = min(good, key=lambda bid: (bid.price, bid.placed_at, bid.id))
    return refused + [Award(best.id, best.price)]


def why_not(bid, listing, price_min: int) -> str:
    if bid.price > listing.price:
        return f"{grouped(bid.price)} is over the price of {grouped(listing.price)}"
    if bid.price < price_min:
        return f"{grouped(bid.price)} is too low to be meant: at least {grouped(price_min)} wanted"
    return ""
