import assert from 'node:assert/strict';
import { test } from 'node:test';

import { award, reject, wait } from './assay.mjs';
import * as fixtures from './fixtures.mjs';
import * as judge from './judge.js';

const LISTING = { id: 'listing', price: 1000, closesAt: 9000 };
const bid = (id, price, placedAt = 1) => ({ id, price, placedAt });
const decide = (tag, book, config = {}) => judge.decide(LISTING, book, { tag }, JSON.stringify(config));

for (const name of fixtures.names()) {
  test(`fixture ${name}`, () => {
    const fixture = fixtures.load(name);
    assert.deepEqual(fixtures.differences(fixture.expect, fixtures.run(judge, fixture)), []);
  });
}

test('nothing is awarded before the listing closes', () => {
  assert.deepEqual(decide('bid', [bid('a', 500)]), [wait(9000)]);
});

test('the earlier of two equal bids wins', () => {
  assert.deepEqual(decide('deadline', [bid('a', 500, 7), bid('b', 500, 6)]), [award('b', 500)]);
});

test('a bid over the price is never awarded', () => {
  const refused = reject('a', '1,001 is over the price of 1,000');
  assert.deepEqual(decide('deadline', [bid('a', 1001)]), [refused, wait(null)]);
});

test('a bid that is too low is not believed', () => {
  const decisions = decide('deadline', [bid('a', 399), bid('b', 400)], { percent_min: 40 });
  assert.deepEqual(decisions.at(-1), award('b', 400));
});
