import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accept, escalate, failed, passed, requestRevision, undecided } from './assay.mjs';
import * as fixtures from './fixtures.mjs';
import * as judge from './judge.js';

function review(findings, { score = 9000, required = true } = {}) {
  const reports = [{ tag: 'ok', val: { findings } }];
  return judge.review({ checks: [{ required }] }, null, { score, dimensions: [] }, reports, '');
}

for (const name of fixtures.names()) {
  test(`fixture ${name}`, () => {
    const fixture = fixtures.load(name);
    assert.deepEqual(fixtures.differences(fixture.expect, fixtures.run(judge, fixture)), []);
  });
}

test('what nobody could answer is for a person', () => {
  const decision = review([failed('links', '2 links, none wanted'), undecided('tone', 'Too little text to tell')]);
  assert.deepEqual(decision, escalate('1 thing has no answer: Too little text to tell'));
});

test('a check that is not required sends nothing back', () => {
  assert.deepEqual(review([failed(0, '3 words')]), requestRevision(['3 words']));
  assert.deepEqual(review([failed(0, '3 words')], { required: false }), accept());
});

test('the score counts from the configured one', () => {
  assert.deepEqual(review([passed(0, 'fine')], { score: 7000 }), accept());
  assert.equal(review([passed(0, 'fine')], { score: 6999 }).tag, 'request-revision');
});
