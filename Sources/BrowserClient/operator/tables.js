// The tables of refusals, sessions and limits, and what is known about the configuration.
import { html, make, say } from '../demo/page.js';
import { refused } from './charts.js';
import { ago, count, counted, ends, latency, minute } from './text.js';

/** @typedef {import('./source.js').Status} Status */
/** @typedef {import('./source.js').Minute} Minute */
/** @typedef {import('./source.js').Session} Session */
/** @typedef {import('./source.js').Limit} Limit */
/** @typedef {import('./source.js').Finding} Finding */

/** From this part of a limit on the page warns. */
export const near = 0.8;

/** @param {(string | Node)[]} cells the first one is the row's heading @param {Set<number>} numbers */
function row(cells, numbers = new Set()) {
  const line = make('tr');
  cells.forEach((content, index) => {
    const cell = make(index ? 'td' : 'th', numbers.has(index) ? 'number' : '');
    if (!index) cell.setAttribute('scope', 'row');
    cell.append(content);
    line.append(cell);
  });
  return line;
}

/**
 * Shows these elements. Those that say the same stay, so that an update neither moves a screen reader nor drops a selection.
 * @param {HTMLElement} place
 * @param {HTMLElement[]} fresh
 */
function fill(place, fresh) {
  fresh.forEach((element, index) => {
    const old = place.children[index];
    if (!old) place.append(element);
    else if (!old.isEqualNode(element)) old.replaceWith(element);
  });
  while (place.children.length > fresh.length) place.lastElementChild?.remove();
}

/** @param {string} text @param {...(string | undefined)} details */
function titled(text, ...details) {
  const part = document.createDocumentFragment();
  part.append(text, ...details.filter((detail) => detail).map((detail) => make('span', 'soft', detail)));
  return part;
}

/** @param {Finding[]} findings */
const items = (findings) => findings.map(({ severity, message }) => {
  const item = make('li', '', message);
  item.dataset.level = severity;
  return item;
});

/**
 * The refusals of the hour, by a key of each.
 * @param {Minute[]} minutes
 * @param {(refusal: import('./source.js').Refusals) => string} key
 */
function tally(minutes, key) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const refusal of minutes.flatMap(({ refusals }) => refusals)) {
    sums.set(key(refusal), (sums.get(key(refusal)) ?? 0) + refusal.count);
  }
  return sums;
}

/** @param {Minute[]} minutes */
export function showMinutes(minutes) {
  const numbers = new Set([1, 2, 3, 4, 5]);
  fill(html('minutes'), [...minutes].reverse().map((one) => row([
    minute(one.start), count(one.tokens), count(one.calls), count(refused(one)),
    latency(one.upstream.p50_seconds), latency(one.upstream.p95_seconds),
  ], numbers)));
}

/** @param {Minute[]} minutes */
export function showRefusals(minutes) {
  const sums = [...tally(minutes, ({ code, dimension }) => (dimension ? `${code} ${dimension}` : code))];
  sums.sort(([, left], [, right]) => right - left);
  html('refusals-table').hidden = !sums.length;
  html('refusals-empty').hidden = sums.length > 0;
  fill(html('refusals-rows'), sums.map(([name, sum]) => {
    const [code, dimension] = name.split(' ');
    const heading = document.createDocumentFragment();
    heading.append(make('code', '', code));
    if (dimension) heading.append(make('span', 'soft', dimension));
    return row([heading, count(sum)], new Set([1]));
  }));
}

/** @param {Session} session */
function state(session) {
  const part = document.createDocumentFragment();
  const isWrong = session.file === 'broken' || session.findings.some(({ severity }) => severity === 'error')
    || session.ends.some(({ days }) => days <= 0);
  const level = isWrong ? 'error' : session.ends.length || session.findings.length ? 'warning' : '';
  const next = [...session.ends].sort((left, right) => left.days - right.days)[0];
  let words = 'In order';
  if (session.findings.length) words = counted(session.findings.length, 'finding');
  if (next) words = `${next.subject} ${ends(next.days)}`;
  if (session.file === 'broken') words = 'The file is wrong; its last valid contents are in force';
  const text = make('span', '', words);
  if (level) text.dataset.level = level;
  part.append(text);
  // An end has a finding of its own, which says what to use instead.
  if (session.findings.length) {
    const list = make('ul', 'findings');
    list.append(...items(session.findings));
    part.append(list);
  }
  return part;
}

/** @param {Status} status */
export function showSessions({ sessions, sessions_left_out: more }) {
  fill(html('sessions-rows'), sessions.map((session) => {
    const mint = session.last_mint;
    const last = mint ? `last mint ${mint.outcome}, ${ago(mint.age_seconds)}` : 'no mint yet';
    return row([titled(session.name, [session.type, session.model].filter(Boolean).join(' · '), last), state(session)]);
  }));
  html('sessions-more').hidden = !more;
  say(html('sessions-more'), `${counted(more ?? 0, 'more session')}.`);
}

/** @param {Limit} limit */
export const share = ({ used, max }) => (used === undefined || !max ? 0 : used / max);

/** @param {Limit} limit */
function use(limit) {
  if (limit.used === undefined || limit.max === undefined) return make('span', 'soft', limit.limit);
  const part = document.createDocumentFragment();
  const bar = make('span', 'bar');
  bar.setAttribute('aria-hidden', 'true');
  const fraction = Math.min(1, share(limit));
  const level = fraction >= 1 ? 'error' : fraction >= near ? 'warning' : '';
  if (level) bar.dataset.level = level;
  const filled = make('span');
  filled.style.transform = `scaleX(${fraction})`;
  bar.append(filled);
  // The currency is the operator's own, and has no name.
  const unit = limit.unit === 'money' ? '' : ` ${limit.unit}`;
  part.append(`${count(limit.used)} of ${count(limit.max)}${unit}`, bar);
  return part;
}

/** @param {Status} status */
export function showLimits({ limits, minutes }) {
  const refusals = tally(minutes, ({ code, dimension }) => `${code} ${dimension ?? ''}`);
  // Of sessions, only those that use some of theirs.
  const shown = limits.filter(({ session, used }) => session === undefined || used);
  fill(html('limits-rows'), shown.map((limit) => {
    const heading = document.createDocumentFragment();
    const setting = make('code');
    setting.append(...limit.setting.split('_').flatMap((word, index) => (index ? ['_', make('wbr'), word] : [word])));
    heading.append(setting);
    const detail = [limit.session && `session ${limit.session}`, limit.used === undefined || limit.limit === String(limit.max) ? '' : limit.limit];
    heading.append(make('span', 'soft', detail.filter(Boolean).join(', ')));
    // Refusals are not counted by session.
    const number = limit.code && !limit.session ? count(refusals.get(`${limit.code} ${limit.dimension ?? ''}`) ?? 0) : '';
    return row([heading, use(limit), number], new Set([2]));
  }));
}

/** @param {Status} status */
export function showConfiguration({ reload, findings }) {
  const { done, refused: refusedReloads, last } = reload;
  let text = 'It was read at the start, and not since.';
  if (last?.outcome === 'done') text = `Last reload, ${ago(last.age_seconds)}: ${last.summary}.`;
  if (last?.outcome === 'refused') {
    text = `The last reload, ${ago(last.age_seconds)}, was refused, so the old configuration is in force.`;
  }
  const line = html('reload');
  say(line, text);
  if (last?.outcome === 'refused') line.dataset.level = 'error';
  else delete line.dataset.level;
  say(html('reload-counts'), `${counted(done, 'reload')} took effect, ${count(refusedReloads)} refused`);
  html('findings').hidden = !findings.length;
  fill(html('findings'), items(findings));
}
