// The stage: the headline, the status line, the clock, and the buttons of the call.

import { button, hide, html, input, minutes, say } from './page.js';
import { activity, ending, phases } from './words.js';

/**
 * @typedef {import('./words.js').RealtimeState} RealtimeState
 * @typedef {import('./words.js').ClosedReason} ClosedReason
 */

/**
 * Server events that say what goes on, and what it is.
 * @type {Record<string, {hearing?: boolean, thinking?: boolean, speaking?: boolean}>}
 */
const signs = {
  'input_audio_buffer.speech_started': { hearing: true },
  'input_audio_buffer.speech_stopped': { hearing: false },
  'response.created': { thinking: true, hearing: false },
  'response.output_text.delta': { thinking: false },
  'output_audio_buffer.started': { thinking: false, speaking: true },
  'output_audio_buffer.stopped': { speaking: false },
  'output_audio_buffer.cleared': { speaking: false },
  'response.done': { thinking: false },
};

export class Stage {
  #headline = html('headline');
  #status = html('status');
  #facts = html('facts');
  #clock = html('clock');
  #call = button('call');
  #mute = button('mute');
  #interrupt = button('interrupt');
  #play = button('start-audio');
  #muted = false;
  #silent = false;
  #now = { hearing: false, thinking: false, speaking: false };
  /** @type {RealtimeState} */
  #state = 'idle';
  /** When this call was connected first, by performance.now(); 0 before that. */
  #began = 0;
  #ticking = 0;

  /** @param {{call: () => void, mute: () => void, interrupt: () => void, play: () => Promise<void>}} actions */
  constructor({ call, mute, interrupt, play }) {
    this.#call.addEventListener('click', call);
    this.#mute.addEventListener('click', mute);
    this.#interrupt.addEventListener('click', () => {
      if (this.#interrupt.ariaDisabled !== 'true') interrupt();
    });
    this.#play.addEventListener('click', () => void play().catch(() => {}));
    this.#call.disabled = false;
    this.#mutter();
  }

  /** Whether there is a call that has been connected. */
  get live() {
    return this.#began > 0;
  }

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    this.#mute.setAttribute('aria-pressed', String(muted));
    this.#mutter();
  }

  /**
   * Whether the browser wants a click before it plays.
   * @param {boolean} blocked
   */
  set blocked(blocked) {
    if (blocked) {
      this.#play.hidden = false;
      say(this.#status, 'Connected. Your browser wants a click before it plays the answers.');
    } else {
      hide(this.#play, this.#call);
    }
  }

  /** @param {string} words */
  remark(words) {
    say(this.#status, words);
  }

  /** The next attempt is some time away. */
  wait() {
    say(this.#headline, 'A short wait.');
    say(this.#status, 'Not connected. Waiting to try again.');
  }

  /** The wait is over. */
  resume() {
    say(this.#headline, phases[this.#state].headline);
    say(this.#status, phases[this.#state].status);
  }

  /**
   * What a server event tells of who speaks.
   * @param {string} type
   */
  hear(type) {
    const sign = signs[type];
    if (!sign) return;
    Object.assign(this.#now, sign);
    this.#mutter();
  }

  /**
   * @param {RealtimeState} state
   * @param {ClosedReason | undefined} reason
   * @param {boolean} silent
   */
  show(state, reason, silent) {
    this.#state = state;
    this.#silent = silent;
    if (state === 'connected' && !this.#began) this.#begin();
    const length = this.#began ? minutes((performance.now() - this.#began) / 1000) : '';
    const words = reason ? { ...phases.closed, ...ending(reason, length) } : phases[state];
    const live = this.live && state !== 'closed';
    say(this.#status, words.status);
    say(this.#headline, words.headline);
    say(this.#call, words.button);
    this.#call.classList.toggle('primary', state === 'idle' || state === 'closed');
    this.#call.classList.toggle('ends', live);
    if (live && !silent) this.#mute.hidden = false;
    else hide(this.#mute, this.#call);
    if (live) this.#interrupt.hidden = false;
    else hide(this.#interrupt, this.#call);
    this.#facts.hidden = !live;
    if (this.#began) document.body.dataset.view = 'call';
    if (state !== 'connected') this.#now = { hearing: false, thinking: false, speaking: false };
    if (state === 'closed') this.#end();
    document.title = live ? 'On a call: ephemerald' : 'ephemerald: a voice conversation';
    this.#mutter();
  }

  #begin() {
    this.#began = performance.now();
    html('facts-session').textContent = `Session ${input('session').value.trim() || 'default'}`;
    const tick = () => {
      this.#clock.textContent = minutes((performance.now() - this.#began) / 1000);
    };
    tick();
    this.#ticking = setInterval(tick, 1000);
  }

  #end() {
    clearInterval(this.#ticking);
    this.#began = 0;
    hide(this.#play, this.#call);
  }

  /** Renews what is not read out: it changes with every breath. */
  #mutter() {
    const { thinking, speaking } = this.#now;
    // Not the disabled attribute: it would take the focus away from whoever has just pressed it.
    this.#interrupt.ariaDisabled = String(!thinking && !speaking);
    if (this.#state === 'connected') {
      say(this.#headline, activity({ ...this.#now, muted: this.#muted, silent: this.#silent }));
    }
  }
}
