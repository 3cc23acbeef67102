// The texts for each phase of a call: a headline, and a status line that screen readers announce.

/**
 * @typedef {import('../api/realtime/client/realtime-client.js').RealtimeState} RealtimeState
 * @typedef {import('../api/realtime/client/realtime-client.js').ClosedReason} ClosedReason
 */

/** @type {Record<RealtimeState, {headline: string, status: string, button: string}>} */
export const phases = {
  idle: { headline: 'Ready when you are.', status: 'Not connected.', button: 'Start call' },
  'requesting-microphone': {
    headline: 'Allow the microphone?',
    status: 'Your browser is waiting for your permission to use the microphone.',
    button: 'Cancel',
  },
  connecting: { headline: 'One moment.', status: 'Connecting.', button: 'Cancel' },
  connected: { headline: 'Listening.', status: 'Connected.', button: 'End call' },
  unstable: { headline: 'Hold on.', status: 'The connection is unstable. It may recover.', button: 'End call' },
  reconnecting: { headline: 'Hold on.', status: 'The connection was lost. Reconnecting.', button: 'End call' },
  closed: { headline: 'The call is over.', status: 'Not connected.', button: 'Start call' },
};

/**
 * @param {ClosedReason} reason
 * @param {string} length the length of the call, or an empty string if it never began
 */
export function ending(reason, length) {
  const after = length ? ` after ${length}` : '';
  switch (reason) {
    case 'hangup': return { headline: 'The call is over.', status: `The call ended${after}.` };
    case 'failed': return length
      ? { headline: 'The call was interrupted.', status: `The call ended${after}.` }
      : { headline: 'That did not work.', status: 'Not connected.' };
    default: return length
      ? { headline: 'The call is over.', status: `You ended the call${after}.` }
      : { headline: 'Ready when you are.', status: 'Cancelled. Not connected.' };
  }
}

/**
 * The headline during a call.
 * @param {{muted: boolean, hearing: boolean, thinking: boolean, speaking: boolean, silent: boolean}} now
 *   `silent`: this call has no microphone
 */
export function activity({ muted, hearing, thinking, speaking, silent }) {
  if (speaking) return 'Answering.';
  if (thinking) return 'Thinking.';
  if (hearing) return 'Hearing you.';
  if (silent) return 'Type a message.';
  return muted ? 'You are muted.' : 'Listening.';
}
