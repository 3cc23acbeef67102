// The browser's side of a call. Its types are in realtime-client.d.ts.

/**
 * @typedef {import("./realtime-client.js").RealtimeError} Failure
 * @typedef {import("./realtime-client.js").RealtimeClient} Client
 * @typedef {import("./realtime-client.js").ConnectionMonitor} Monitor
 * @typedef {import("./realtime-client.js").ConnectionStats} ConnectionStats
 * @typedef {import("./realtime-client.js").RealtimeEvents} RealtimeEvents
 * @typedef {import("./realtime-client.js").RealtimeOptions} RealtimeOptions
 * @typedef {import("./realtime-client.js").Transcript} Transcript
 */

/** @implements {Failure} */
export class RealtimeError extends Error {
  /**
   * @param {Failure["code"]} code
   * @param {string} message
   * @param {import("./realtime-client.js").RealtimeErrorDetails} details
   */
  constructor(code, message, { cause, retryable = false, retryAfter, status, serverCode, requestId, reason } = {}) {
    super(message);
    /** @type {"RealtimeError"} */
    this.name = "RealtimeError";
    this.code = code;
    this.cause = cause;
    this.retryable = retryable;
    this.retryAfter = retryAfter;
    this.status = status;
    this.serverCode = serverCode;
    this.requestId = requestId;
    this.reason = reason;
  }
}

export class RealtimeEvent extends Event {
  /** @param {string} type @param {unknown} detail */
  constructor(type, detail) {
    super(type);
    this.detail = detail;
  }
}

class Emitter extends EventTarget {
  /** @param {string} type @param {(detail: any) => void} listener */
  on(type, listener) {
    /** @param {any} event */
    const handler = (event) => listener(event.detail);
    this.addEventListener(type, handler);
    return () => this.removeEventListener(type, handler);
  }
}

/** @param {unknown} [cause] */
const aborted = (cause) => new RealtimeError("aborted", "This page ended the call", { cause });

/**
 * The result of `work`, unless time is up or the signal is aborted, which getUserMedia does not accept.
 * @template T
 * @param {AbortSignal} signal
 * @param {number} milliseconds Infinity for no limit
 * @param {() => RealtimeError} late
 * @param {(signal: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 */
function within(signal, milliseconds, late, work) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const limit = new AbortController();
    const timer = milliseconds === Infinity ? undefined : setTimeout(() => limit.abort(late()), milliseconds);
    const forward = () => limit.abort(signal.reason);
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", forward);
    };
    signal.addEventListener("abort", forward);
    limit.signal.addEventListener("abort", () => {
      settle();
      reject(limit.signal.reason);
    });
    work(limit.signal).finally(settle).then(resolve, reject);
  });
}

/**
 * Waits, and while the browser is offline for longer.
 * @param {AbortSignal} signal
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
function pause(signal, milliseconds) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(() => {
      if (navigator.onLine === false) addEventListener("online", () => resolve(), { once: true, signal });
      else resolve();
    }, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

const DELAYS = [0, 300, 1200, 2700, 4800, 7000, 7000, 7000, 7000, 7000];

/** @type {typeof import("./realtime-client.js").backoff} */
export function backoff({ delays = DELAYS, firstConnection = 2, maxRetryAfter = 60_000 } = {}) {
  return ({ attempt, error, reconnecting }) => {
    // OpenAI's answers do not let a page read Retry-After.
    const asked = (error.retryAfter ?? (error.status === 429 ? 1 : 0)) * 1000;
    const delay = delays[attempt - 1];
    if (delay === undefined || asked > maxRetryAfter || (!reconnecting && attempt > firstConnection)) return null;
    // So that clients refused together do not return together.
    const jitter = attempt < 3 && !asked ? 0 : Math.random() * 1000;
    return Math.max(asked, delay) + jitter;
  };
}

// A 502 or 429 that waiting does not fix: key, account or session file.
const LASTING = /^upstream_(auth|quota|rejected|not_found)$|insufficient_quota|credit_balance/;

/**
 * fetch that throws a RealtimeError for a refusal.
 * @param {"token" | "call" | "lease"} phase
 * @param {string | URL} url
 * @param {RequestInit} init
 */
async function post(phase, url, init) {
  let response, text;
  try {
    response = await fetch(url, { method: "POST", cache: "no-store", ...init });
    text = await response.text();
  } catch (cause) {
    throw new RealtimeError(`${phase}_unreachable`, `No answer from ${url}`, { cause, retryable: true });
  }
  const { ok, status, headers } = response;
  if (ok) return { text, response };

  // The daemon's problem+json, or OpenAI's {"error": {…}}, once seen without the wrapper.
  const body = parsed(text) ?? {};
  const { code, detail, message, title, reason } = Object(body.error).message ? body.error : body;
  const wait = headers.get("Retry-After");
  const details = {
    cause: parsed(text) ?? text,
    status,
    serverCode: code ?? undefined,
    retryable: (status === 429 || status >= 500) && !LASTING.test(code),
    retryAfter: wait === null ? undefined : seconds(wait),
    requestId: headers.get("X-Request-Id") ?? body.request_id,
    reason,
  };
  let why = detail ?? message ?? title ?? `${url} answered ${status}`;
  if (code === "origin_not_allowed") why += ` This page: ${globalThis.origin}`;
  throw new RealtimeError(status === 429 ? "rate_limited" : `${phase}_refused`, why, details);
}

/** @param {string} retryAfter a number or a date (RFC 9110, 10.2.3) */
function seconds(retryAfter) {
  const value = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return value >= 0 ? value : undefined;
}

/** @param {string} text @returns {any} undefined unless it is a JSON object */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {"token" | "call"} phase
 * @param {Response} response a login page, or the start page that a web server sends for every path
 */
function noJSON(phase, { url, redirected, status, headers }) {
  const type = headers.get("Content-Type") ?? "no content type";
  const why = redirected ? `${url}, to which the ${phase} route redirects,` : url || `The ${phase} route`;
  return new RealtimeError(`${phase}_invalid`, `${why} answered ${status} with ${type}, not JSON. Is it the ${phase} `
    + "route? A proxy may send its login page, or a web server its start page.", { status });
}

/**
 * The result of a function of the page.
 * @template T
 * @param {() => T | Promise<T>} work
 */
async function ask(work, code = /** @type {Failure["code"]} */ ("token_failed")) {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RealtimeError) throw cause;
    const { message, retryable, retryAfter } = Object(cause);
    throw new RealtimeError(code, message ?? String(cause), { cause, retryable: retryable === true, retryAfter });
  }
}

/** @param {RealtimeOptions} options @returns {Promise<Record<string, string>>} */
async function authorize({ authorization }) {
  const credential = typeof authorization === "function" ? await ask(authorization) : authorization;
  return credential ? { Authorization: credential } : {};
}

/** @param {RealtimeOptions} options @param {AbortSignal} signal */
async function fetchToken(options, signal) {
  const { token: source = "/api/realtime/token", session, overrides, variables, credentials } = options;
  /** @type {any} */
  let answer;
  if (typeof source === "function") {
    answer = await ask(() => source({ signal }));
  } else {
    const headers = await authorize(options);
    // A request without a body may need no preflight.
    const wanted = session !== undefined || overrides || variables;
    if (wanted) headers["Content-Type"] = "application/json";
    const body = wanted ? JSON.stringify({ session, overrides, variables }) : undefined;
    signal.throwIfAborted();
    const { text, response } = await post("token", String(source), { headers, body, credentials, signal });
    answer = parsed(text);
    if (!answer) throw noJSON("token", response);
  }
  const value = typeof answer === "string" ? answer : answer?.value ?? answer?.client_secret?.value;
  if (typeof value !== "string" || !value) throw new RealtimeError("token_invalid", "The answer has no client secret");
  const callsUrl = options.callsUrl ?? answer.calls_url ?? "https://api.openai.com/v1/realtime/calls";
  return { value, callsUrl, session: answer.session, sandbox: answer.sandbox };
}

/**
 * Exchanges the offer for an answer at OpenAI.
 * @param {Awaited<ReturnType<typeof fetchToken>>} token
 * @param {string | undefined} sdp
 * @param {AbortSignal} signal
 * @returns {Promise<import("./realtime-calls.js").Answer>}
 */
async function exchange({ value, callsUrl }, sdp, signal) {
  // OpenAI's CORS rules allow no other field.
  const headers = { Authorization: `Bearer ${value}`, "Content-Type": "application/sdp" };
  const { text, response } = await post("call", callsUrl, { headers, body: sdp, signal });
  return { sdp: text, id: response.headers.get("Location")?.split(/[?#]/)[0]?.split("/").pop() };
}

const loadCalls = () => import("./realtime-calls.js").catch((cause) => {
  throw new RealtimeError("unsupported", "realtime-calls.js cannot be loaded", { cause });
});

/** A peer connection with its data channel, used once. */
class Connection {
  /** @type {string | undefined} */
  callId;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #grace;
  /** @type {(error: RealtimeError) => void} */
  #end = () => {};

  /**
   * @param {RTCConfiguration | undefined} rtc
   * @param {number | undefined} id
   * @param {MediaStreamTrack | undefined} track
   * @param {number} grace
   * @param {{ message: (data: unknown) => void, stream: (stream: MediaStream) => void,
   *           unstable: (unstable: boolean) => void }} handlers
   */
  constructor(rtc, id, track, grace, handlers) {
    this.peer = new RTCPeerConnection(rtc);
    this.channel = this.peer.createDataChannel("oai-events", id === undefined ? undefined : { negotiated: true, id });
    // Even without a track: a microphone can then come later without renegotiation.
    this.sender = this.peer.addTransceiver(track ?? "audio", { direction: "sendrecv" }).sender;

    /** @type {Promise<void>} */
    this.opened = new Promise((resolve) => { this.channel.onopen = () => resolve(); });
    /** @type {Promise<never>} */
    this.ended = new Promise((_, reject) => { this.#end = reject; });
    this.ended.catch(() => {});

    this.channel.onmessage = ({ data }) => handlers.message(data);
    // After a hang-up connectionState stays "connected" for seconds; after a crash the channel stays open.
    this.channel.onclose = () => this.peer.connectionState === "disconnected" || this.peer.connectionState === "failed"
      ? this.#lose() : this.hangup();
    this.peer.ontrack = ({ streams, track }) => handlers.stream(streams[0] ?? new MediaStream([track]));
    this.peer.onconnectionstatechange = () => {
      clearTimeout(this.#grace);
      const state = this.peer.connectionState;
      if (state === "disconnected") this.#grace = setTimeout(() => this.#lose(), grace);
      if (state === "failed") this.#lose();
      // The channel can open before the state is "connected".
      else if (state !== "connecting") handlers.unstable(state !== "connected");
    };
  }

  #lose() {
    this.#end(new RealtimeError("connection_lost", "The connection was lost", { retryable: true }));
  }

  /** @param {RealtimeError} [reported] */
  hangup(reported) {
    this.#end(reported ?? new RealtimeError("hangup", "The server ended the call"));
  }

  /**
   * @param {(sdp: string | undefined, signal: AbortSignal) => Promise<import("./realtime-calls.js").Answer>} send
   * @param {AbortSignal} signal
   * @param {{ call: number, open: number }} timeouts
   */
  async open(send, signal, timeouts) {
    const { peer } = this;
    const offer = await peer.createOffer();
    signal.throwIfAborted();
    await peer.setLocalDescription(offer);
    signal.throwIfAborted();
    const late = () => new RealtimeError("call_timeout", "No answer in time", { retryable: true });
    const { sdp, id, started } = await within(signal, timeouts.call, late, (limit) => send(offer.sdp, limit));
    signal.throwIfAborted();
    this.callId = id;
    try {
      await peer.setRemoteDescription({ type: "answer", sdp });
    } catch (cause) {
      throw new RealtimeError("call_invalid", "The answer is not a usable SDP", { cause });
    }
    const closed = () => new RealtimeError("open_timeout", "No open data channel in time", { retryable: true });
    await within(signal, timeouts.open, closed, () => Promise.race([this.opened, this.ended]));
    if (started) await Promise.race([started(signal), this.ended]);
  }

  close() {
    clearTimeout(this.#grace);
    this.#end(aborted());
    this.channel.onopen = this.channel.onmessage = this.channel.onclose = null;
    this.peer.ontrack = this.peer.onconnectionstatechange = null;
    this.channel.close();
    this.peer.close();
  }
}

/** @type {Record<string, "denied" | "missing">} */
const REFUSALS = {
  NotAllowedError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
};

/** The microphone. It outlives connections, but not the call. */
class Microphone {
  /** @type {MediaStreamTrack | undefined} */
  track;
  /** @type {RTCRtpSender | undefined} */
  sender;
  /** @param {MediaStreamTrack} _track */
  ended = (_track) => {};
  turn = /** @type {Promise<unknown>} */ (Promise.resolve());
  #live = /** @type {Set<MediaStreamTrack>} */ (new Set());
  #muted;

  /** @param {RealtimeOptions} options */
  constructor({ audio, microphone, muted = false }) {
    this.constraints = audio;
    this.wanted = microphone !== false;
    this.source = microphone || undefined;
    this.#muted = muted;
  }

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    for (const track of this.#live) track.enabled = !muted;
  }

  /** @param {string | MediaStream | undefined} source @param {AbortSignal} signal @returns {Promise<void>} */
  use(source, signal) {
    // One after the other, so that the last choice wins.
    const turn = this.turn.then(() => this.#use(source, signal)).catch((cause) => {
      const what = REFUSALS[cause.name] ?? "busy";
      throw cause instanceof RealtimeError ? cause
        : new RealtimeError(`microphone_${what}`, `The microphone is ${what}`, { cause });
    });
    this.turn = turn.catch(() => {});
    return turn;
  }

  /** @param {string | MediaStream | undefined} source @param {AbortSignal} signal */
  async #use(source, signal) {
    signal.throwIfAborted();
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...this.constraints };
    if (typeof source === "string") audio.deviceId = { exact: source };
    // A stream of the page stays the page's.
    const track = typeof source === "object" ? source.getAudioTracks()[0]?.clone()
      : (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks()[0];
    if (signal.aborted) track?.stop();
    signal.throwIfAborted();
    if (!track) throw new DOMException("No track", "NotFoundError");

    const before = this.track;
    this.#live.add(track);
    track.enabled = !this.#muted;
    track.onended = () => this.ended(track);
    this.track = track;
    const { sender } = this;
    try {
      await sender?.replaceTrack(track);
    } catch (error) {
      // If the connection has ended, the next one uses this track.
      if (sender === this.sender) {
        this.release(track);
        this.track = before;
        throw error;
      }
    }
    signal.throwIfAborted();
    this.source = source;
    if (before) this.release(before);
  }

  /** @param {MediaStreamTrack} track */
  release(track) {
    this.#live.delete(track);
    track.onended = null;
    track.stop();
  }

  close() {
    for (const track of this.#live) this.release(track);
    this.track = this.sender = undefined;
    // An open question to the user must not delay the next call.
    this.turn = Promise.resolve();
  }
}

/**
 * Plays the answers: at volume 1 by the element itself, the shortest path; otherwise through a GainNode, because iOS
 * ignores an element's volume, and because it can be measured.
 */
class Speaker {
  blocked = false;
  #volume;
  /** @type {MediaStream | undefined} */
  #remote;
  /** @type {typeof import("./realtime-sound.js").Graph | undefined} */
  #Graph;
  /** @type {import("./realtime-sound.js").Graph | undefined} */
  #graph;
  /** @type {HTMLAudioElement | undefined} */
  #pull;

  /** @param {RealtimeOptions} options @param {(blocked: boolean) => void} changed */
  constructor({ element, output, volume = 1 }, changed) {
    /** @type {HTMLAudioElement | undefined} */
    this.element = element;
    this.outputId = output;
    this.#volume = volume;
    this.changed = changed;
  }

  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    if (!(volume >= 0 && volume <= 1)) throw new RangeError(`volume must be 0 to 1, not ${volume}`);
    this.#volume = volume;
    if (this.#graph) this.#graph.gain.gain.value = volume;
    if (this.#remote && !this.#pull && volume !== 1) this.play(this.#remote);
  }

  /** @param {MediaStream} remote */
  play(remote) {
    this.#remote = remote;
    if (this.#volume === 1 && !this.#pull) {
      this.#graph?.hear(remote);
      this.#give(remote);
      return;
    }
    const graph = this.#measured();
    graph?.hear(remote);
    if (!graph) return;
    // Chromium feeds Web Audio only what an element plays.
    this.#pull ??= new Audio();
    this.#pull.muted = true;
    this.#pull.srcObject = remote;
    this.#pull.play().catch(() => {});
    this.#give(graph.played);
  }

  /** @param {MediaStream} stream */
  #give(stream) {
    (this.element ??= new Audio()).srcObject = stream;
    if (this.outputId) this.choose(this.outputId).catch(() => {});
    this.start().catch(() => {});
  }

  /** Whether the system has stopped the sound. */
  get isStalled() {
    return Boolean(this.#remote && (this.element?.paused || this.#graph?.isStalled));
  }

  async start() {
    if (!this.#remote) return;
    this.#graph?.resume();
    try {
      await this.element?.play();
      this.#block(false);
    } catch (cause) {
      // AbortError: another stream has replaced this one.
      if (this.#remote && Object(cause).name === "NotAllowedError") this.#block(true);
      throw new RealtimeError("device_failed", "The browser cannot play the audio", { cause });
    }
  }

  /** @param {boolean} blocked */
  #block(blocked) {
    if (blocked === this.blocked) return;
    this.blocked = blocked;
    this.changed(blocked);
  }

  /** @param {string | undefined} outputId */
  async choose(outputId) {
    /** @type {HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }} */
    const element = (this.element ??= new Audio());
    if (!element.setSinkId) throw new RealtimeError("unsupported", "This browser cannot choose an output");
    try {
      await element.setSinkId(outputId ?? "");
      this.outputId = outputId;
    } catch (cause) {
      throw new RealtimeError("device_failed", "This output cannot be used", { cause });
    }
  }

  /** What measures; undefined until it is loaded. */
  #measured() {
    if (!this.#Graph) this.load();
    else if (!this.#graph) {
      this.#graph = new this.#Graph(this.#volume);
      if (this.#remote) this.#graph.hear(this.#remote);
    }
    return this.#graph;
  }

  async load() {
    const { Graph } = await import("./realtime-sound.js").catch(() => ({ Graph: undefined }));
    this.#Graph = Graph;
    if (!this.#remote || this.#pull || this.#volume === 1) return;
    // Better too loud than silent.
    if (Graph) this.play(this.#remote);
    else this.#give(this.#remote);
  }

  /** @param {MediaStreamTrack | undefined} track */
  levels(track) {
    const graph = track || this.#remote ? this.#measured() : undefined;
    return graph?.levels(track) ?? { input: 0, output: 0 };
  }

  stop() {
    for (const element of this.#remote ? [this.element, this.#pull] : []) {
      element?.pause();
      if (element) element.srcObject = null;
    }
    this.#graph?.close();
    this.#remote = this.#graph = this.#pull = undefined;
    this.blocked = false;
  }
}

/** The items of a conversation in its order, which follows from the predecessor that each of them names. */
class Order {
  /** The predecessors: null for the first item, undefined while it is not known. */
  #previous = /** @type {Map<string, string | null | undefined>} */ (new Map());
  /** Each item with its place, from 0; made when it is needed. */
  #places = /** @type {Map<string, number> | undefined} */ (undefined);

  /** @param {string} id @param {string | null} [previousId] */
  add(id, previousId) {
    if (this.#previous.has(id) && (previousId === undefined || previousId === this.#previous.get(id))) return;
    // Of two items with the same predecessor, the one announced later was inserted between.
    this.#previous.delete(id);
    this.#previous.set(id, previousId);
    this.#places = undefined;
  }

  /** @param {string} id */
  place(id) {
    return (this.#places ??= this.#sorted()).get(id) ?? Infinity;
  }

  #sorted() {
    /** @type {Map<string | null | undefined, string[]>} */
    const followers = new Map();
    for (const [id, previous] of this.#previous) {
      // The rest of a conversation whose beginning is not known comes last.
      const after = previous == null || this.#previous.has(previous) ? previous : undefined;
      followers.set(after, [...(followers.get(after) ?? []), id]);
    }
    const places = new Map();
    const next = [...(followers.get(undefined) ?? []).reverse(), ...(followers.get(null) ?? [])];
    for (let id = next.pop(); id !== undefined; id = next.pop()) {
      places.set(id, places.size);
      next.push(...(followers.get(id) ?? []));
    }
    return places;
  }
}

/** The transcripts of both sides by item. A change makes a new object. */
class Transcripts {
  /** @type {readonly Transcript[]} */
  list = [];
  /** @type {Map<string, string[]>} */
  #parts = new Map();
  #order = new Order();
  /** How many transcripts are of earlier connections, whose conversations have ended. */
  #settled = 0;

  /**
   * @param {any} event
   * @param {boolean} isSpoken whether the session transcribes what the user says
   * @returns {Transcript[]} the transcripts that it changed
   */
  read(event, isSpoken) {
    const { type, item, item_id, previous_item_id, content_index = 0, delta = "", text } = event;
    const { transcript = text, response } = event;
    const parts = [...(this.#parts.get(item_id) ?? [])];
    /** @param {Transcript["role"]} role @param {string} part @param {Partial<Transcript>} [changes] */
    const write = (role, part, changes) => {
      parts[content_index] = part;
      this.#parts.set(item_id, parts);
      return this.#change(item_id, role, changes);
    };
    const grown = (parts[content_index] ?? "") + delta;
    switch (type) {
      case "conversation.item.added":
      case "conversation.item.done":
      case "response.output_item.added":
      case "response.output_item.done":
        return this.#item(item, previous_item_id, !isSpoken && type === "conversation.item.done");
      case "input_audio_buffer.committed":
        return this.#move(item_id, previous_item_id);
      case "conversation.item.deleted":
        return this.#delete(item_id);
      case "conversation.item.input_audio_transcription.delta":
        return write("user", grown);
      case "conversation.item.input_audio_transcription.completed":
        return write("user", transcript, { final: true });
      case "conversation.item.input_audio_transcription.failed":
        return this.#change(item_id, "user", { final: true, failed: true });
      case "response.output_text.delta":
      case "response.output_audio_transcript.delta":
        return write("assistant", grown);
      case "response.output_text.done":
      case "response.output_audio_transcript.done":
        return write("assistant", transcript);
      case "conversation.item.truncated":
        return this.#change(item_id, "assistant", { final: true, interrupted: true });
      case "response.done":
        return this.#finish("assistant", response?.status === "cancelled");
      default:
        return [];
    }
  }

  /** Ends the conversation of a connection: nothing will be added to what is there. */
  settle() {
    const changed = [...this.#finish("user", false), ...this.#finish("assistant", true)];
    this.#settled = this.list.length;
    this.#order = new Order();
    return changed;
  }

  /** @param {Transcript["role"]} role @param {boolean} interrupted */
  #finish(role, interrupted) {
    return this.list.slice(this.#settled).filter((each) => each.role === role && !each.final)
      .flatMap(({ itemId }) => this.#change(itemId, role, { final: true, interrupted }));
  }

  /**
   * @param {import("./realtime-client.js").ConversationItem} item
   * @param {string | null | undefined} previousId
   * @param {boolean} isWhole whether no more text will come for it
   */
  #item({ id, type, role = "assistant", status, content = [] }, previousId, isWhole) {
    if (!id) return [];
    if (type !== "message") return this.#move(id, previousId);
    const parts = content.map(({ text, transcript }) => text ?? transcript ?? "");
    const known = parts.some(Boolean);
    if (known) this.#parts.set(id, parts);
    const interrupted = status === "incomplete";
    const final = role === "assistant" ? interrupted || status === "completed" : known || isWhole;
    return this.#change(id, role, { ...(final && { final }), ...(interrupted && { interrupted }) }, previousId);
  }

  /**
   * @param {string} itemId
   * @param {Transcript["role"]} role
   * @param {Partial<Transcript>} [changes]
   * @param {string | null} [previousId]
   */
  #change(itemId, role, changes, previousId) {
    const moved = this.#move(itemId, previousId);
    const list = [...this.list];
    const at = list.findIndex((transcript) => transcript.itemId === itemId);
    const before = list[at] ?? { itemId, role, text: "", final: false, interrupted: false, failed: false };
    const after = { ...before, ...changes, text: this.#parts.get(itemId)?.join("") ?? "" };
    if (at >= 0 && Object.entries(after).every(([key, value]) => Object(before)[key] === value)) return moved;
    list[at < 0 ? list.length : at] = after;
    this.list = this.#sort(list);
    return [after];
  }

  /**
   * Learns where an item is in the conversation.
   * @param {string} itemId
   * @param {string | null} [previousId]
   */
  #move(itemId, previousId) {
    this.#order.add(itemId, previousId);
    const list = this.#sort(this.list);
    if (list.every((transcript, index) => transcript === this.list[index])) return [];
    this.list = list;
    return list.filter((transcript) => transcript.itemId === itemId);
  }

  /** @param {readonly Transcript[]} list */
  #sort(list) {
    const place = (/** @type {Transcript} */ { itemId }) => this.#order.place(itemId);
    const current = list.slice(this.#settled).sort((one, other) => place(one) - place(other));
    return [...list.slice(0, this.#settled), ...current];
  }

  /** @param {string} itemId its place in the conversation stays: others may name it */
  #delete(itemId) {
    const [deleted] = this.list.slice(this.#settled).filter((transcript) => transcript.itemId === itemId);
    if (!deleted) return [];
    this.list = this.list.filter((transcript) => transcript !== deleted);
    this.#parts.delete(itemId);
    return [{ ...deleted, deleted: /** @type {true} */ (true) }];
  }
}

const FAIR = { rtt: 250, jitter: 30, loss: 0.02 };
const POOR = { rtt: 500, jitter: 60, loss: 0.08 };

/** @implements {Monitor} */
export class ConnectionMonitor extends Emitter {
  /** @type {ConnectionStats["quality"]} */
  quality = "unknown";
  /** @type {ConnectionStats | undefined} */
  stats;
  #options;
  /** @type {Parameters<Monitor["start"]>[0] | undefined} */
  #connection;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {ReturnType<typeof read> | undefined} */
  #before;

  /** @param {import("./realtime-client.js").MonitorOptions} [options] */
  constructor(options) {
    super();
    this.#options = { interval: 2000, fair: FAIR, poor: POOR, ...options };
  }

  /** @param {Parameters<Monitor["start"]>[0]} connection */
  start(connection) {
    this.stop();
    this.#connection = connection;
    this.#timer = setInterval(() => this.sample(), this.#options.interval);
    this.sample();
  }

  stop() {
    clearInterval(this.#timer);
    this.#connection = this.#before = this.stats = undefined;
    this.quality = "unknown";
  }

  async sample() {
    const connection = this.#connection;
    if (connection?.connectionState === "closed") this.stop();
    const report = await connection?.getStats().catch(() => undefined);
    if (!report || connection !== this.#connection) return undefined;
    const now = read(report);
    const before = this.#before;
    this.#before = now;
    if (!before) return undefined;

    const stats = this.#compare(before, now);
    const previous = this.quality;
    this.stats = stats;
    this.quality = stats.quality;
    this.dispatchEvent(new RealtimeEvent("stats", stats));
    if (previous !== stats.quality) {
      this.dispatchEvent(new RealtimeEvent("quality", { quality: stats.quality, previous, stats }));
    }
    return stats;
  }

  /** @param {ReturnType<typeof read>} before @param {ReturnType<typeof read>} now @returns {ConnectionStats} */
  #compare(before, now) {
    /** @param {keyof typeof now} kind @param {string} key */
    const grown = (kind, key) => {
      const value = now[kind][key] ?? 0;
      // Duplicate packets lower packetsLost.
      return Math.max(0, value - (before[kind][key] ?? value));
    };
    const interval = grown("inbound", "timestamp") || grown("outbound", "timestamp") || grown("pair", "timestamp");
    /** @param {"inbound" | "outbound"} kind @param {string} key */
    const bitrate = (kind, key) => interval ? Math.round(grown(kind, key) * 8000 / interval) : 0;
    const lost = grown("inbound", "packetsLost");

    // Chromium counts round trips in the pair, Firefox in what the other side reports.
    const rtt = ratio(grown("pair", "totalRoundTripTime"), grown("pair", "responsesReceived"))
      ?? ratio(grown("remote", "totalRoundTripTime"), grown("remote", "roundTripTimeMeasurements"))
      ?? now.pair.currentRoundTripTime ?? now.remote.roundTripTime;
    const values = {
      rtt: milliseconds(rtt),
      jitter: milliseconds(now.inbound.jitter),
      loss: ratio(lost, lost + grown("inbound", "packetsReceived")),
      remoteLoss: ratio(grown("remote", "packetsLost"), grown("outbound", "packetsSent")),
    };
    return {
      interval,
      ...values,
      receivedBitrate: bitrate("inbound", "bytesReceived"),
      sentBitrate: bitrate("outbound", "bytesSent"),
      quality: this.#judge(values),
    };
  }

  /**
   * @param {Pick<ConnectionStats, "rtt" | "jitter" | "loss" | "remoteLoss">} values
   * @returns {ConnectionStats["quality"]}
   */
  #judge({ rtt, jitter, loss, remoteLoss }) {
    if ([rtt, jitter, loss, remoteLoss].every((value) => value === undefined)) return "unknown";
    const worst = { rtt: rtt ?? 0, jitter: jitter ?? 0, loss: Math.max(loss ?? 0, remoteLoss ?? 0) };
    /** @param {typeof FAIR} limits */
    const reaches = (limits) => worst.rtt >= limits.rtt || worst.jitter >= limits.jitter || worst.loss >= limits.loss;
    return reaches(this.#options.poor) ? "poor" : reaches(this.#options.fair) ? "fair" : "good";
  }
}

/** @param {RTCStatsReport} report */
function read(report) {
  /** @type {Record<string, any>[]} */
  const all = [];
  report.forEach((stat) => all.push(stat));
  /** @param {string} type @returns {Record<string, any>} */
  const audio = (type) => all.find((stat) => stat.type === type && (stat.kind ?? stat.mediaType) === "audio") ?? {};
  const selected = all.find((stat) => stat.selectedCandidatePairId)?.selectedCandidatePairId;
  return {
    // Firefox has no transport, and marks the pair itself.
    pair: all.find(({ id, type, selected: marked }) =>
      type === "candidate-pair" && (selected ? id === selected : marked)) ?? /** @type {Record<string, any>} */ ({}),
    inbound: audio("inbound-rtp"),
    outbound: audio("outbound-rtp"),
    remote: audio("remote-inbound-rtp"),
  };
}

/** @param {number} part @param {number} whole */
const ratio = (part, whole) => whole > 0 ? part / whole : undefined;

/** @param {number} [seconds] */
const milliseconds = (seconds) => seconds && seconds * 1000;

// The beta interface's names.
const LEGACY = /^response\.(text|audio|audio_transcript)\./;

const OPTIONS = `token call answer dcid session overrides variables authorization credentials callsUrl audio microphone
  element output muted volume reconnect restore tools greet wakeLock timeouts rtc monitor`.split(/\s+/);
const TIMEOUTS = ["token", "call", "open", "grace"];

/** @param {object} options @param {string[]} known @param {string} what */
function refuseUnknown(options, known, what) {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const nearest = known.find((other) => other.startsWith(name.slice(0, 2).toLowerCase())
      && Math.abs(other.length - name.length) < 2);
    const hint = nearest ? `; did you mean ${nearest}?` : "";
    throw new TypeError(`${name} is not ${what}${hint}`);
  }
}

const TOOLS = { RealtimeError, within, post, parsed, noJSON, authorize };

/** @param {RealtimeError} error */
const isHangup = ({ code, serverCode }) => /^(hangup|call_ended)$/.test(code) || serverCode === "session_expired";

// The types of EventTarget's are less precise.
/** @implements {Omit<Client, "addEventListener" | "removeEventListener">} */
export class RealtimeClient extends Emitter {
  /** @type {Client["error"]} */
  error;
  /** @type {Client["session"]} */
  session;
  /** @type {Client["activity"]} */
  activity = "idle";
  /** @type {Client["usage"]} */
  usage = {};
  #options;
  #reconnect;
  #microphone;
  #speaker;
  #monitor;
  #transcripts = new Transcripts();
  /** @type {Client["state"]} */
  #state = "idle";
  /** @type {Client["reason"]} */
  #reason;
  /** @type {AbortController | undefined} */
  #call;
  /** @type {Connection | undefined} */
  #connection;
  /** @type {import("./realtime-calls.js").ServiceCall | undefined} */
  #service;
  #opening = /** @type {Promise<void>} */ (Promise.resolve());
  #opened = () => {};
  /** @param {RealtimeError} _error */
  #refused = (_error) => {};
  #eventCount = 0;
  #announcesItems = false;
  #responding = false;
  #speaking = false;
  #updates = /** @type {object[]} */ ([]);
  /** Whether anybody has ever listened to errors. */
  #isHeard = false;

  /** @param {RealtimeOptions} [options] */
  constructor(options = {}) {
    super();
    refuseUnknown(options, OPTIONS, "an option");
    refuseUnknown(options.timeouts ?? {}, TIMEOUTS, "a timeout");
    if (options.call ? options.token ?? options.callsUrl : options.dcid) {
      throw new TypeError("call excludes token and callsUrl, and dcid needs call");
    }
    if (options.token === false && !options.answer) throw new TypeError("token: false needs answer");
    this.#options = options;
    this.#reconnect = options.reconnect ?? backoff();
    this.#microphone = new Microphone(options);
    this.#speaker = new Speaker(options, (blocked) => this.#emit("playback", { blocked }));
    this.#monitor = new ConnectionMonitor(options.monitor);
    this.#monitor.on("stats", (stats) => this.#emit("stats", stats));
    this.#monitor.on("quality", (change) => this.#emit("quality", change));
  }

  get state() { return this.#state; }
  get reason() { return this.#reason; }
  get muted() { return this.#microphone.muted; }
  get volume() { return this.#speaker.volume; }
  get playbackBlocked() { return this.#speaker.blocked; }
  get transcripts() { return this.#transcripts.list; }
  get monitor() { return this.#monitor; }
  get endsAt() { return this.#service?.endsAt; }
  get callId() { return this.#connection?.callId; }
  get peerConnection() { return this.#connection?.peer; }

  /** @param {string} type @param {EventListenerOrEventListenerObject | null} listener @param {any} [options] */
  addEventListener(type, listener, options) {
    if (type === "error") this.#isHeard = true;
    super.addEventListener(type, listener, options);
  }

  /** @template {keyof RealtimeEvents} Type @param {Type} type @param {RealtimeEvents[Type]} detail */
  #emit(type, detail) {
    this.dispatchEvent(new RealtimeEvent(type, detail));
  }

  /** @param {Client["state"]} state @param {{ reason?: Client["reason"], error?: RealtimeError }} [why] */
  #become(state, why) {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#reason = why?.reason;
    this.#emit("statechange", { state, previous, ...why });
  }

  /** @param {RealtimeError} error */
  #fail(error) {
    this.error = error;
    this.#emit("error", error);
    if (!this.#isHeard) console.warn("RealtimeClient:", error, 'Listen to these: client.on("error", …)');
  }

  /** @param {{ signal?: AbortSignal }} options */
  connect({ signal } = {}) {
    if (signal?.aborted) return Promise.reject(aborted(signal.reason));
    const call = this.#call ?? this.#begin();
    const promise = this.#opening;
    if (signal) {
      const end = () => this.#end(call, "aborted", aborted(signal.reason));
      signal.addEventListener("abort", end);
      promise.catch(() => {}).finally(() => signal.removeEventListener("abort", end));
    }
    return promise;
  }

  disconnect() {
    if (this.#call) this.#end(this.#call, "disconnected", aborted());
  }

  #begin() {
    const call = (this.#call = new AbortController());
    const { signal } = call;
    this.#open();
    this.#transcripts = new Transcripts();
    this.#updates = [];
    this.usage = {};
    this.error = this.session = undefined;
    addEventListener("pagehide", () => this.#end(call, "page-hidden", aborted()), { signal });
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#announceDevices(false), { signal });
    this.#run(signal).catch((error) => this.#end(call, isHangup(error) ? "hangup" : "failed", error));
    return call;
  }

  #open() {
    this.#opening = new Promise((resolve, reject) => {
      this.#opened = resolve;
      this.#refused = reject;
    });
    this.#opening.catch(() => {});
  }

  /**
   * Runs a call and throws the error that ends it; after every await the signal says whether it continues.
   * @param {AbortSignal} signal
   */
  async #run(signal) {
    if (typeof RTCPeerConnection === "undefined" || !navigator.mediaDevices) {
      throw new RealtimeError("unsupported", "Calls need WebRTC and a secure page");
    }
    // They are there when the user has decided about the microphone.
    if (this.#options.call) loadCalls().catch(() => {});
    if (this.volume !== 1) this.#speaker.load();
    if (this.#microphone.wanted) {
      this.#become("requesting-microphone");
      await this.#openMicrophone(signal);
      signal.throwIfAborted();
      this.#announceDevices(false);
    }
    this.#become("connecting");

    /** @type {Promise<void> | undefined} */
    let care;
    let first;
    for (let attempt = 1; ; attempt++) {
      let openedAt = Infinity;
      try {
        const connection = await this.#attempt(signal);
        signal.throwIfAborted();
        openedAt = Date.now();
        this.#service?.renew();
        first ??= connection.peer;
        this.error = undefined;
        this.#monitor.start(connection.peer);
        this.#opened();
        this.#become("connected");
        care ??= this.#care(signal, first).catch(() => { care = undefined; });
        await connection.ended;
      } catch (thrown) {
        signal.throwIfAborted();
        const failure = thrown instanceof RealtimeError ? thrown
          : new RealtimeError("unsupported", "The browser cannot connect", { cause: thrown });
        const error = this.#service ? await this.#service.explain(failure) : failure;
        signal.throwIfAborted();
        // A connection this long was a good one.
        if (Date.now() - openedAt >= 10_000) attempt = 1;
        const reconnecting = Boolean(first);
        const isRenewal = error.code === "session_renewed";
        const delay = isRenewal ? 0
          : error.retryable && this.#reconnect ? this.#reconnect({ attempt, error, reconnecting }) : null;
        if (delay === null) throw error;

        this.#drop();
        if (openedAt < Infinity) this.#open();
        if (reconnecting) this.#become("reconnecting");
        signal.throwIfAborted();
        if (!isRenewal) this.#fail(error);
        signal.throwIfAborted();
        this.#emit("retry", { attempt, delay, offline: navigator.onLine === false, error });
        await pause(signal, delay);
      }
    }
  }

  /** @param {AbortSignal} signal */
  async #attempt(signal) {
    const options = this.#options;
    // A service that creates the call waits up to 10 s for OpenAI.
    const call = options.call ? 15_000 : 10_000;
    const timeouts = { token: 10_000, call, open: 10_000, grace: 5_000, ...options.timeouts };
    const late = () => new RealtimeError("token_timeout", "No token in time", { retryable: true });
    const { rtc: configure } = options;
    const rtc = typeof configure !== "function" ? configure
      : await within(signal, timeouts.token, late, (limit) => ask(() => configure({ signal: limit })));
    const calls = options.call ? await loadCalls() : undefined;
    signal.throwIfAborted();
    const token = calls || options.token === false ? undefined
      : await within(signal, timeouts.token, late, (limit) => fetchToken(options, limit));
    signal.throwIfAborted();
    if (token) this.session = token.session;

    /** @type {Connection} */
    const connection = new Connection(rtc, options.dcid, this.#microphone.track, timeouts.grace, {
      message: (data) => this.#receive(data, connection),
      stream: (stream) => this.#speaker.play(stream),
      unstable: (unstable) => {
        if (this.#state === (unstable ? "connected" : "unstable")) this.#become(unstable ? "unstable" : "connected");
      },
    });
    this.#connection = connection;
    this.#microphone.sender = connection.sender;
    const service = (this.#service = calls && new calls.ServiceCall(options, TOOLS, {
      lease: (lease) => this.#emit("lease", lease),
      failed: (error) => this.#emit("error", error),
      ended: (error) => connection.hangup(error),
      read: (events) => events.forEach((event) => this.#read(event)),
    }));
    await connection.open(async (sdp, limit) => {
      const made = await service?.create(connection.peer, limit);
      if (made) this.session = made.session;
      const { value, sandbox = made?.sandbox } = token ?? {};
      const offer = connection.peer.localDescription?.sdp ?? "";
      const own = await ask(() => options.answer?.({
        offer, token: value, session: this.session, sandbox: sandbox === true, dcid: options.dcid, signal: limit,
      }), "call_failed");
      if (own) return { ...made, sdp: own };
      return made ?? exchange(/** @type {any} */ (token), sdp, limit);
    }, signal, timeouts);
    return connection;
  }

  /** @param {AbortSignal} signal @param {RTCPeerConnection} first */
  async #care(signal, first) {
    const { care } = await import("./realtime-care.js");
    if (signal.aborted) return;
    return care(/** @type {any} */ (this), {
      signal, first, options: this.#options, updates: this.#updates,
      microphone: this.#microphone, speaker: this.#speaker,
      canRenew: () => Boolean(this.#reconnect && !this.#service),
      renew: () => this.#connection?.hangup(
        new RealtimeError("session_renewed", "Another session takes the place of this one", { retryable: true })),
      emit: (type, detail) => this.#emit(type, detail),
      announce: (lost) => this.#announceDevices(lost),
      lose: (cause) => this.#fail(new RealtimeError("microphone_ended", "The microphone is gone", { cause })),
    });
  }

  #drop() {
    this.#monitor.stop();
    this.#service?.end();
    this.#connection?.close();
    this.#service = undefined;
    this.#connection = this.#microphone.sender = undefined;
    this.#responding = this.#speaking = false;
    this.#announce(this.#transcripts.settle());
  }

  /**
   * @param {AbortController} call
   * @param {NonNullable<Client["reason"]>} reason
   * @param {RealtimeError} error
   */
  #end(call, reason, error) {
    if (this.#call !== call) return;
    const wasOpen = this.#state === "connected" || this.#state === "unstable";
    this.#call = undefined;
    call.abort(error);
    this.#drop();
    this.#microphone.close();
    this.#speaker.stop();
    this.#refused(error);
    // A hang-up of an open call is not a failure, unless the server says so.
    const why = error.code === "aborted" || (error.code === "hangup" && wasOpen) ? undefined : error;
    if (why) this.#fail(why);
    this.#become("closed", { reason, error: why });
  }

  /** @param {unknown} data @param {Connection} connection */
  #receive(data, connection) {
    const event = parsed(String(data));
    if (typeof event?.type !== "string") return;
    event.type = event.type.replace(LEGACY, "response.output_$1.");
    this.#handle(event, connection);
    if (event.type === "conversation.item.added") this.#announcesItems = true;
    if (event.type === "conversation.item.created" && !this.#announcesItems) {
      this.#handle({ ...event, type: "conversation.item.added" }, connection);
    }
  }

  /** @param {RealtimeEvents["serverevent"]} event @param {Connection} connection */
  #handle(event, connection) {
    this.#follow(event);
    this.#emit("serverevent", event);
    if (event.type === "error") {
      const { message, code } = event.error ?? {};
      const error = new RealtimeError("session_error", message ?? "The server reported an error", {
        cause: event,
        serverCode: code ?? undefined,
      });
      if (code === "session_expired") connection.hangup(error);
      else this.#emit("error", error);
    } else if (event.type.includes(".")) {
      // The dot excludes the client's own events.
      this.dispatchEvent(new RealtimeEvent(event.type, event));
    }
    if (this.#service?.live) this.#service.live.read(event);
    else this.#read(event);
  }

  /** @param {unknown} event */
  #read(event) {
    this.#announce(this.#transcripts.read(event, this.#isSpoken));
  }

  /** @param {Transcript[]} transcripts */
  #announce(transcripts) {
    for (const transcript of transcripts) this.#emit("transcript", transcript);
  }

  /** Whether the session transcribes what the user says; assumed while the session is not known. */
  get #isSpoken() {
    /** @type {any} */
    const { type, audio } = this.session ?? {};
    return type === "transcription" || !audio?.input || Boolean(audio.input.transcription);
  }

  /** @param {any} event */
  #follow(event) {
    const { type } = event;
    if (/^session\.(created|updated|started)$/.test(type)) {
      this.session = { ...(this.#service?.live && { type: "live" }), ...event.session };
    }
    if (type === "response.created" || type === "response.done") this.#responding = type === "response.created";
    if (type.startsWith("output_audio_buffer.")) this.#speaking = type === "output_audio_buffer.started";
  }

  /** @type {Client["send"]} */
  send(event) {
    this.#service?.live?.check(event);
    const channel = this.#connection?.channel;
    if (channel?.readyState !== "open") throw new RealtimeError("not_connected", "The call is not connected");
    const event_id = event.event_id ?? `event_${++this.#eventCount}`;
    const sent = { ...event, event_id };
    const text = JSON.stringify(sent);
    const limit = this.peerConnection?.sctp?.maxMessageSize ?? Infinity;
    if (text.length > limit || new TextEncoder().encode(text).length > limit) {
      throw new RealtimeError("event_too_large", `An event of ${text.length} characters exceeds ${limit} bytes`);
    }
    channel.send(text);
    if (event.type === "session.update") this.#updates.push(event.session);
    this.#emit("clientevent", sent);
    return event_id;
  }

  /** @param {string} text @param {Parameters<Client["sendText"]>[1]} options */
  sendText(text, { respond = true, interrupt } = {}) {
    const live = this.#service?.live;
    if (live) {
      if (interrupt) live.lacks("interrupt");
      for (const event of live.text(text, respond)) this.send(event);
      live.typed(text);
      return;
    }
    if (interrupt ?? respond) this.interrupt();
    const content = [{ type: "input_text", text }];
    this.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
    if (respond) this.send({ type: "response.create" });
  }

  /** @type {Client["commitAudio"]} */
  commitAudio({ respond = this.session?.type !== "transcription" } = {}) {
    this.send({ type: "input_audio_buffer.commit" });
    if (respond) this.send({ type: "response.create" });
  }

  /** @type {Client["updateSession"]} */
  updateSession(session) {
    /** @type {any} */
    const type = this.session?.type ?? "realtime";
    // Sessions for translation and live ones have no type.
    this.send({ type: "session.update", session: /^(translation|live)$/.test(type) ? session : { type, ...session } });
  }

  interrupt() {
    this.#service?.live?.lacks("interrupt");
    // The server answers with an error when there is nothing to cancel.
    if (this.#responding) this.send({ type: "response.cancel" });
    if (this.#speaking) this.send({ type: "output_audio_buffer.clear" });
    this.#responding = this.#speaking = false;
  }

  mute() { this.#mute(true); }
  unmute() { this.#mute(false); }

  /** @param {boolean} muted */
  #mute(muted) {
    if (muted === this.muted) return;
    this.#microphone.muted = muted;
    this.#emit("mute", { muted });
  }

  set volume(volume) {
    this.#speaker.volume = volume;
    this.#emit("volume", { volume });
  }

  startAudio() { return this.#speaker.start(); }
  levels() { return this.#speaker.levels(this.#microphone.track); }

  /** @param {AbortSignal} signal */
  async #openMicrophone(signal) {
    const { source } = this.#microphone;
    await within(signal, Infinity, aborted, () => this.#microphone.use(source, signal).catch((error) => {
      // A device that a page remembered may be gone.
      if (!source || error.cause?.name !== "OverconstrainedError") throw error;
      return this.#microphone.use(undefined, signal);
    }));
  }

  async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const { source } = this.#microphone;
    const outputs = "setSinkId" in HTMLMediaElement.prototype ? all.filter(({ kind }) => kind === "audiooutput") : [];
    return {
      microphones: all.filter(({ kind }) => kind === "audioinput"),
      outputs,
      microphoneId: typeof source === "string" ? source : undefined,
      outputId: this.#speaker.outputId,
    };
  }

  /** @param {boolean} lost */
  async #announceDevices(lost) {
    const call = this.#call;
    let list = await this.devices();
    const { outputId } = list;
    if (outputId && !list.outputs.some(({ deviceId }) => deviceId === outputId)) {
      await this.#speaker.choose(undefined).catch(() => {});
      list = { ...list, outputId: this.#speaker.outputId };
    }
    if (call && call === this.#call) this.#emit("devices", { ...list, lost });
  }

  /** @param {string | MediaStream | undefined} source */
  async setMicrophone(source) {
    const call = this.#call;
    this.#microphone.wanted = true;
    if (!call) {
      this.#microphone.source = source;
      return;
    }
    await this.#microphone.use(source, call.signal);
    this.#announceDevices(false);
  }

  /** @param {string | undefined} deviceId */
  async setOutput(deviceId) {
    await this.#speaker.choose(deviceId);
    this.#announceDevices(false);
  }
}
