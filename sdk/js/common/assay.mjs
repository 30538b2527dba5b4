/**
 * What a judge of Assay says and sees, as plain JavaScript.
 *
 * Nothing here needs the sandbox, so a judge is tested like any other code. Records that
 * come in have the fields of `wit/plugin.wit` in camel case; a variant is `{ tag, val }`, an
 * absent option null. Scores are basis points: 0 is nothing, 10000 is everything. Prices
 * are the smallest unit of the currency, times milliseconds since 1970; both are numbers,
 * exact up to 9,007,199,254,740,991.
 *
 * @typedef {{ name: string, mediaType: string, size: number, digest: string }} Attachment
 * @typedef {{ event: string, message: string, at: number }} Trace
 * @typedef {{ id: string, content: string, summary: string, attachments: Attachment[],
 *   traces: Trace[], round: number, deliveredAt: number }} Delivery
 * @typedef {{ text: string, class: 'decidable' | 'necessary' | 'human', checks: number[] }} Criterion
 * @typedef {{ kind: string, required: boolean, weight: number, class: 'decidable' | 'necessary' | 'human',
 *   json: string, prior: null | Reported }} Check
 * @typedef {{ id: string, title: string, description: string, category: string, skills: string[],
 *   criteria: Criterion[], checks: Check[], currency: string, price: number, postedAt: number,
 *   deadlineAt: number | null }} Task
 *
 * @typedef {'pass' | 'fail' | 'partial' | 'undecided' | 'error'} Status
 * @typedef {{ tag: 'check', val: number } | { tag: 'own', val: string }} Subject
 * @typedef {{ subject: Subject, status: Status, score: number, evidence: string }} Finding
 * @typedef {{ findings: Finding[] }} Report
 * @typedef {{ tag: 'invalid-config' | 'unsupported' | 'failed', val: string }} Problem
 * @typedef {{ tag: 'ok', val: Report } | { tag: 'err', val: Problem }} Reported
 * @typedef {{ name: string, weight: number, score: number, note: string }} Dimension
 * @typedef {{ score: number, dimensions: Dimension[], notes: string }} Scorecard
 * @typedef {{ tag: 'accept' } | { tag: 'request-revision', val: string[] } | { tag: 'escalate', val: string }} Decision
 *
 * @typedef {{ id: string, currency: string, price: number, openedAt: number, closesAt: number | null }} Listing
 * @typedef {{ id: string, bidder: string, price: number, placedAt: number,
 *   counteredAtPrice: number | null, rounds: number }} Bid
 * @typedef {{ tag: 'opened' | 'deadline' } | { tag: 'bid' | 'counter', val: string }} PricingEvent
 * @typedef {{ tag: 'wait', val: number | null } | { tag: 'reject', val: { bid: string, reason: string } }
 *   | { tag: 'counter' | 'award', val: { bid: string, price: number } }} PricingDecision
 *
 * @typedef {Record<string, any>} Config
 */

export const SCORE_MAX = 10000;

// A verifier's words. A subject is a position in `task.checks`, or a name for something
// the judge looks at by itself. Evidence is one sentence with the numbers.

/** Met. @param {number | string} subject @param {string} evidence @returns {Finding} */
export const passed = (subject, evidence) => finding(subject, 'pass', SCORE_MAX, evidence);

/** Not met. @param {number | string} subject @param {string} evidence @returns {Finding} */
export const failed = (subject, evidence) => finding(subject, 'fail', 0, evidence);

/** Met in part. @param {number | string} subject @param {number} score @param {string} evidence @returns {Finding} */
export const partly = (subject, score, evidence) => finding(subject, 'partial', score, evidence);

/** A person must look. @param {number | string} subject @param {string} evidence @returns {Finding} */
export const undecided = (subject, evidence) => finding(subject, 'undecided', 0, evidence);

function finding(subject, status, score, evidence) {
  const about = typeof subject === 'string' ? { tag: 'own', val: subject } : { tag: 'check', val: subject };
  return { subject: about, status, score, evidence };
}

// A scorer's words

/**
 * The weighted mean of the dimensions, rounded down.
 * @param {Dimension[]} dimensions @param {string} notes @returns {Scorecard}
 */
export function scorecard(dimensions, notes) {
  const weight = dimensions.reduce((sum, side) => sum + side.weight, 0);
  const total = dimensions.reduce((sum, side) => sum + side.weight * side.score, 0);
  return { score: weight === 0 ? 0 : Math.floor(total / weight), dimensions, notes };
}

// A reviewer's words

/** Pay. @returns {Decision} */
export const accept = () => ({ tag: 'accept' });

/** Back to the worker, one note for each thing to change. @param {string[]} notes @returns {Decision} */
export const requestRevision = (notes) => ({ tag: 'request-revision', val: notes });

/** A person must decide. @param {string} reason @returns {Decision} */
export const escalate = (reason) => ({ tag: 'escalate', val: reason });

// A pricing model's words

/** Nothing before this time; null waits for the next event. @param {number | null} until @returns {PricingDecision} */
export const wait = (until) => ({ tag: 'wait', val: until });

/** Turn a bid down. @param {string} bid @param {string} reason @returns {PricingDecision} */
export const reject = (bid, reason) => ({ tag: 'reject', val: { bid, reason } });

/** Offer a bid another price. @param {string} bid @param {number} price @returns {PricingDecision} */
export const counter = (bid, price) => ({ tag: 'counter', val: { bid, price } });

/** Take a bid, and reject the rest. @param {string} bid @param {number} price @returns {PricingDecision} */
export const award = (bid, price) => ({ tag: 'award', val: { bid, price } });

// Why there is no verdict: thrown, never returned. None of it is held against the worker.

/** The configuration is broken; name the field and what would be right. @param {string} text @returns {Problem} */
export const invalidConfig = (text) => ({ tag: 'invalid-config', val: text });

/** The input is of a sort this judge does not decide about. @param {string} text @returns {Problem} */
export const unsupported = (text) => ({ tag: 'unsupported', val: text });

// Exports: each takes a judge and gives the function that the host calls.

/** @param {(task: Task, delivery: Delivery, config: Config) => Finding[]} judge */
export const verifier = (judge) => (task, delivery, config) =>
  answer(() => ({ findings: judge(task, delivery, settings(config)) }));

/** @param {(task: Task, delivery: Delivery, config: Config) => Scorecard} judge */
export const scorer = (judge) => (task, delivery, config) =>
  answer(() => judge(task, delivery, settings(config)));

/** @param {(task: Task, delivery: Delivery, scorecard: Scorecard, reports: Reported[], config: Config) => Decision} judge */
export const reviewer = (judge) => (task, delivery, scorecard, reports, config) =>
  answer(() => judge(task, delivery, scorecard, reports, settings(config)));

/** @param {(listing: Listing, book: Bid[], event: PricingEvent, config: Config) => PricingDecision[]} judge */
export const pricing = (judge) => (listing, book, event, config) =>
  answer(() => judge(listing, book, event, settings(config)));

/** A problem goes to the host as it is; any other exception becomes one. */
function answer(judge) {
  try {
    return judge();
  } catch (thrown) {
    throw thrown instanceof Error ? { tag: 'failed', val: `${thrown.name}: ${thrown.message}`.slice(0, 1000) } : thrown;
  }
}

/** Empty text is an empty configuration. */
function settings(config) {
  let value;
  try {
    value = JSON.parse(config || '{}');
  } catch (error) {
    throw invalidConfig(`the configuration is no JSON: ${error.message}`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidConfig('the configuration is no JSON object');
  }
  return value;
}

// Evidence. QuickJS has no Intl, so digits are grouped here.

/** 1212 is `1,212`. @param {number} number */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 word`, `1,212 words`. @param {number} number @param {string} one @param {string} many */
export const counted = (number, one, many) => `${grouped(number)} ${number === 1 ? one : many}`;

/** A piece of the delivery as it may stand in a sentence: on one line, cut, in quotation marks. @param {string} text */
export function quoted(text, lettersMax = 80) {
  const line = [...text.trim().replace(/\s+/g, ' ')];
  return line.length <= lettersMax ? `“${line.join('')}”` : `“${line.slice(0, lettersMax - 1).join('')}…”`;
}

/** The line, from 1, in which a position of a text lies. @param {string} text @param {number} position */
export const lineOf = (text, position) => text.slice(0, position).split('\n').length;
