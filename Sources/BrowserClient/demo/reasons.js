// What a failure means to the person in front of the page, and what that person can do about it.

/**
 * @typedef {import('../api/realtime/client/realtime-client.js').RealtimeError} RealtimeError
 * @typedef {'text-only' | 'key' | 'session'} Remedy
 * @typedef {{title: string, text: string, remedy?: Remedy, calm?: boolean}} Reason
 */

/**
 * By the server's own code, which says more than the client's.
 * @type {Record<string, () => Reason>}
 */
const byServerCode = {
  origin_not_allowed: () => ({
    title: 'This address may not start calls',
    text: `The server has a list of the pages it serves, and ${location.origin} is not on it. `
      + 'Its operator can add this address to ALLOWED_ORIGINS, or to the list of the session file.',
  }),
  authentication_required: () => ({
    title: 'This server asks who you are',
    text: 'Enter the access key you were given, or log in where this page is served from, and start again.',
    remedy: 'key',
  }),
  authentication_failed: () => ({
    title: 'That key was not accepted',
    text: 'Look for a missing character or a space too many, and start again.',
    remedy: 'key',
  }),
  unknown_session: () => ({
    title: 'There is no session of that name',
    text: 'Names are those of the session files on the server, without “.json”. Leave the field empty for the default.',
    remedy: 'session',
  }),
  upstream_auth: () => ({
    title: 'The model’s service refused the server',
    text: 'Nothing is wrong with this page. The operator of the server should look at its API key.',
  }),
  upstream_quota: () => ({
    title: 'The account is used up',
    text: 'The model’s service wants to be paid before it takes another call. The operator of the server can see to it.',
  }),
  upstream_rejected: () => ({
    title: 'The session file is not accepted',
    text: 'The model’s service refused this session’s configuration; the server’s log says which part of it.',
    remedy: 'session',
  }),
  upstream_not_found: () => ({
    title: 'The model or its service was not found',
    text: 'Nothing is wrong with this page. The operator of the server should look at the model of the session, and at '
      + 'OPENAI_BASE_URL; the server’s log says which.',
    remedy: 'session',
  }),
  sandbox_takes_no_calls: () => ({
    title: 'Nobody takes the call',
    text: 'The ticket is there, but this server runs on its sandbox, which hands out tickets and nothing else. '
      + 'Its operator can start it with an API key and without SANDBOX.',
  }),
  session_expired: () => ({
    title: 'The session has reached its longest time',
    text: 'A call lasts an hour at most. Start another one to go on; it will not remember this one.',
    calm: true,
  }),
};

/**
 * By the client's code.
 * @type {Record<string, (error: RealtimeError) => Reason>}
 */
const byCode = {
  microphone_denied: () => ({
    title: 'The microphone is not allowed',
    text: 'Your browser keeps it from this page. Allow it in the settings beside the address, and start again; '
      + 'or go on without a microphone, and type.',
    remedy: 'text-only',
  }),
  microphone_missing: () => ({
    title: 'No microphone was found',
    text: 'Plug one in, or choose another one under Sound, and start again; or go on without, and type.',
    remedy: 'text-only',
  }),
  microphone_busy: () => ({
    title: 'The microphone does not open',
    text: 'Another program may be using it. Close that one and start again; or go on without, and type.',
    remedy: 'text-only',
  }),
  microphone_ended: () => ({
    title: 'The microphone is gone',
    text: 'It was unplugged or switched off, and there is no other. The call goes on: you can hear and type.',
    calm: true,
  }),
  device_failed: () => ({
    title: 'That device could not be used',
    text: 'The one before stays in use.',
    calm: true,
  }),
  unsupported: () => ({
    title: 'This browser cannot make the call',
    text: window.isSecureContext
      ? 'It has no WebRTC or gives no access to a microphone. A current Chrome, Edge, Firefox or Safari can.'
      : 'Browsers give a microphone to secure pages only: open this page by https, or on localhost.',
  }),
  rate_limited: () => ({
    title: 'Too many calls just now',
    text: 'The server lets only so many begin in a while.',
  }),
  token_unreachable: () => ({
    title: 'The server does not answer',
    text: 'It is away, the network is, or it does not let this address read its answers.',
  }),
  token_timeout: () => ({ title: 'The server takes too long', text: 'It gave no ticket for the call in time.' }),
  token_refused: ({ message }) => ({ title: 'The server gave no ticket', text: message }),
  token_invalid: () => ({
    title: 'The server’s answer makes no sense',
    text: 'It holds no ticket for a call. Something else may be answering in its place.',
  }),
  call_unreachable: () => ({
    title: 'The model’s service does not answer',
    text: 'The ticket is there, but the address that takes the call is out of reach from here.',
  }),
  call_refused: ({ status, message }) => (status === 401
    ? { title: 'The ticket was not accepted', text: 'It was spent, or too old by the time it arrived. Start again for a new one.' }
    : { title: 'The model’s service refused the call', text: message }),
  call_invalid: () => ({
    title: 'The model’s service gave no usable answer',
    text: 'What it sent does not describe a call. Start again; if it stays so, tell whoever runs the server.',
  }),
  call_timeout: () => ({ title: 'The model’s service takes too long', text: 'It did not take the call in time.' }),
  open_timeout: () => ({
    title: 'The call does not open',
    text: 'It was accepted, but no sound gets through. A firewall that stops WebRTC is the usual reason.',
  }),
  connection_lost: () => ({ title: 'The connection is lost', text: 'Nothing has arrived for some time.' }),
  hangup: () => ({
    title: 'The other side hung up',
    text: 'Nothing is wrong with your connection. What was said stays here until the next call begins.',
    calm: true,
  }),
  session_error: ({ message }) => ({ title: 'The model reports a problem', text: message, calm: true }),
};

/**
 * @param {RealtimeError} error
 * @returns {Reason}
 */
export function reason(error) {
  if (error.status === 401 && error.code === 'token_refused' && !byServerCode[error.serverCode ?? '']) {
    return byServerCode.authentication_required();
  }
  return byServerCode[error.serverCode ?? '']?.() ?? byCode[error.code]?.(error)
    ?? { title: 'The call failed', text: error.message };
}

/**
 * What to quote to whoever runs the server.
 * @param {RealtimeError} error
 */
export function reference({ status, serverCode, code, requestId }) {
  if (!status && !serverCode && !requestId) return '';
  return [status, serverCode ?? code, requestId && `request ${requestId}`].filter(Boolean).join(' · ');
}
