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
  call_required: () => ({
    title: 'This session has no tokens',
    text: 'The server must create its calls, and is not set up for it. The operator of the server can change the '
      + 'session file.',
    remedy: 'session',
  }),
  token_required: () => ({
    title: 'The server creates no calls for this session',
    text: 'It must issue a token, and is not set up for it. The operator of the server can change the session file.',
    remedy: 'session',
  }),
  too_many_calls: () => ({
    title: 'Too many calls at once',
    text: 'The server limits how many calls are open at the same time. One of them has to end first.',
  }),
  quota_exhausted: () => ({
    title: 'The quota of the day is used up',
    text: 'The server limits what may be used in a day. The next one begins at midnight in UTC.',
  }),
  call_not_found: () => ({
    title: 'The server no longer knows this call',
    text: 'It was restarted, perhaps, or the call was created with another key. Start another call to continue.',
    calm: true,
  }),
  limits_unavailable: () => ({
    title: 'The server cannot count calls at the moment',
    text: 'Something that it needs for that is out of order. This page is not the cause.',
  }),
  session_expired: () => ({
    title: 'The session has reached its time limit',
    text: 'A call lasts at most an hour. Start another call to continue; it will not remember this one.',
    calm: true,
  }),
};

/**
 * Why a call ended, by the reason that the server or a live session gives.
 * @type {Record<string, Reason>}
 */
const endings = {
  deadline: {
    title: 'The call has reached its time limit',
    text: 'The operator of the server limits how long a call may last. Start another call to continue; it will not '
      + 'remember this one.',
  },
  lease: {
    title: 'The server heard nothing of this page',
    text: 'It ends a call whose page is offline or asleep for too long. Start another call to continue.',
  },
  operator: { title: 'The operator ended the call', text: 'Your connection works.' },
  client: { title: 'The call was ended elsewhere', text: 'Another program that knows this call has ended it.' },
  exit: { title: 'The server was stopped', text: 'It ended its calls before. Start another call in a moment.' },
  expired: {
    title: 'The session has reached its time limit',
    text: 'The model’s service limits how long a call may last. Start another call to continue.',
  },
  content: {
    title: 'The model’s service ended the call',
    text: 'It did so because of what was said. The transcript stays here until the next call begins.',
  },
};

/**
 * The reasons by the client's error code. `served`: the server creates the call.
 * @type {Record<string, (error: RealtimeError, served: boolean) => Reason>}
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
  call_unreachable: (_, served) => (served ? byCode.token_unreachable(_, served) : {
    title: 'The model’s service does not answer',
    text: 'The server issued a token, but the address for calls cannot be reached from here.',
  }),
  call_refused: ({ status, serverCode, message }, served) => {
    const what = serverCode === 'invalid_offer' ? 'did not accept the offer of this browser' : 'did not create a call';
    if (served) return { title: `The server ${what}`, text: message };
    return status === 401
      ? { title: 'The token was not accepted', text: 'It was already used, or it has expired. Start again.' }
      : { title: 'The model’s service refused the call', text: message };
  },
  call_invalid: (_, served) => (served ? {
    title: 'The server’s answer is not valid',
    text: 'It does not describe a call. Another program may be answering at this address.',
  } : {
    title: 'The model’s service gave no usable answer',
    text: 'Its answer does not describe a call. Start again. If the problem persists, tell the operator of the server.',
  }),
  call_timeout: (_, served) => ({
    title: served ? 'The server takes too long' : 'The model’s service takes too long',
    text: served ? 'It did not create a call in time.' : 'It did not accept the call in time.',
  }),
  call_ended: ({ reason: why = '', message }) => ({
    ...endings[why] ?? { title: 'The call was ended', text: message }, calm: true,
  }),
  lease_unreachable: () => ({
    title: 'The server does not answer',
    text: 'The call continues, but the server ends it if this page does not reach it soon.',
    calm: true,
  }),
  lease_refused: ({ message }) => ({
    title: 'The server did not prolong the call',
    text: `${message} The call continues, but the server may end it soon.`,
    calm: true,
  }),
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
 * @param {boolean} served whether the server creates the call
 * @returns {Reason}
 */
export function reason(error, served) {
  const isOwn = error.code === (served ? 'call_refused' : 'token_refused');
  if (error.status === 401 && isOwn && !byServerCode[error.serverCode ?? '']) {
    return byServerCode.authentication_required();
  }
  const isRenewal = error.code.startsWith('lease');
  return (isRenewal ? undefined : byServerCode[error.serverCode ?? '']?.()) ?? byCode[error.code]?.(error, served)
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
