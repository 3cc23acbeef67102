// The stage: the headline, the status line, the clock, and the buttons of the call.

import { button, hide, html, input, minutes, say } from './page.js';
import { activity, ending, phases } from './words.js';

/**
 * @typedef {import('./words.js').RealtimeState} RealtimeState
 * @typedef {import('./words.js').ClosedReason} ClosedReason
 */

/**
 * What each of these server events says about the conversation.
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
  'session.delegation.created': { thinking: true },
  // A live session says when somebody speaks, not when they stop.
  'session.input_transcript.delta': { hearing: true, thinking: false },
  'session.output_transcript.delta': { speaking: true, hearing: false, thinking: false },
};

/** The time after which a live session's speaker has stopped, in milliseconds. */
const pause = 1500;

const blockedStatus = 'Connected. Your browser needs a click before it plays the answers.';

/** The seconds before the end of a call at which it is announced. */
const warning = 60;

/**
 * The text of a button that has an icon, too.
 * @param {HTMLElement} button
 */
const label = (button) => button.querySelector('span') ?? button;

export class Stage {
  #headline = html('headline');
  #status = html('status');
  #facts = html('facts');
  #clock = html('clock');
  #left = html('left');
  #call = button('call');
  #mute = button('mute');
  #interrupt = button('interrupt');
  #play = button('start-audio');
  #copy = button('copy');
  #muted = false;
  #silent = false;
  #now = { hearing: false, thinking: false, speaking: false };
  /** @type {RealtimeState} */
  #state = 'idle';
  /** The time at which this call was first connected, by performance.now(); 0 before that. */
  #began = 0;
  #ticking = 0;
  #silence = 0;
  #warned = false;
  /** @type {number | undefined} when the server ends the call at the latest, by Date.now() */
  endsAt;
  /** Whether the model's answers can be interrupted by a button. */
  interruptible = true;

  /**
   * @param {{call: () => void, mute: () => void, interrupt: () => void, play: () => Promise<void>,
   *   copy: () => Promise<void>}} actions
   */
  constructor({ call, mute, interrupt, play, copy }) {
    this.#call.addEventListener('click', call);
    this.#mute.addEventListener('click', mute);
    this.#interrupt.addEventListener('click', () => {
      if (this.#interrupt.ariaDisabled !== 'true') interrupt();
    });
    this.#play.addEventListener('click', () => void play().catch(() => {}));
    this.#copy.addEventListener('click', () => void copy().then(
      () => this.announce('The transcript is copied.'), () => this.announce('Your browser did not allow to copy.')));
    document.addEventListener('keydown', ({ key, target, ctrlKey, metaKey, altKey }) => {
      const writes = target instanceof HTMLElement && target.matches('input:not([type=range], [type=radio]), select');
      if (writes || ctrlKey || metaKey || altKey || !this.live) return;
      if (key === 'Escape') call();
      else if (key.toLowerCase() === 'm' && !this.#mute.hidden) mute();
    });
    this.#call.disabled = false;
    this.#update();
  }

  /** True if the current call has been connected. */
  get live() {
    return this.#began > 0;
  }

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    this.#mute.setAttribute('aria-pressed', String(muted));
    say(label(this.#mute), muted ? 'Muted' : 'Mute');
    this.#update();
  }

  /**
   * Sets whether the browser requires a click before it plays audio.
   * @param {boolean} blocked
   */
  set blocked(blocked) {
    if (blocked) this.#play.hidden = false;
    else hide(this.#play, this.#call);
    if (this.#state === 'connected') say(this.#status, this.#connected);
  }

  /** The status line of a call that is connected; the sound may be blocked before that, and for longer. */
  get #connected() {
    return this.#play.hidden ? phases.connected.status : blockedStatus;
  }

  /** @param {string} text */
  announce(text) {
    say(this.#status, text);
  }

  /**
   * Shows that the next attempt is some time away.
   * @param {number} delay milliseconds
   * @param {boolean} offline
   */
  wait(delay, offline) {
    const wait = delay > 60_000 ? 'A longer wait.' : 'A short wait.';
    say(this.#headline, offline ? 'Waiting for the network.' : wait);
    say(this.#status, 'Not connected. Waiting to try again.');
  }

  /** Shows that the wait is over. */
  resume() {
    say(this.#headline, phases[this.#state].headline);
    say(this.#status, phases[this.#state].status);
  }

  /**
   * Shows who is speaking, by a server event.
   * @param {string} type
   */
  hear(type) {
    const sign = signs[type];
    if (!sign) return;
    Object.assign(this.#now, sign);
    this.#update();
    if (!type.endsWith('_transcript.delta')) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      Object.assign(this.#now, { hearing: false, speaking: false });
      this.#update();
    }, pause);
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
    const texts = reason ? { ...phases.closed, ...ending(reason, length) } : phases[state];
    const live = this.live && state !== 'closed';
    say(this.#status, state === 'connected' ? this.#connected : texts.status);
    say(this.#headline, texts.headline);
    say(label(this.#call), texts.button);
    this.#copy.hidden = true;
    this.#call.classList.toggle('primary', state === 'idle' || state === 'closed');
    this.#call.classList.toggle('ends', live);
    if (live && !silent) this.#mute.hidden = false;
    else hide(this.#mute, this.#call);
    if (live && this.interruptible) this.#interrupt.hidden = false;
    else hide(this.#interrupt, this.#call);
    this.#facts.hidden = !live;
    if (this.#began && document.body.dataset.view !== 'call') {
      document.body.dataset.view = 'call';
      // Where the page was longer, it may have been scrolled to the button.
      scrollTo(0, 0);
    }
    if (state !== 'connected') this.#now = { hearing: false, thinking: false, speaking: false };
    if (state === 'closed') this.#end();
    document.title = live ? 'On a call: ephemerald' : 'ephemerald: a voice conversation';
    this.#update();
  }

  #begin() {
    this.#began = performance.now();
    html('facts-session').textContent = `Session ${input('session').value.trim() || 'default'}`;
    const tick = () => {
      this.#clock.textContent = minutes((performance.now() - this.#began) / 1000);
      this.#showLeft();
    };
    tick();
    this.#ticking = setInterval(tick, 1000);
  }

  #showLeft() {
    this.#left.hidden = this.endsAt === undefined;
    if (this.endsAt === undefined) return;
    const seconds = Math.max(0, Math.round((this.endsAt - Date.now()) / 1000));
    this.#left.textContent = `${minutes(seconds)} left`;
    if (seconds > warning || this.#warned) return;
    this.#warned = true;
    this.announce('Connected. This call ends in less than a minute.');
  }

  /** Offers the transcript of the call that has ended. */
  offerCopy() {
    this.#copy.hidden = false;
  }

  #end() {
    clearInterval(this.#ticking);
    clearTimeout(this.#silence);
    this.#began = 0;
    this.#warned = false;
    this.endsAt = undefined;
    hide(this.#play, this.#call);
  }

  /** Updates the texts that screen readers do not announce, because they change often. */
  #update() {
    const { thinking, speaking } = this.#now;
    // The disabled attribute would remove the focus from a button that was just pressed.
    this.#interrupt.ariaDisabled = String(!thinking && !speaking);
    if (this.#state === 'connected') {
      say(this.#headline, activity({ ...this.#now, muted: this.#muted, silent: this.#silent }));
    }
  }
}
