// What an error means to the user of the page, and what they can do about it.

/**
 * @typedef {import('../api/realtime/client/realtime-client.js').RealtimeError} RealtimeError
 * @typedef {'text-only' | 'key' | 'session'} Remedy
 * @typedef {{title: string, text: string, remedy?: Remedy, calm?: boolean}} Reason
 */

/**
 * The reasons by the server's error code, which is more precise than the client's.
 * @type {Record<string, () => Reason>}
 */
const byServerCode = {
  origin_not_allowed: () => ({
    title: 'This address may not start calls',
    text: `The server has a list of allowed pages, and ${location.origin} is not on it. `
      + 'The operator of the server can add this address to ALLOWED_ORIGINS, or to the list in the session file.',
  }),
  authentication_required: () => ({
    title: 'This server requires authentication',
    text: 'Enter your access key, or log in to the site that serves this page, and start again.',
    remedy: 'key',
  }),
  authentication_failed: () => ({
    title: 'That key was not accepted',
    text: 'Check it for missing characters and extra spaces, and start again.',
    remedy: 'key',
  }),
  unknown_session: () => ({
    title: 'This session does not exist',
    text: 'Enter the name of a session file on the server, without “.json”, or leave the field empty for the default.',
    remedy: 'session',
  }),
  upstream_auth: () => ({
    title: 'The model’s service refused the server',
    text: 'This page is not the cause. The operator of the server should check the API key.',
  }),
  upstream_quota: () => ({
    title: 'The account is used up',
    text: 'The model’s service accepts no more calls until it is paid. The operator of the server can do that.',
  }),
  upstream_rejected: () => ({
    title: 'The session file was not accepted',
    text: 'The model’s service refused the configuration of this session. The server’s log says why.',
    remedy: 'session',
  }),
  upstream_not_found: () => ({
    title: 'The model or its service was not found',
    text: 'This page is not the cause. The operator of the server should check the model of the session and '
      + 'OPENAI_BASE_URL; the server’s log says which one.',
    remedy: 'session',
  }),
  sandbox_takes_no_calls: () => ({
    title: 'The sandbox accepts no calls',
    text: 'This server runs in sandbox mode, in which it only issues tokens. '
      + 'The operator of the server can start it with an API key and without SANDBOX.',
  }),
  session_expired: () => ({
    title: 'The session has reached its time limit',
    text: 'A call lasts at most an hour. Start another call to continue; it will not remember this one.',
    calm: true,
  }),
};

/**
 * The reasons by the client's error code.
 * @type {Record<string, (error: RealtimeError) => Reason>}
 */
const byCode = {
  microphone_denied: () => ({
    title: 'The microphone is not allowed',
    text: 'Your browser does not let this page use it. Allow it in the site settings beside the address, and start '
      + 'again. Or continue without a microphone, and type.',
    remedy: 'text-only',
  }),
  microphone_missing: () => ({
    title: 'No microphone was found',
    text: 'Connect a microphone, or select another one under Sound, and start again. Or continue without, and type.',
    remedy: 'text-only',
  }),
  microphone_busy: () => ({
    title: 'The microphone cannot be opened',
    text: 'Another program may be using it. Close that program and start again. Or continue without, and type.',
    remedy: 'text-only',
  }),
  microphone_ended: () => ({
    title: 'The microphone was disconnected',
    text: 'No other microphone was found. The call continues: you can listen and type.',
    calm: true,
  }),
  device_failed: () => ({
    title: 'That device could not be used',
    text: 'The previous device stays in use.',
    calm: true,
  }),
  unsupported: () => ({
    title: 'This browser cannot make calls',
    text: window.isSecureContext
      ? 'It does not support WebRTC or microphones. Use a current Chrome, Edge, Firefox or Safari.'
      : 'Browsers allow microphones only on secure pages: open this page with https, or on localhost.',
  }),
  rate_limited: () => ({
    title: 'Too many calls just now',
    text: 'The server limits how many calls can start in a period of time.',
  }),
  token_unreachable: () => ({
    title: 'The server does not answer',
    text: 'The server or the network is down, or the server does not allow this page to read its answers.',
  }),
  token_timeout: () => ({ title: 'The server takes too long', text: 'It did not issue a token in time.' }),
  token_refused: ({ message }) => ({ title: 'The server did not issue a token', text: message }),
  token_invalid: () => ({
    title: 'The server’s answer is not valid',
    text: 'It does not contain a token. Another program may be answering at this address.',
  }),
  call_unreachable: () => ({
    title: 'The model’s service does not answer',
    text: 'The server issued a token, but the address for calls cannot be reached from here.',
  }),
  call_refused: ({ status, message }) => (status === 401
    ? { title: 'The token was not accepted', text: 'It was already used, or it has expired. Start again for a new one.' }
    : { title: 'The model’s service refused the call', text: message }),
  call_invalid: () => ({
    title: 'The model’s service gave no usable answer',
    text: 'Its answer does not describe a call. Start again. If the problem persists, tell the operator of the server.',
  }),
  call_timeout: () => ({ title: 'The model’s service takes too long', text: 'It did not accept the call in time.' }),
  open_timeout: () => ({
    title: 'The call does not connect',
    text: 'It was accepted, but no data arrives. The usual reason is a firewall that blocks WebRTC.',
  }),
  connection_lost: () => ({ title: 'The connection was lost', text: 'Nothing has arrived for some time.' }),
  hangup: () => ({
    title: 'The other side hung up',
    text: 'Your connection works. The transcript stays here until the next call begins.',
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
 * The line to quote to the operator of the server.
 * @param {RealtimeError} error
 */
export function reference({ status, serverCode, code, requestId }) {
  if (!status && !serverCode && !requestId) return '';
  return [status, serverCode ?? code, requestId && `request ${requestId}`].filter(Boolean).join(' · ');
}
