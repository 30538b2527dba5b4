/** Sealed bids: wait until the listing closes, then take the lowest. */
import { award, grouped, invalidConfig, pricing, reject, wait } from './assay.mjs';

/** Bids that are over the price, or too low to be meant, are turned down at once. */
export const decide = pricing((listing, book, event, config) => {
  const percentMin = config.percent_min ?? 0;
  if (!Number.isInteger(percentMin) || percentMin < 0 || percentMin > 100) {
    throw invalidConfig(`percent_min: is ${JSON.stringify(percentMin)}; give a whole percentage, 0 to 100`);
  }
  const priceMin = Math.floor((listing.price * percentMin) / 100);
  const judged = book.map((bid) => ({ bid, reason: whyNot(bid, listing, priceMin) }));
  const refused = judged.filter(({ reason }) => reason).map(({ bid, reason }) => reject(bid.id, reason));
  const good = judged.filter(({ reason }) => !reason).map(({ bid }) => bid);
  if (event.tag !== 'deadline' || good.length === 0) {
    // Without a bid to take there is nothing to wait for but the next one.
    return [...refused, wait(event.tag === 'deadline' ? null : listing.closesAt)];
  }
  const best = good.reduce((one, other) => (before(other, one) ? other : one));
  return [...refused, award(best.id, best.price)];
});

/** Of equal prices the first one wins; the id makes the order complete. */
function before(one, other) {
  if (one.price !== other.price) return one.price < other.price;
  return one.placedAt !== other.placedAt ? one.placedAt < other.placedAt : one.id < other.id;
}

function whyNot(bid, listing, priceMin) {
  if (bid.price > listing.price) return `${grouped(bid.price)} is over the price of ${grouped(listing.price)}`;
  if (bid.price < priceMin) return `${grouped(bid.price)} is too low to be meant: at least ${grouped(priceMin)} wanted`;
  return '';
}
