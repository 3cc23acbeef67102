// The charts of the last hour: one slot for each minute, the newest on the right.
import { make, say } from '../demo/page.js';
import { count, latency } from './text.js';

/** @typedef {import('./source.js').Minute} Minute */

const SVG = 'http://www.w3.org/2000/svg';
const slots = 60;
const width = 4;
const height = 72;

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {(minute: Minute) => {low: number, high: number}} bar what is drawn for a minute: from 0 to `low`, and lighter
 *   from there to `high`
 * @property {(minutes: Minute[]) => string} value the large figure
 * @property {(highest: number) => string} peak
 * @property {(minutes: Minute[]) => string} alternative the chart in one sentence
 */

/** @param {Minute} minute */
export const refused = ({ refusals }) => refusals.reduce((sum, { count }) => sum + count, 0);

/**
 * @param {Minute[]} minutes
 * @param {(minute: Minute) => number} figure
 */
const sum = (minutes, figure) => minutes.reduce((total, minute) => total + figure(minute), 0);

/**
 * @param {string} name
 * @param {(minute: Minute) => number} figure
 * @returns {Kind}
 */
function counts(name, figure) {
  return {
    name,
    bar: (minute) => ({ low: figure(minute), high: figure(minute) }),
    value: (minutes) => count(sum(minutes, figure)),
    peak: (highest) => (highest ? `up to ${count(highest)} a minute` : ''),
    alternative: (minutes) => {
      const highest = Math.max(0, ...minutes.map(figure));
      return `${name}: ${count(sum(minutes, figure))} in the last hour, at most ${count(highest)} in a minute, `
        + `${count(figure(minutes[minutes.length - 1]))} in this one`;
    },
  };
}

/**
 * The latest minute with a request to the upstream.
 * @param {Minute[]} minutes
 */
const latest = (minutes) => [...minutes].reverse().find(({ upstream }) => upstream.requests > 0)?.upstream;

/** @type {Record<string, Kind>} */
const kinds = {
  tokens: counts('Tokens', ({ tokens }) => tokens),
  calls: counts('Calls', ({ calls }) => calls),
  refusals: counts('Refusals', refused),
  upstream: {
    name: 'Median upstream latency',
    bar: ({ upstream }) => ({ low: upstream.p50_seconds ?? 0, high: upstream.p95_seconds ?? 0 }),
    value: (minutes) => latency(latest(minutes)?.p50_seconds),
    peak: (highest) => (highest ? `p95 up to ${latency(highest)}` : ''),
    alternative: (minutes) => {
      const last = latest(minutes);
      if (!last) return 'Upstream latency: no request in the last hour';
      return `Upstream latency: median ${latency(last.p50_seconds)} and 95th percentile ${latency(last.p95_seconds)} in the `
        + 'latest minute with a request';
    },
  },
};

/**
 * A bar that stands on the base line or on another bar.
 * @param {number} slot
 * @param {number} from
 * @param {number} to
 * @param {string} [className]
 */
function rect(slot, from, to, className) {
  const element = document.createElementNS(SVG, 'rect');
  if (className) element.setAttribute('class', className);
  const box = { x: slot * width + 0.5, y: height - to, width: width - 1, height: to - from };
  for (const [name, value] of Object.entries(box)) element.setAttribute(name, String(value));
  return element;
}

/** @param {Kind} kind @param {Minute[]} minutes @param {number} highest */
function bars(kind, minutes, highest) {
  const first = slots - minutes.length;
  // Something that is not nothing can be seen.
  const scaled = (/** @type {number} */ value) => (value ? Math.max(2, (value / highest) * (height - 2)) : 0);
  return minutes.flatMap((minute, index) => {
    const { low, high } = kind.bar(minute);
    const [from, to] = [scaled(low), scaled(high)];
    const drawn = from ? [rect(first + index, 0, from)] : [];
    if (to > from) drawn.push(rect(first + index, from, to, 'range'));
    return drawn;
  });
}

/**
 * Makes the charts, and gives the function that draws them.
 * @param {HTMLElement} place
 */
export function charts(place) {
  const drawn = Object.entries(kinds).map(([id, kind]) => {
    const figure = make('figure', 'chart');
    figure.dataset.kind = id;
    const svg = document.createElementNS(SVG, 'svg');
    const attributes = { viewBox: `0 0 ${slots * width} ${height}`, preserveAspectRatio: 'none', role: 'img' };
    for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
    const caption = make('figcaption');
    const [value, peak] = [make('span', 'value', '–'), make('span', 'peak')];
    value.id = `hour-${id}`;
    caption.append(make('span', 'name', kind.name), value, peak);
    const ticks = make('p', 'ticks');
    ticks.setAttribute('aria-hidden', 'true');
    ticks.append(make('span', '', '60 min ago'), make('span', '', 'now'));
    const total = make('p', 'total');
    total.id = `total-${id}`;
    figure.append(caption, svg, ticks, total);
    place.append(figure);
    return { id, kind, svg, value, peak, total };
  });

  /** @param {Minute[]} minutes @param {Record<string, number>} totals */
  return (minutes, totals) => {
    for (const { id, kind, svg, value, peak, total } of drawn) {
      const highest = Math.max(0, ...minutes.map((minute) => kind.bar(minute).high));
      svg.replaceChildren(...bars(kind, minutes, highest));
      svg.setAttribute('aria-label', kind.alternative(minutes));
      say(value, kind.value(minutes));
      say(peak, kind.peak(highest));
      say(total, `${count(totals[id] ?? 0)} ${id === 'upstream' ? 'requests ' : ''}since the start`);
    }
  };
}
