// The box for problems: a text that screen readers announce once, a countdown that they do not announce, and buttons.

import { button, html, make, minutes } from './page.js';
import { reason, reference } from './reasons.js';

/**
 * @typedef {import('./reasons.js').RealtimeError} RealtimeError
 * @typedef {import('./reasons.js').Remedy} Remedy
 */

/** @type {Record<Remedy, string>} */
const remedies = { 'text-only': 'Continue without', key: 'Enter a key', session: 'Change the session' };

export class Trouble {
  /** Whether the server creates the calls that the errors are about. */
  served = false;
  #box = html('trouble');
  #alert = html('alert');
  #actions = html('trouble-actions');
  #countdown = html('countdown');
  #bar = html('countdown-bar');
  #text = html('countdown-text');
  #remedy = button('remedy');
  #dismiss = button('dismiss');
  #timer = 0;
  /** @type {HTMLElement} */
  #home;
  /** @type {() => void} */
  #again;
  /** @type {Remedy | undefined} */
  #offered;
  #shown = '';

  /**
   * @param {{remedy: (what: Remedy) => void, again: () => void}} actions `again` is called at the end of a wait
   * @param {HTMLElement} home the element that gets the focus if the box had it and closes
   */
  constructor(actions, home) {
    this.#remedy.addEventListener('click', () => {
      if (this.#offered) actions.remedy(this.#offered);
    });
    this.#dismiss.addEventListener('click', () => {
      home.focus();
      this.clear();
    });
    this.#home = home;
    this.#again = actions.again;
  }

  /**
   * Shows an error after which there are no more attempts, or the call continues.
   * @param {RealtimeError} error
   */
  report(error) {
    const { title, text, remedy, calm = false } = reason(error, this.served);
    this.#stop();
    this.#write(title, text, reference(error), calm);
    this.#offer(remedy);
    this.#dismiss.hidden = false;
    this.#actions.hidden = false;
    this.#box.scrollIntoView({ block: 'nearest' });
  }

  /**
   * Shows an error after which another attempt follows by itself.
   * @param {RealtimeError} error
   * @param {number} delay milliseconds
   * @param {boolean} offline
   * @param {boolean} live whether the call has been connected
   */
  wait(error, delay, offline, live) {
    const { title, text } = reason(error, this.served);
    const seconds = Math.ceil(delay / 1000);
    this.#stop();
    if (offline) {
      const what = live ? 'continues' : 'starts';
      this.#write('You are offline', `The call ${what} by itself when the network is back.`, '', true);
    } else if (error.retryAfter === undefined) {
      this.#write(title, `${text} This page keeps trying for a while.`, reference(error), false);
    } else {
      this.#write(title, `${text} Nothing is wrong: this page tries again by itself.`, reference(error), true);
    }
    this.#offer(undefined);
    this.#dismiss.hidden = true;
    this.#actions.hidden = offline || seconds < 2;
    if (!this.#actions.hidden) this.#count(delay);
    this.#box.scrollIntoView({ block: 'nearest' });
  }

  clear() {
    this.#stop();
    if (this.#box.contains(document.activeElement)) this.#home.focus();
    this.#shown = '';
    this.#alert.replaceChildren();
    this.#actions.hidden = true;
    delete this.#box.dataset.shown;
  }

  /**
   * @param {string} title
   * @param {string} text
   * @param {string} small
   * @param {boolean} calm
   */
  #write(title, text, small, calm) {
    this.#box.dataset.shown = calm ? 'calm' : 'grave';
    const all = `${title} ${text}`;
    if (all === this.#shown) return;
    this.#shown = all;
    this.#alert.replaceChildren(make('p', 'trouble-title', title), make('p', '', text));
    if (small) this.#alert.append(make('p', 'trouble-detail', small));
  }

  /** @param {Remedy | undefined} remedy */
  #offer(remedy) {
    this.#offered = remedy;
    this.#remedy.hidden = !remedy;
    if (remedy) this.#remedy.textContent = remedies[remedy];
  }

  /** @param {number} delay */
  #count(delay) {
    const end = performance.now() + delay;
    const tick = () => {
      const left = Math.max(0, end - performance.now());
      this.#bar.style.transform = `scaleX(${left / delay})`;
      this.#text.textContent = left > 0 ? `Trying again in ${minutes(Math.ceil(left / 1000))}` : 'Trying again';
      if (left > 0) return;
      clearInterval(this.#timer);
      this.#again();
    };
    this.#countdown.hidden = false;
    this.#timer = setInterval(tick, 250);
    tick();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#countdown.hidden = true;
  }
}
