// What the page says of a call, phase by phase: a headline for the eye, and a status line that is also read out.

/**
 * @typedef {import('../api/realtime/client/realtime-client.js').RealtimeState} RealtimeState
 * @typedef {import('../api/realtime/client/realtime-client.js').ClosedReason} ClosedReason
 */

/** @type {Record<RealtimeState, {headline: string, status: string, button: string}>} */
export const phases = {
  idle: { headline: 'Ready when you are.', status: 'Not connected.', button: 'Start call' },
  'requesting-microphone': {
    headline: 'May this page listen?',
    status: 'Your browser is asking for the microphone.',
    button: 'Cancel',
  },
  connecting: { headline: 'One moment.', status: 'Connecting.', button: 'Cancel' },
  connected: { headline: 'Listening.', status: 'Connected.', button: 'End call' },
  unstable: { headline: 'Hold on.', status: 'The connection falters. Waiting for it to come back.', button: 'End call' },
  reconnecting: { headline: 'Hold on.', status: 'The connection is lost. Connecting again.', button: 'End call' },
  closed: { headline: 'The call is over.', status: 'Not connected.', button: 'Start call' },
};

/**
 * @param {ClosedReason} reason
 * @param {string} length how long it was, or nothing if it never began
 */
export function ending(reason, length) {
  const after = length ? ` after ${length}` : '';
  switch (reason) {
    case 'hangup': return { headline: 'The call is over.', status: `The call ended${after}.` };
    case 'failed': return length
      ? { headline: 'The call broke off.', status: `The call ended${after}.` }
      : { headline: 'That did not work.', status: 'Not connected.' };
    default: return length
      ? { headline: 'The call is over.', status: `You ended the call${after}.` }
      : { headline: 'Ready when you are.', status: 'Cancelled. Not connected.' };
  }
}

/**
 * What happens during a call.
 * @param {{muted: boolean, hearing: boolean, thinking: boolean, speaking: boolean, silent: boolean}} now
 *   `silent`: there is no microphone in this call
 */
export function activity({ muted, hearing, thinking, speaking, silent }) {
  if (speaking) return 'Answering.';
  if (thinking) return 'Thinking.';
  if (hearing) return 'Hearing you.';
  if (silent) return 'Write to it.';
  return muted ? 'You are muted.' : 'Listening.';
}
