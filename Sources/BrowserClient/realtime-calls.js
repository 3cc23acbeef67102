// The part of realtime-client.js for calls that a service creates. It is loaded only by pages that use it. It imports
// nothing: what it needs is passed to it, so that a page has one RealtimeError, whatever address it imports it from.

/**
 * @typedef {import("./realtime-client.js").RealtimeError} Failure
 * @typedef {import("./realtime-client.js").RealtimeOptions} RealtimeOptions
 * @typedef {import("./realtime-client.js").RealtimeEvents} RealtimeEvents
 * @typedef {{ sdp: string, id?: string, session?: Record<string, unknown>, sandbox?: boolean,
 *   started?: (signal: AbortSignal) => Promise<void> }} Answer the answer to an offer; `started` is a further condition
 * @typedef {{
 *   RealtimeError: typeof import("./realtime-client.js").RealtimeError,
 *   within: <T>(signal: AbortSignal, milliseconds: number, late: () => Failure,
 *     work: (signal: AbortSignal) => Promise<T>) => Promise<T>,
 *   post: (phase: "call" | "lease", url: string | URL, init: RequestInit) =>
 *     Promise<{ text: string, response: Response }>,
 *   parsed: (text: string) => any,
 *   noJSON: (phase: "call", response: Response) => Failure,
 *   authorize: (options: RealtimeOptions) => Promise<Record<string, string>>,
 * }} Tools
 * @typedef {{
 *   lease: (lease: RealtimeEvents["lease"]) => void,
 *   failed: (error: Failure) => void,
 *   ended: (error?: Failure) => void,
 *   read: (events: object[]) => void,
 * }} Handlers
 */

/** The longest wait for candidates of the browser's own addresses; the other side has public ones. */
const GATHERING = 1000;

/** The time to the next attempt after a renewal that failed for a passing reason. */
const AGAIN = 2000;

/** How long the service is asked why a call ended. */
const WHY = 2000;

/** How long a live session may take to start. */
const START = 30_000;

/** The pause in milliseconds after which a speaker begins a new line. */
const PAUSE = 1500;

/** The same if the other side has spoken since: someone who is only accompanied has not stopped. */
const BREATH = 500;

/** The events that a page may send to a live session over its data channel. */
const LIVE_EVENTS = ["session.close", "session.input_audio.mute", "session.input_audio.unmute", "session.update",
  "session.instructions.append", "session.thinking.append", "session.commentary.append", "response.item.create",
  "response.create", "decision.create", "decision.item.create", "decision.item.delete"];

/** The members of a live session that can change after its start. */
const CHANGEABLE = ["delegation", "triggers"];

/** @type {Record<string, "user" | "assistant">} */
const SPEAKERS = {
  "session.input_transcript.delta": "user",
  "session.output_transcript.delta": "assistant",
};

// Transcripts outlive a connection, so the ids of their lines are unique in the page.
let lines = 0;

/** A call of the service: it is created, renewed in time, and ended. Used once. */
export class ServiceCall {
  /** @type {Live | undefined} */
  live;
  /** When the service ends the call at the latest, in milliseconds as Date.now() has them. */
  endsAt = /** @type {number | undefined} */ (undefined);
  #options;
  #tools;
  #handlers;
  /** @type {{ base: string, query: string } | undefined} */
  #address;
  #leaseSeconds = 0;
  /** When the last renewal succeeded. */
  #renewedAt = 0;
  #failing = false;
  #over = false;
  /** Ends what waits for the call. */
  #life = new AbortController();
  /** The renewal under way, and the wait for the next one. */
  #turn = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {RealtimeOptions} options @param {Tools} tools @param {Handlers} handlers */
  constructor(options, tools, handlers) {
    this.#options = options;
    this.#tools = tools;
    this.#handlers = handlers;
  }

  /** @param {RTCPeerConnection} peer @param {AbortSignal} signal @returns {Promise<Answer>} */
  async create(peer, signal) {
    const { call: url, session, overrides, variables, dcid, credentials } = this.#options;
    const { post, parsed, noJSON, authorize, RealtimeError } = this.#tools;
    await gathered(peer, signal);
    signal.throwIfAborted();
    const headers = { ...await authorize(this.#options), "Content-Type": "application/json" };
    signal.throwIfAborted();
    const sdp = peer.localDescription?.sdp;
    const body = JSON.stringify({ sdp, session, overrides, variables, dcid });
    const { text, response } = await post("call", /** @type {string} */ (url), { headers, body, credentials, signal });
    const answer = parsed(text);
    if (!answer) throw noJSON("call", response);
    const { url: path, type, ...rest } = Object(answer.call);
    const id = String(path).split("/").pop();
    if (typeof answer.sdp !== "string" || typeof path !== "string" || !id) {
      throw new RealtimeError("call_invalid", "The answer has no SDP or no call");
    }
    // A proxy may serve the route at another path than the service knows.
    const [, base, query = ""] = /^([^?#]*?)\/*(\?[^#]*)?(#.*)?$/.exec(String(url)) ?? [];
    this.#address = { base: `${base}/${id}`, query };
    // Nobody waits for the answer any more.
    if (signal.aborted) this.end();
    signal.throwIfAborted();
    this.#renewed(rest);
    this.#wait(this.#leaseSeconds * 1000 / 3);
    globalThis.document?.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.renew();
    }, { signal: this.#life.signal });
    if (type === "live") this.live = new Live(this.#tools, this.#handlers);
    const { live } = this;
    return {
      sdp: answer.sdp, id, session: { name: rest.session, type, model: rest.model }, sandbox: answer.sandbox,
      started: live && ((until) => live.start(until)),
    };
  }

  /** @param {{ seconds_left: number, lease_seconds: number }} answer */
  #renewed({ seconds_left: secondsLeft, lease_seconds: leaseSeconds }) {
    this.#renewedAt = Date.now();
    this.#failing = false;
    this.#leaseSeconds = leaseSeconds;
    this.endsAt = secondsLeft >= 0 ? Date.now() + secondsLeft * 1000 : undefined;
    this.#handlers.lease({ secondsLeft, leaseSeconds });
  }

  /** @param {"lease" | "end"} what */
  #url(what) {
    return this.#address && `${this.#address.base}/${what}${this.#address.query}`;
  }

  /** @param {AbortSignal} signal @param {number} limit */
  async #lease(signal, limit) {
    const { post, parsed, within, authorize, RealtimeError } = this.#tools;
    const late = () => new RealtimeError("lease_unreachable", "The lease was not renewed in time", { retryable: true });
    const { text } = await within(signal, limit, late, async (until) => {
      const headers = await authorize(this.#options);
      until.throwIfAborted();
      const { credentials } = this.#options;
      return post("lease", this.#url("lease") ?? "", { headers, credentials, signal: until });
    });
    const answer = parsed(text);
    if (answer?.lease_seconds >= 0) return answer;
    throw new RealtimeError("lease_refused", "The answer is not that of the lease route");
  }

  /** Renews the lease now, and then in time until the call ends. A call without a lease has nothing to renew. */
  async renew() {
    if (!this.#leaseSeconds || this.#life.signal.aborted) return;
    this.#turn.abort(new this.#tools.RealtimeError("aborted", "Another renewal"));
    const { signal } = (this.#turn = new AbortController());
    const lease = this.#leaseSeconds * 1000;
    let wait = lease / 3;
    try {
      const answer = await this.#lease(signal, Math.min(wait, 10_000));
      if (!signal.aborted) this.#renewed(answer);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = /** @type {Failure} */ (thrown);
      // A 404 may come from a proxy for a while. After a whole lease without a renewal the call has ended anyway.
      if (error.status === 410 || (error.status === 404 && Date.now() - this.#renewedAt >= lease)) {
        this.#handlers.ended(this.#ended(error));
        return;
      }
      if (error.retryable) wait = AGAIN;
      if (!this.#failing) this.#handlers.failed(error);
      this.#failing = true;
    }
    if (!signal.aborted) this.#wait(wait);
  }

  /** @param {number} milliseconds */
  #wait(milliseconds) {
    clearTimeout(this.#timer);
    if (this.#leaseSeconds && !this.#over) this.#timer = setTimeout(() => this.renew(), milliseconds);
  }

  /** @param {Failure} error the service's answer for a call that is over */
  #ended({ message, status, serverCode, requestId, reason, cause }) {
    this.#over = true;
    return new this.#tools.RealtimeError("call_ended", message, { status, serverCode, requestId, reason, cause });
  }

  /**
   * The error that ended the call, as the service explains it: it knows why it ended a call, and OpenAI does not say.
   * After a lost connection the call may have ended because nobody could renew its lease; then it can be replaced.
   * @param {Failure} error
   */
  async explain(error) {
    const isLost = error.code === "connection_lost";
    if (this.#over || !this.#address || !(isLost || /^(hangup|call_ended)$/.test(error.code))) return error;
    try {
      await this.#lease(this.#life.signal, WHY);
    } catch (thrown) {
      const answer = /** @type {Failure} */ (thrown);
      if (answer.status === 410 && !(isLost && answer.reason === "lease")) return this.#ended(answer);
    }
    return error;
  }

  /** Ends the call at the service, which needs nothing but its address. */
  end() {
    const url = this.#url("end");
    const { credentials } = this.#options;
    clearTimeout(this.#timer);
    this.live?.end();
    this.#life.abort();
    this.#turn.abort();
    if (this.#over || !url) return;
    this.#over = true;
    const beacon = () => { navigator.sendBeacon?.(url); };
    // A page that is being left cannot wait for a preflight, so the request has no header field.
    if ("keepalive" in Request.prototype) {
      fetch(url, { method: "POST", keepalive: true, credentials }).catch(beacon);
    } else {
      beacon();
    }
  }
}

/**
 * Waits until the offer has the browser's addresses, or the signal is aborted.
 * @param {RTCPeerConnection} peer
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function gathered(peer, signal) {
  return new Promise((resolve) => {
    const waiting = new AbortController();
    const finish = () => {
      clearTimeout(timer);
      waiting.abort();
      resolve();
    };
    const look = () => { if (peer.iceGatheringState === "complete" || signal.aborted) finish(); };
    const timer = setTimeout(finish, GATHERING);
    peer.addEventListener("icegatheringstatechange", look, { signal: waiting.signal });
    signal.addEventListener("abort", look, { signal: waiting.signal });
    look();
  });
}

/** What is different in a live session: its start, its end, its commands, and its transcripts, which have no items. */
class Live {
  #tools;
  #handlers;
  #begin = () => {};
  /** @type {Promise<void>} */
  #begun = new Promise((resolve) => { this.#begin = resolve; });
  /** @type {any} the session, as it started */
  #session;
  /** @type {Map<"user" | "assistant", { id: string, text: string, end: number }>} */
  #lines = new Map();
  /** @type {"user" | "assistant" | undefined} */
  #speaker;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;

  /** @param {Tools} tools @param {Handlers} handlers */
  constructor(tools, handlers) {
    this.#tools = tools;
    this.#handlers = handlers;
  }

  /**
   * Waits until the session has started: before that it accepts nothing.
   * @param {AbortSignal} signal
   */
  start(signal) {
    const { within, RealtimeError } = this.#tools;
    return within(signal, START, () => new RealtimeError("open_timeout",
      "No session.started in time. Is it in allowed_server_events of the session?", { retryable: true }),
    () => this.#begun);
  }

  /** @param {any} event */
  read(event) {
    const { type, session, reason } = event;
    if (type in SPEAKERS) this.#hear(SPEAKERS[type], event);
    if (type === "session.started" || type === "session.updated") this.#session = session ?? {};
    if (type === "session.started") this.#begin();
    if (type !== "session.closed") return;
    const { RealtimeError } = this.#tools;
    this.#handlers.ended(reason === "close_requested" ? undefined
      : new RealtimeError("call_ended", `The session was closed: ${reason}`, { reason, cause: event }));
  }

  /**
   * Adds a piece of text to the line of its speaker, or begins a new line.
   * @param {"user" | "assistant"} role
   * @param {{ delta?: string, start_ms?: number, end_ms?: number }} piece
   */
  #hear(role, { delta = "", start_ms: start = NaN, end_ms: end = start }) {
    for (const [other, line] of this.#lines) if (start - line.end > PAUSE) this.#finish(other);
    let line = this.#lines.get(role);
    if (line && this.#speaker !== role && !(start - line.end <= BREATH)) {
      this.#finish(role);
      line = undefined;
    }
    const text = line ? delta : delta.trimStart();
    if (!text) return;
    line ??= { id: `line_${++lines}`, text: "", end };
    line.text += text;
    line.end = end;
    this.#lines.set(role, line);
    this.#speaker = role;
    const type = role === "user" ? "conversation.item.input_audio_transcription.delta"
      : "response.output_audio_transcript.delta";
    this.#handlers.read([{ type, item_id: line.id, delta: text }]);
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => { for (const each of [...this.#lines.keys()]) this.#finish(each); }, PAUSE);
  }

  /** @param {"user" | "assistant"} role */
  #finish(role) {
    const { id = "", text: transcript = "" } = this.#lines.get(role) ?? {};
    this.#lines.delete(role);
    const item = { id, type: "message", role, status: "completed" };
    this.#handlers.read([role === "user"
      ? { type: "conversation.item.input_audio_transcription.completed", item_id: id, transcript }
      : { type: "response.output_item.done", item }]);
  }

  /** @param {string} what @returns {never} */
  lacks(what) {
    throw new this.#tools.RealtimeError("unsupported", `A live session has no ${what}`);
  }

  /**
   * Throws if the session would not accept the event: OpenAI does not always answer.
   * @param {any} event
   */
  check({ type, session }) {
    const { RealtimeError } = this.#tools;
    if (!LIVE_EVENTS.includes(type)) this.lacks(type);
    if (!this.#session) throw new RealtimeError("not_connected", "The session has not started");
    const allowed = this.#session.client?.data_channel?.allowed_client_events;
    if (Array.isArray(allowed) && !allowed.includes(type)) {
      throw new RealtimeError("unsupported", `allowed_client_events of this session does not have ${type}`);
    }
    const fixed = type === "session.update" && Object.keys(Object(session)).find((name) => !CHANGEABLE.includes(name));
    if (fixed) throw new RealtimeError("unsupported", `A live session cannot change its ${fixed}`);
  }

  /**
   * The events that pass on what the user has typed.
   * @param {string} text
   * @param {boolean} respond
   * @returns {import("./realtime-client.js").ClientEvent[]}
   */
  text(text, respond) {
    const item = { type: "message", role: /** @type {"user"} */ ("user"), content: [{ type: "input_text", text }] };
    if (this.#session?.delegation?.type === "responses") {
      return respond ? [{ type: "response.item.create", item }, { type: "response.create" }]
        : [{ type: "response.item.create", item }];
    }
    const type = respond ? "session.instructions.append" : "session.thinking.append";
    return [{ type, content: text, delegation_id: null }];
  }

  /**
   * Shows what the user has typed, which no event of the session repeats.
   * @param {string} text
   */
  typed(text) {
    const item = { id: `line_${++lines}`, type: "message", role: "user", content: [{ text }] };
    this.#handlers.read([{ type: "conversation.item.done", item }]);
  }

  end() {
    clearTimeout(this.#silence);
  }
}
