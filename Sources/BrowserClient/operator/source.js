// Reads the state of the daemon, and ends calls: the JSON of `/status` and `/calls`.

/**
 * @typedef {{code: string, dimension?: string, count: number}} Refusals
 * @typedef {{requests: number, p50_seconds?: number, p95_seconds?: number}} Upstream
 * @typedef {{start: string, seconds: number, tokens: number, calls: number, refusals: Refusals[],
 *   upstream: Upstream}} Minute
 * @typedef {{severity: 'error' | 'warning', message: string}} Finding
 * @typedef {{subject: string, date: string, days: number, replacement: string}} Ending
 * @typedef {{name: string, type: string, model?: string, file: 'valid' | 'broken',
 *   last_mint: {outcome: string, age_seconds: number} | null, ends: Ending[], findings: Finding[]}} Session
 * @typedef {{setting: string, session?: string, limit: string, unit: string, used?: number, max?: number,
 *   code?: string, dimension?: string}} Limit
 * @typedef {{outcome: 'done' | 'refused', time: string, age_seconds: number, summary: string}} Reload
 * @typedef {{status: string, reasons?: string[], paused: boolean, upstream: string,
 *   emergencies?: {kind: string, message: string}[]}} Readiness
 *
 * @typedef {object} Status
 * @property {string} version
 * @property {string} time
 * @property {number} uptime_seconds
 * @property {boolean} sandbox
 * @property {Readiness} readiness
 * @property {{tokens: number, calls: number, refusals: number, upstream_requests: number}} totals
 * @property {Minute[]} minutes
 * @property {Session[]} sessions
 * @property {number} [sessions_left_out]
 * @property {Limit[]} limits
 * @property {Finding[]} findings
 * @property {{done: number, refused: number, last: Reload | null}} reload
 *
 * @typedef {{id: string, type: string, session: string, model?: string, caller?: string, state: 'open' | 'ending',
 *   age_seconds: number, seconds_left: number, reason?: string, failures?: number}} Call
 */

// A page of another origin cannot set this field without a preflight, which the daemon refuses.
const fields = { 'Ephemerald-Page': 'operator' };

/**
 * @template T
 * @param {string} path
 * @param {string} [method]
 * @returns {Promise<T>}
 */
async function request(path, method = 'GET') {
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(), 10_000);
  try {
    const response = await fetch(path, { method, headers: fields, cache: 'no-store', signal: abort.signal });
    const answer = await response.json().catch(() => undefined);
    if (!response.ok) throw new Error(answer?.incomplete ?? `the daemon answered with status ${response.status}`);
    return answer;
  } finally {
    clearTimeout(limit);
  }
}

/**
 * Of several daemons, the list of calls may lack those of others: `incomplete` is the reason.
 * @returns {Promise<{status: Status, calls: Call[], incomplete?: string}>}
 */
export async function read() {
  const [status, { calls, incomplete }] = await Promise.all([
    /** @type {Promise<Status>} */ (request('./status')),
    /** @type {Promise<{calls: Call[], incomplete?: string}>} */ (request('./calls')),
  ]);
  return { status, calls, incomplete };
}

/**
 * Begins to end a call.
 * @param {string} id
 * @returns {Promise<boolean>} whether such a call was open
 */
export async function end(id) {
  const { ending } = await /** @type {Promise<{ending: number}>} */ (request(`./calls/${id}`, 'DELETE'));
  return ending > 0;
}
