import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fixtures from './fixtures.mjs';
import * as judge from './judge.js';

function statuses(content, ...figures) {
  const { findings } = judge.verify(null, { content }, JSON.stringify({ figures }));
  return findings.map((one) => one.status);
}

for (const name of fixtures.names()) {
  test(`fixture ${name}`, () => {
    const fixture = fixtures.load(name);
    assert.deepEqual(fixtures.differences(fixture.expect, fixtures.run(judge, fixture)), []);
  });
}

test('commas make no difference', () => {
  assert.deepEqual(statuses('It grew to 1,212 in 2024.', '1212', '2024'), ['pass', 'pass']);
});

test('a part of a number is another number', () => {
  assert.deepEqual(statuses('It grew to 1,212 by 4.5%.', '12', '4'), ['fail', 'fail']);
});

test('nothing to look for is no verdict', () => {
  assert.throws(() => statuses('Some text.'), { tag: 'invalid-config' });
});
