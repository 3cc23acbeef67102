// The quality of the connection: a text, three bars, and the measurements.

import { byId, html, say } from './page.js';

/** @typedef {import('../api/realtime/client/realtime-client.js').ConnectionStats} ConnectionStats */

const texts = {
  unknown: 'Measuring',
  lost: 'No measurement',
  good: 'Good',
  fair: 'Fair: you may hear small gaps',
  poor: 'Poor: speech may be lost',
};

/**
 * @param {number | undefined} value
 * @param {string} unit
 * @param {number} digits
 */
const figure = (value, unit, digits) => (value === undefined ? '–' : `${value.toFixed(digits)} ${unit}`);

export class ConnectionView {
  #empty = html('connection-empty');
  #numbers = html('connection');
  #quality = html('quality');
  #text = html('quality-text');
  #trace = byId('trace', SVGPolylineElement);
  /** @type {number[]} */
  #trips = [];

  /** Shows the measurements of a call that has begun. */
  begin() {
    this.#empty.hidden = true;
    this.#numbers.hidden = false;
    this.#clear('unknown');
  }

  /** Nothing arrives: old numbers would pass for present ones. */
  pause() {
    this.#clear('lost');
  }

  /** @param {'unknown' | 'lost'} quality */
  #clear(quality) {
    this.#show(quality);
    for (const id of ['rtt', 'jitter', 'loss']) html(id).textContent = '–';
    this.#trips = [];
    this.#trace.setAttribute('points', '');
  }

  /** The call is over: old numbers would pass for present ones. */
  end() {
    this.#empty.hidden = false;
    this.#numbers.hidden = true;
  }

  /** @param {ConnectionStats} stats */
  measure({ rtt, jitter, loss, remoteLoss, quality }) {
    this.#show(quality);
    const worst = loss === undefined && remoteLoss === undefined ? undefined : Math.max(loss ?? 0, remoteLoss ?? 0);
    html('rtt').textContent = figure(rtt, 'ms', 0);
    html('jitter').textContent = figure(jitter, 'ms', 0);
    html('loss').textContent = figure(worst && worst * 100, '%', 1);
    if (rtt === undefined) return;
    this.#trips = [...this.#trips, rtt].slice(-60);
    const top = Math.max(200, ...this.#trips);
    // One sample is no trace.
    const shown = this.#trips.length > 1 ? this.#trips : [];
    this.#trace.setAttribute('points', shown
      .map((trip, index) => `${(index + 60 - shown.length) * 2},${(31 - 30 * (trip / top)).toFixed(1)}`).join(' '));
  }

  /** @param {ConnectionStats['quality'] | 'lost'} quality */
  #show(quality) {
    this.#quality.dataset.quality = quality;
    say(this.#text, texts[quality]);
  }
}
