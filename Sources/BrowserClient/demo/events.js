// The event log: events that were sent, received, or made by the page itself. It can be filtered and saved as a file.

import { button, html, input, make, say, select } from './page.js';

/**
 * @typedef {'received' | 'sent' | 'page'} Side
 * @typedef {{time: Date, side: Side, type: string, body: unknown}} Entry
 */

/** The number of events kept for the export; older ones are removed. */
const most = 5000;
/** The number of events listed; a longer list costs layout time. */
const shown = 200;
const arrows = { received: '↓', sent: '↑', page: '·' };
const sides = { received: 'Received', sent: 'Sent', page: 'This page' };

/**
 * A type with line break opportunities after its dots and underscores.
 * @param {string} type
 */
function breakable(type) {
  const name = make('span', 'type');
  type.split(/(?<=[._])/).forEach((part, index) => name.append(...(index ? [make('wbr'), part] : [part])));
  return name;
}

export class EventLog {
  #list = html('events');
  #empty = html('events-empty');
  #count = html('events-count');
  #filter = input('events-filter');
  #side = select('events-side');
  #export = button('events-export');
  #clear = button('events-clear');
  /** @type {Entry[]} */
  #entries = [];
  #matching = 0;
  #planned = false;

  constructor() {
    // One tab stop for the list; its rows are reached by the arrow keys.
    this.#list.addEventListener('keydown', (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const rows = [...this.#list.querySelectorAll('summary')];
      const at = rows.findIndex((row) => row === document.activeElement);
      if (!step || (at < 0 && document.activeElement !== this.#list)) return;
      event.preventDefault();
      rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus();
    });
    this.#filter.addEventListener('input', () => this.#redraw());
    this.#side.addEventListener('change', () => this.#redraw());
    this.#export.addEventListener('click', () => this.#save());
    this.#clear.addEventListener('click', () => {
      this.#entries = [];
      this.#filter.focus();
      this.#redraw();
    });
  }

  /**
   * @param {Side} side
   * @param {string} type
   * @param {unknown} body
   */
  add(side, type, body) {
    const entry = { time: new Date(), side, type, body };
    this.#entries.push(entry);
    if (this.#entries.length > most) this.#entries.shift();
    if (this.#matches(entry)) {
      this.#matching += 1;
      this.#list.prepend(this.#row(entry));
      // The oldest row is removed, unless it has the focus.
      const last = this.#list.lastElementChild;
      if (this.#list.childElementCount > shown && last && !last.contains(document.activeElement)) last.remove();
    }
    // Deltas arrive by the dozen, so the counts are updated once a frame.
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#describe();
    });
  }

  /** @param {Entry} entry */
  #matches({ side, type }) {
    const wanted = this.#filter.value.trim().toLowerCase();
    return (!this.#side.value || this.#side.value === side) && type.toLowerCase().includes(wanted);
  }

  #redraw() {
    const matching = this.#entries.filter((entry) => this.#matches(entry));
    this.#matching = matching.length;
    this.#list.replaceChildren(...matching.slice(-shown).reverse().map((entry) => this.#row(entry)));
    this.#describe();
  }

  #describe() {
    const all = this.#entries.length;
    this.#list.hidden = this.#matching === 0;
    this.#empty.hidden = this.#matching > 0;
    say(this.#empty, all
      ? 'No event matches.'
      : 'No events yet. Events that are sent and received during a call are listed here.');
    say(this.#count, all === this.#matching ? (all ? String(all) : '') : `${this.#matching} of ${all}`);
    this.#export.disabled = all === 0;
    this.#clear.disabled = all === 0;
  }

  /** @param {Entry} entry */
  #row({ time, side, type, body }) {
    const row = make('li', type === 'error' ? 'is-error' : '');
    const details = make('details');
    const summary = make('summary');
    summary.tabIndex = -1;
    const arrow = make('span', 'arrow', arrows[side]);
    arrow.setAttribute('aria-hidden', 'true');
    const stamp = make('time', '', time.toLocaleTimeString('en-GB'));
    stamp.dateTime = time.toISOString();
    summary.append(arrow, make('span', 'visually-hidden', sides[side]), breakable(type), stamp);
    details.append(summary);
    details.addEventListener('toggle', () => {
      if (details.childElementCount > 1) return;
      const text = make('pre', '', JSON.stringify(body, null, 2));
      text.tabIndex = 0;
      text.setAttribute('aria-label', `${type}, as JSON`);
      text.setAttribute('role', 'group');
      details.append(text);
    });
    row.append(details);
    return row;
  }

  /** Saves all entries, not only those that match the filter. */
  #save() {
    const entries = this.#entries.map(({ time, side, type, body }) => ({ time: time.toISOString(), side, type, body }));
    const url = URL.createObjectURL(new Blob([JSON.stringify(entries, null, 2)], { type: 'application/json' }));
    const link = make('a');
    link.href = url;
    link.download = `ephemerald-events-${new Date().toISOString().replace(/[:.]/g, '-')}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}
