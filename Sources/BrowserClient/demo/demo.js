// The demo page: it makes one call at a time and shows its state.

import { backoff, RealtimeClient, RealtimeError } from '../api/realtime/client/realtime-client.js';
import { ConnectionView } from './connection.js';
import { EventLog } from './events.js';
import { byId, hide, html, input } from './page.js';
import { Sound, loudness } from './sound.js';
import { Stage } from './stage.js';
import { Stone } from './stone.js';
import { TranscriptView } from './transcript.js';
import { Trouble } from './trouble.js';

/** @typedef {import('../api/realtime/client/realtime-client.js').RealtimeEvents} RealtimeEvents */

const root = new URL('..', import.meta.url);
const sessionField = input('session');
const keyField = input('key');
const message = input('message');
const messageHint = html('composer-hint');

const events = new EventLog();
const transcript = new TranscriptView(html('sandbox').hidden ? 'Model' : 'Parrot');
const connection = new ConnectionView();
const stone = new Stone(byId('stone', SVGElement));
const motion = matchMedia('(prefers-reduced-motion: reduce)');
const stage = new Stage({
  call: toggle,
  mute,
  interrupt: () => client.interrupt(),
  play: () => client.startAudio(),
  copy: () => navigator.clipboard.writeText(transcript.text),
});
const trouble = new Trouble({ remedy, again: () => stage.resume() }, html('call'));
const sound = new Sound({
  failed: (error) => trouble.report(/** @type {RealtimeError} */ (error)),
  microphone: speakAfterAll,
});

/** The errors that are shown while the call continues; the others are shown when the call ends or tries again. */
const survived = ['microphone_ended', 'session_error', 'lease_refused', 'lease_unreachable'];
/** The errors that are not shown: an answer that has just ended by itself cannot be stopped. */
const harmless = ['response_cancel_not_active'];

/** The text of the newest rule in the transcript, and whether the call has no connection since then. */
let rule = '';
let apart = false;

/** What the server says of a session that has only the other way. */
const ways = new Map([['call_required', true], ['token_required', false]]);

/** Whether this server is a sandbox; then the parrot answers. */
const sandboxed = !html('sandbox').hidden;

const parameters = new URLSearchParams(location.search);
sessionField.value = parameters.get('session') ?? '';
let silent = false;
/** Whether the user wants to type as soon as the call is connected. */
let typing = false;
/** Whether the server creates the call; otherwise it issues a token. */
let served = parameters.has('call') && parameters.get('call') !== 'false';
/** Whether this call has changed the way already. */
let turned = false;
/** Whether the message about the lease is shown. */
let unrenewed = false;
let madeFor = '';
/** @type {(() => void)[]} */
let ties = [];
/** @type {RealtimeClient} */
let client = open();

const loadParrot = () => import('../api/realtime/client/sandbox-peer.js');

/** The choices that a client is made for; other choices need another client. */
function wanted() {
  return JSON.stringify([sessionField.value.trim(), keyField.value !== '', silent, served]);
}

/**
 * A client for the session in the field, tied to the page.
 * @returns {RealtimeClient}
 */
function open() {
  const session = sessionField.value.trim();
  const keyed = keyField.value !== '';
  madeFor = wanted();
  trouble.served = served;
  html('intro').hidden = served || sandboxed;
  html('intro-call').hidden = !served || sandboxed;
  const made = new RealtimeClient({
    ...(served ? { call: new URL('api/realtime/calls', root) } : { token: new URL('api/realtime/token', root) }),
    session: session || undefined,
    answer: async (call) => (call.sandbox ? (await loadParrot()).parrot(call) : undefined),
    // Without a key the browser may send credentials of its own, which an empty field would replace.
    authorization: keyed ? () => `Bearer ${keyField.value}` : undefined,
    reconnect: backoff({ maxRetryAfter: 600_000 }),
    muted: stage.muted,
    ...sound.options,
    ...(silent ? { microphone: false } : {}),
  });
  for (const end of ties) end();
  ties = [
    made.on('statechange', change),
    made.on('retry', ({ error, delay, offline, attempt }) => {
      events.add('page', 'retry', { attempt, delay, offline, code: error.code });
      if (!apart) rule = error.code === 'session_renewed' ? 'A new session began here.' : 'The connection broke here.';
      if (stage.live) transcript.rule(rule, !apart);
      apart = true;
      // If the next attempt follows at once, the status line is enough.
      if (!offline && delay < 1000) return;
      stage.wait(delay, offline);
      trouble.wait(error, delay, offline, stage.live);
    }),
    made.on('error', (error) => {
      events.add('page', 'error', { ...error, code: error.code, message: error.message });
      if (!survived.includes(error.code) || harmless.includes(error.serverCode ?? '')) return;
      unrenewed = error.code.startsWith('lease');
      trouble.report(error);
    }),
    made.on('lease', () => {
      stage.endsAt = made.endsAt;
      if (unrenewed) trouble.clear();
      unrenewed = false;
    }),
    made.on('clientevent', (event) => events.add('sent', event.type, event)),
    made.on('serverevent', (event) => {
      events.add('received', event.type, event);
      stage.hear(event.type);
    }),
    made.on('transcript', (item) => transcript.write(item, made.transcripts)),
    made.on('devices', (list) => {
      sound.show(list);
      if (list.lost) stage.announce('Your microphone was disconnected. Another microphone is in use now.');
    }),
    made.on('mute', ({ muted }) => void (stage.muted = muted)),
    made.on('playback', ({ blocked }) => void (stage.blocked = blocked)),
    made.on('stats', (stats) => connection.measure(stats)),
    made.on('quality', ({ quality, previous }) => {
      if (made.state !== 'connected') return;
      if (quality === 'poor') stage.announce('Connected. The connection is poor: speech may be lost.');
      else if (previous === 'poor') stage.announce('Connected. The connection is better again.');
    }),
    made.on('restored', ({ items, omitted }) => {
      const known = omitted ? `The model still knows the last ${items} lines.` : 'The model still knows what was said.';
      transcript.rule(`${rule} ${items ? known : 'The model does not know what was said before.'}`, false);
    }),
    made.on('interruption', ({ active }) => {
      stage.announce(active ? 'Connected. The system has muted your microphone.' : 'Connected.');
    }),
  ];
  void sound.attach(made);
  return made;
}

/** @param {RealtimeEvents['statechange']} change */
function change({ state, previous, reason, error }) {
  events.add('page', state, { previous, reason, code: error?.code });
  const other = state === 'closed' ? ways.get(error?.serverCode ?? '') : undefined;
  if (other !== undefined && !turned) {
    turned = true;
    served = other;
    begin();
    return;
  }
  stage.interruptible = client.session?.type !== 'live';
  stage.show(state, reason, silent);
  document.body.dataset.phase = state;
  if (state === 'connected' || state === 'closed') apart = false;
  const over = state === 'idle' || state === 'closed';
  for (const field of [sessionField, keyField]) field.readOnly = !over;
  if (state === 'unstable' || state === 'reconnecting') connection.pause();
  if (state === 'connected') {
    trouble.clear();
    connection.begin();
    messageHint.hidden = true;
    html('composer').hidden = false;
    if (typing) message.focus();
    typing = false;
    void sound.refresh();
    requestAnimationFrame(draw);
  }
  if (state !== 'closed') return;
  connection.end();
  transcript.settle();
  document.body.dataset.view = transcript.isEmpty ? 'hero' : 'call';
  hide(html('composer'), html('call'));
  if (!transcript.isEmpty) stage.offerCopy();
  if (error && (reason === 'failed' || reason === 'hangup')) trouble.report(error);
  else if (reason === 'hangup') trouble.report(new RealtimeError('hangup', ''));
  else trouble.clear();
}

/** Starts a call, or ends the current one. */
function toggle() {
  if (client.state === 'idle' || client.state === 'closed') start(false);
  else client.disconnect();
}

/** @param {boolean} withoutMicrophone */
function start(withoutMicrophone) {
  silent = withoutMicrophone;
  turned = unrenewed = false;
  begin();
}

function begin() {
  if (wanted() !== madeFor) client = open();
  trouble.clear();
  transcript.clear();
  // The rejection is also reported as an event.
  client.connect().catch(() => {});
}

/** Shows that the user has added a microphone to a call that began without one. */
function speakAfterAll() {
  if (!silent || !stage.live) return;
  silent = false;
  madeFor = wanted();
  stage.show(client.state, undefined, silent);
}

function mute() {
  if (client.muted) client.unmute();
  else client.mute();
}

/** @param {import('./trouble.js').Remedy} what */
function remedy(what) {
  if (what === 'text-only') {
    html('call').focus();
    start(true);
    typing = true;
  } else {
    input(what).focus();
  }
}

/** Draws one frame of the levels, and requests the next one while the call lasts. */
function draw() {
  const lasts = ['connected', 'unstable', 'reconnecting'].includes(client.state);
  const { input: sent, output: heard } = lasts ? client.levels() : { input: 0, output: 0 };
  sound.draw(loudness(sent), loudness(heard));
  if (lasts) {
    stone.draw(loudness(sent), loudness(heard), motion.matches);
    requestAnimationFrame(draw);
  } else {
    stone.rest();
  }
}

// Before and after a call, no client listens for device changes.
navigator.mediaDevices?.addEventListener('devicechange', () => void sound.refresh());

html('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = message.value.trim();
  const ready = client.state === 'connected' || client.state === 'unstable';
  messageHint.hidden = ready;
  if (!ready) {
    messageHint.textContent = 'Start a call to send this message. Your text is kept.';
  } else if (text) {
    try {
      client.sendText(text);
      message.value = '';
    } catch {
      messageHint.textContent = 'This session accepts no typed messages. Your text is kept.';
      messageHint.hidden = false;
    }
  }
  message.focus();
});

for (const field of [sessionField, keyField]) {
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    if (client.state === 'idle' || client.state === 'closed') start(false);
  });
}
