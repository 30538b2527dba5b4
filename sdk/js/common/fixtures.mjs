/**
 * Runs the judge on the files of `fixtures/`, without a sandbox. Used by the unit tests.
 *
 * A fixture is a JSON object: the input, in the form in which the host keeps it, with
 * `config` as an object, and `expect`, the output in the same form. What `expect` leaves
 * out is not compared; lists have equally many items.
 */
import { readFileSync, readdirSync } from 'node:fs';

const FOLDER = new URL('fixtures/', import.meta.url);

/** The fixtures' file names. */
export const names = () => readdirSync(FOLDER).filter((name) => name.endsWith('.json')).sort();

/** One fixture as it is written. */
export const load = (name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));

/** The judge's answer to a fixture, in the form of `expect`. */
export function run(judge, fixture) {
  try {
    return called(judge, fixture);
  } catch (problem) {
    if (problem?.tag === undefined) throw problem;
    return { problem: { [problem.tag.replaceAll('-', '_')]: problem.val } };
  }
}

function called(judge, { config, ...fixture }) {
  const given = JSON.stringify(config);
  const { task, delivery, scorecard, listing, book } = camel(fixture);
  if (judge.decide) {
    return { pricing: judge.decide(listing, book, variant(fixture.event), given).map(named) };
  }
  // An option of a result, and a subject, are written as variants are.
  task.checks.forEach((check, at) => (check.prior = result(fixture.task.checks[at].prior)));
  if (judge.review) {
    return { decision: named(judge.review(task, delivery, scorecard, fixture.reports.map(result), given)) };
  }
  if (judge.score) {
    return { scorecard: judge.score(task, delivery, given) };
  }
  const { findings } = judge.verify(task, delivery, given);
  return { report: { findings: findings.map((one) => ({ ...one, subject: named(one.subject) })) } };
}

/** Where an answer is not as a fixture expects it. */
export function differences(expected, actual, at = 'expect') {
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length !== actual.length) {
    return [`${at} has ${actual.length} items, ${expected.length} expected`];
  }
  const both = [expected, actual].every((value) => value !== null && typeof value === 'object');
  if (both) {
    return Object.entries(expected).flatMap(([key, value]) =>
      key in actual ? differences(value, actual[key], `${at}.${key}`) : [`${at}.${key} is missing`],
    );
  }
  return expected === actual ? [] : [`${at} is ${JSON.stringify(actual)}, ${JSON.stringify(expected)} expected`];
}

// In

function camel(value) {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== 'object') return value;
  const renamed = (key) => key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [renamed(key), camel(one)]));
}

function variant(value) {
  if (typeof value === 'string') return { tag: value.replaceAll('_', '-') };
  const [[key, val]] = Object.entries(value);
  return { tag: key.replaceAll('_', '-'), val };
}

function result(value) {
  if (value === null) return null;
  if (value.Err !== undefined) return { tag: 'err', val: variant(value.Err) };
  const findings = value.Ok.findings.map((one) => ({ ...one, subject: variant(one.subject) }));
  return { tag: 'ok', val: { findings } };
}

// Out

/** A variant as JSON has it. Prices and reasons have names of one word, the same in both forms. */
function named({ tag, val }) {
  const name = tag.replaceAll('-', '_');
  return val === undefined ? name : { [name]: val };
}
