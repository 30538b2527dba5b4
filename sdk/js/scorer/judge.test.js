import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fixtures from './fixtures.mjs';
import * as judge from './judge.js';

const score = (content, config = {}) => judge.score(null, { content }, JSON.stringify(config));

for (const name of fixtures.names()) {
  test(`fixture ${name}`, () => {
    const fixture = fixtures.load(name);
    assert.deepEqual(fixtures.differences(fixture.expect, fixtures.run(judge, fixture)), []);
  });
}

test('marks fall from the wanted length to twice of it', () => {
  const marks = [1, 20, 25, 30, 40, 400].map((words) => judge.mark(words, 20));
  assert.deepEqual(marks, [10000, 10000, 7500, 5000, 0, 0]);
});

test('the note is about the longest sentence', () => {
  const [sentences] = score('Short. This one is longer.', { words_per_sentence: 3 }).dimensions;
  assert.match(sentences.note, /“This one is longer.”/);
  assert.equal(score('Short. This one is longer.').dimensions[0].note, '');
});

test('a length of nothing is no setting', () => {
  assert.throws(() => score('Some text.', { words_per_sentence: 0 }), { tag: 'invalid-config' });
});
