// What needs attention: sentences for the headline, each with the part of the page that says more.
import { near, share } from './tables.js';
import { counted, ends } from './text.js';

/** @typedef {import('./source.js').Status} Status */
/** @typedef {import('./source.js').Call} Call */
/** @typedef {{text: string, place: string, grave?: boolean}} Concern */

/** Days before an end from which the page warns, as the alert does. */
const soon = 30;

/** @param {Status} status @param {Call[]} calls @param {string} [incomplete] @returns {Concern[]} */
export function concerns(status, calls, incomplete) {
  const { readiness, reload, sessions, limits } = status;
  /** @type {Concern[]} */
  const found = [];
  if (readiness.status !== 'ready') {
    const reasons = readiness.reasons?.join(', ') || 'no reason given';
    found.push({ text: `The daemon is not ready: ${reasons}.`, place: 'configuration', grave: true });
  }
  if (readiness.paused) found.push({ text: 'Minting is paused. SIGUSR2 resumes it.', place: 'configuration', grave: true });
  if (readiness.upstream === 'left_alone') {
    found.push({ text: 'OpenAI fails, so it is tried only now and then.', place: 'hour-name', grave: true });
  }
  // The reload and the sessions say more about the configuration than its emergency.
  for (const { kind, message } of readiness.emergencies ?? []) {
    const isKnown = kind === 'configuration' || (kind === 'upstream' && readiness.upstream === 'left_alone');
    if (!isKnown) found.push({ text: `${message}.`, place: 'hour-name', grave: true });
  }
  if (reload.last?.outcome === 'refused') {
    found.push({ text: 'The last reload was refused.', place: 'configuration', grave: true });
  }
  const broken = sessions.filter(({ file }) => file === 'broken').map(({ name }) => name);
  if (broken.length) {
    const files = broken.length === 1 ? 'A session file is' : 'Session files are';
    found.push({ text: `${files} wrong: ${broken.join(', ')}.`, place: 'sessions', grave: true });
  }
  for (const { name, ends: endings } of sessions) {
    for (const { subject, days } of endings.filter((ending) => ending.days <= soon)) {
      found.push({ text: `Session ${name}: ${subject} ${ends(days)}.`, place: 'sessions', grave: days <= 0 });
    }
  }
  for (const limit of limits.filter((limit) => share(limit) >= near)) {
    const part = Math.floor(Math.min(1, share(limit)) * 100);
    const session = limit.session ? ` of session ${limit.session}` : '';
    found.push({ text: `${limit.setting}${session} is ${part} % used.`, place: 'limits', grave: part >= 100 });
  }
  if (incomplete) found.push({ text: `The list of calls is incomplete: ${incomplete}.`, place: 'calls' });
  const stuck = calls.filter(({ failures }) => failures).length;
  if (stuck) found.push({ text: `OpenAI has not confirmed the end of ${counted(stuck, 'call')}.`, place: 'calls', grave: true });
  return found;
}
