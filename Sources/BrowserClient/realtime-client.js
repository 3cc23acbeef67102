// The browser's side of a call with a realtime model: one ES module, without dependencies and without a build step.
// The interface, with every default, is described in realtime-client.d.ts; the types below come from there.

/**
 * @typedef {import("./realtime-client.js").RealtimeClient} RealtimeClientInterface
 * @typedef {import("./realtime-client.js").ConnectionMonitor} ConnectionMonitorInterface
 * @typedef {import("./realtime-client.js").RealtimeError} RealtimeErrorInterface
 * @typedef {import("./realtime-client.js").RealtimeErrorCode} RealtimeErrorCode
 * @typedef {import("./realtime-client.js").RealtimeErrorDetails} RealtimeErrorDetails
 * @typedef {import("./realtime-client.js").RealtimeEvents} RealtimeEvents
 * @typedef {import("./realtime-client.js").RealtimeOptions} RealtimeOptions
 * @typedef {import("./realtime-client.js").RealtimeState} RealtimeState
 * @typedef {import("./realtime-client.js").ClosedReason} ClosedReason
 * @typedef {import("./realtime-client.js").ServerEvent} ServerEvent
 * @typedef {import("./realtime-client.js").ConversationItem} ConversationItem
 * @typedef {import("./realtime-client.js").Transcript} Transcript
 * @typedef {import("./realtime-client.js").ConnectionStats} ConnectionStats
 * @typedef {import("./realtime-client.js").Quality} Quality
 * @typedef {{ value: string, callsUrl: string | URL, session?: Record<string, unknown> }} Token
 * @typedef {Record<string, any>} Stat
 */

// ------------------------------------------------------------------------------------------------ errors and events

/** @implements {RealtimeErrorInterface} */
export class RealtimeError extends Error {
  /**
   * @param {RealtimeErrorCode} code
   * @param {string} message
   * @param {RealtimeErrorDetails} [details]
   */
  constructor(code, message, { cause, retryable = false, retryAfter, status, serverCode, requestId } = {}) {
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
  }
}

// Not CustomEvent: Node 18, where the tests of pages run too, has none.
/** @template {string} [Type=string], [Detail=unknown] */
export class RealtimeEvent extends Event {
  /**
   * @param {Type} type
   * @param {Detail} detail
   */
  constructor(type, detail) {
    super(type);
    this.detail = detail;
  }
}

class Emitter extends EventTarget {
  /**
   * @param {string} type
   * @param {(detail: any) => void} listener
   */
  on(type, listener) {
    /** @param {any} event */
    const handler = (event) => listener(event.detail);
    this.addEventListener(type, handler);
    return () => this.removeEventListener(type, handler);
  }
}

/** @param {unknown} [cause] */
const aborted = (cause) => new RealtimeError("aborted", "The call was ended here", { cause });

// ------------------------------------------------------------------------------------------------ time

/**
 * The work's result, unless the time is up or the signal is aborted first. The work is told by a signal of its own, but
 * need not listen: getUserMedia, for one, cannot be stopped. No timer outlives the promise.
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
 * @param {AbortSignal} signal
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
function sleep(signal, milliseconds) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function online(signal) {
  return new Promise((resolve, reject) => {
    if (navigator.onLine !== false) return resolve();
    addEventListener("online", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

const DELAYS = [0, 300, 1200, 2700, 4800, 7000, 7000, 7000, 7000, 7000];

/**
 * @param {import("./realtime-client.js").BackoffOptions} [options]
 * @returns {import("./realtime-client.js").ReconnectPolicy}
 */
export function backoff({ delays = DELAYS, firstConnection = 2, maxRetryAfter = 60_000 } = {}) {
  return ({ attempt, error, reconnecting }) => {
    const asked = (error.retryAfter ?? 0) * 1000;
    const delay = delays[attempt - 1];
    if (delay === undefined || asked > maxRetryAfter || (!reconnecting && attempt > firstConnection)) return null;
    // Whoever was sent away at the same moment must not come back at the same moment.
    const jitter = attempt < 3 && !asked ? 0 : Math.random() * 1000;
    return Math.max(asked, delay) + jitter;
  };
}

// ------------------------------------------------------------------------------------------------ HTTP

// 502 is retried, but not when the daemon says that the key, the account or the session file is to blame; and 429 is,
// but not when it means that the money is spent.
const LASTING = /^upstream_(auth|quota|rejected)$|insufficient_quota|credit_balance/;

/**
 * fetch, with an answer that is no success as a RealtimeError.
 * @param {"token" | "call"} phase
 * @param {string | URL} url
 * @param {RequestInit} init
 */
async function post(phase, url, init) {
  let response;
  try {
    response = await fetch(url, { method: "POST", cache: "no-store", ...init });
  } catch (cause) {
    throw new RealtimeError(`${phase}_unreachable`, `No answer from ${url}`, { cause, retryable: true });
  }
  if (response.ok) return response;

  const { status, headers } = response;
  const text = await response.text().catch(() => "");
  /** @type {any} The daemon's problem+json, or OpenAI's {"error": {…}}, once seen without the wrapper. */
  const body = parsed(text) ?? {};
  const inner = typeof body.error === "object" && body.error ? body.error : body;
  const serverCode = inner.code ?? undefined;
  const wait = headers.get("Retry-After");
  throw new RealtimeError(
    status === 429 ? "rate_limited" : `${phase}_refused`,
    inner.detail ?? inner.message ?? inner.title ?? `${url} answered ${status}`,
    {
      cause: parsed(text) ?? text,
      status,
      serverCode,
      retryable: (status === 429 || status >= 500) && !LASTING.test(serverCode),
      retryAfter: wait === null ? undefined : seconds(wait),
      requestId: headers.get("X-Request-Id") ?? body.request_id ?? undefined,
    },
  );
}

/** @param {string} retryAfter a number or a date (RFC 9110, 10.2.3) */
function seconds(retryAfter) {
  const value = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return value >= 0 ? value : undefined;
}

/**
 * @param {string} text
 * @returns {any} undefined unless it is a JSON object
 */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {RealtimeOptions} options
 * @param {AbortSignal} signal
 * @returns {Promise<Token>}
 */
async function fetchToken(options, signal) {
  const { token: source = "/api/realtime/token", session, overrides, variables, authorization } = options;
  /** @type {any} */
  let answer;
  try {
    if (typeof source === "function") {
      answer = await source({ signal });
    } else {
      /** @type {Record<string, string>} */
      const headers = {};
      if (authorization) headers.Authorization = typeof authorization === "string" ? authorization : await authorization();
      // Without a body the request needs no Content-Type, and so no preflight.
      const wanted = session !== undefined || overrides || variables;
      if (wanted) headers["Content-Type"] = "application/json";
      const body = wanted ? JSON.stringify({ session, overrides, variables }) : undefined;
      signal.throwIfAborted();
      const response = await post("token", source, { headers, body, credentials: options.credentials, signal });
      answer = parsed(await response.text());
    }
  } catch (cause) {
    if (cause instanceof RealtimeError) throw cause;
    const { message, retryable, retryAfter } = Object(cause);
    throw new RealtimeError("token_failed", message ?? String(cause), { cause, retryable: retryable === true, retryAfter });
  }
  const value = typeof answer === "string" ? answer : answer?.value ?? answer?.client_secret?.value;
  if (typeof value !== "string" || !value) throw new RealtimeError("token_invalid", "The answer holds no client secret");
  const callsUrl = options.callsUrl ?? answer.calls_url ?? "https://api.openai.com/v1/realtime/calls";
  return { value, callsUrl, session: answer.session };
}

// ------------------------------------------------------------------------------------------------ one connection

/** One peer connection with its data channel, from the offer to the end; never used twice. */
class Connection {
  /** @type {string | undefined} */
  callId;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #grace;
  /** @type {(error: RealtimeError) => void} */
  #end = () => {};

  /**
   * @param {RTCConfiguration | undefined} rtc
   * @param {MediaStreamTrack | undefined} track
   * @param {number} grace
   * @param {{ message: (data: unknown) => void, stream: (stream: MediaStream) => void,
   *           unstable: (unstable: boolean) => void }} handlers
   */
  constructor(rtc, track, grace, handlers) {
    this.peer = new RTCPeerConnection(rtc);
    this.channel = this.peer.createDataChannel("oai-events");
    // Both directions even without a track, so that a microphone can come later without renegotiation.
    this.sender = this.peer.addTransceiver(track ?? "audio", { direction: "sendrecv" }).sender;

    /** @type {Promise<void>} */
    this.opened = new Promise((resolve) => { this.channel.onopen = () => resolve(); });
    /** Rejects with what ended the connection. @type {Promise<never>} */
    this.ended = new Promise((_, reject) => { this.#end = reject; });
    this.ended.catch(() => {});

    this.channel.onmessage = ({ data }) => handlers.message(data);
    // When the server hangs up, connectionState stays "connected" for seconds; when it dies, the channel stays open.
    this.channel.onclose = () => this.peer.connectionState === "disconnected" || this.peer.connectionState === "failed"
      ? this.#lose() : this.hangup();
    this.peer.ontrack = ({ streams, track }) => handlers.stream(streams[0] ?? new MediaStream([track]));
    this.peer.onconnectionstatechange = () => {
      clearTimeout(this.#grace);
      const state = this.peer.connectionState;
      if (state === "failed") this.#lose();
      if (state === "disconnected") this.#grace = setTimeout(() => this.#lose(), grace);
      handlers.unstable(state !== "connected");
    };
  }

  #lose() {
    this.#end(new RealtimeError("connection_lost", "The connection is lost", { retryable: true }));
  }

  /** @param {RealtimeError} [lastWord] */
  hangup(lastWord) {
    this.#end(lastWord ?? new RealtimeError("hangup", "The server ended the call"));
  }

  /**
   * @param {Token} token
   * @param {AbortSignal} signal
   * @param {{ call: number, open: number }} timeouts
   */
  async open(token, signal, timeouts) {
    const { peer } = this;
    const offer = await peer.createOffer();
    signal.throwIfAborted();
    await peer.setLocalDescription(offer);
    signal.throwIfAborted();
    // Candidates are not waited for: the answer carries the server's, and that is enough.
    const late = () => new RealtimeError("call_timeout", "No SDP answer in time", { retryable: true });
    const sdp = await within(signal, timeouts.call, late, async (limit) => {
      // Another header field fails OpenAI's CORS rules.
      const headers = { Authorization: `Bearer ${token.value}`, "Content-Type": "application/sdp" };
      const response = await post("call", token.callsUrl, { headers, body: offer.sdp, signal: limit });
      this.callId = response.headers.get("Location")?.split(/[?#]/)[0]?.split("/").pop();
      return response.text();
    });
    signal.throwIfAborted();
    try {
      await peer.setRemoteDescription({ type: "answer", sdp });
    } catch (cause) {
      throw new RealtimeError("call_invalid", "The answer is no usable SDP", { cause });
    }
    const closed = () => new RealtimeError("open_timeout", "The data channel did not open in time", { retryable: true });
    await within(signal, timeouts.open, closed, () => Promise.race([this.opened, this.ended]));
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

// ------------------------------------------------------------------------------------------------ microphone

/** @type {Record<string, [RealtimeErrorCode, string]>} */
const MICROPHONE_ERRORS = {
  NotAllowedError: ["microphone_denied", "The microphone was refused"],
  SecurityError: ["microphone_denied", "This page may not use the microphone"],
  NotFoundError: ["microphone_missing", "There is no microphone"],
  OverconstrainedError: ["microphone_missing", "There is no such microphone"],
};

/** @param {unknown} cause */
function microphoneError(cause) {
  const [code, message] = MICROPHONE_ERRORS[Object(cause).name] ?? ["microphone_busy", "The microphone cannot be opened"];
  return new RealtimeError(code, message, { cause });
}

/** The microphone's track, which outlives connections, but not the call. */
class Microphone {
  /** @type {MediaStreamTrack | undefined} */
  track;
  /** @type {RTCRtpSender | undefined} */
  sender;
  #live = /** @type {Set<MediaStreamTrack>} */ (new Set());
  #turn = /** @type {Promise<unknown>} */ (Promise.resolve());
  #muted;

  /**
   * @param {RealtimeOptions} options
   * @param {(error?: unknown) => void} lost told after a fallback, with the error when there was none to fall back on
   */
  constructor({ audio, microphone, muted = false }, lost) {
    this.constraints = audio;
    this.wanted = microphone !== false;
    this.deviceId = microphone || undefined;
    this.#muted = muted;
    this.lost = lost;
  }

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    if (this.track) this.track.enabled = !muted;
  }

  /**
   * Puts this microphone in the place of the one in use.
   * @param {string | undefined} deviceId
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  use(deviceId, signal) {
    // One after the other, so that the last one asked for is the one that stays.
    const turn = this.#turn.then(() => this.#use(deviceId, signal));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /**
   * @param {string | undefined} deviceId
   * @param {AbortSignal} signal
   */
  async #use(deviceId, signal) {
    signal.throwIfAborted();
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...this.constraints };
    if (deviceId) audio.deviceId = { exact: deviceId };
    const stream = await navigator.mediaDevices.getUserMedia({ audio });
    const [track] = stream.getAudioTracks();
    if (signal.aborted) track?.stop();
    signal.throwIfAborted();
    if (!track) throw new DOMException("No track", "NotFoundError");

    const before = this.track;
    this.#live.add(track);
    track.enabled = !this.#muted;
    track.onended = () => this.#fallBack(track, signal);
    this.track = track;
    const { sender } = this;
    try {
      await sender?.replaceTrack(track);
    } catch (error) {
      // When the connection ended meanwhile, the next one takes this track anyway.
      if (sender === this.sender) {
        this.#release(track);
        this.track = before;
        throw error;
      }
    }
    signal.throwIfAborted();
    // Muting may have happened meanwhile, and reached one of the two only.
    track.enabled = !this.#muted;
    this.deviceId = deviceId;
    if (before) this.#release(before);
  }

  /**
   * @param {MediaStreamTrack} gone
   * @param {AbortSignal} signal
   */
  async #fallBack(gone, signal) {
    if (gone !== this.track) return;
    try {
      await this.use(undefined, signal);
      if (!signal.aborted) this.lost();
    } catch (error) {
      if (signal.aborted || gone !== this.track) return;
      this.#release(gone);
      this.track = undefined;
      this.lost(error);
    }
  }

  /** @param {MediaStreamTrack} track */
  #release(track) {
    this.#live.delete(track);
    track.onended = null;
    track.stop();
  }

  close() {
    for (const track of this.#live) this.#release(track);
    this.track = this.sender = undefined;
    // A question to the user that is still open must not hold up the next call.
    this.#turn = Promise.resolve();
  }
}

// ------------------------------------------------------------------------------------------------ speaker

/**
 * What plays the answers and measures both sides. As long as the volume is 1 the element plays the server's stream
 * itself, the shortest way. Another volume goes through a GainNode: iOS ignores an element's volume, and the gain can be
 * measured behind it.
 */
class Speaker {
  blocked = false;
  /** @type {MediaStream | undefined} */
  #remote;
  /** @type {ReturnType<Speaker["createGraph"]> | undefined} */
  #graph;
  /** Plays the stream muted, because Chromium feeds Web Audio only what an element plays. @type {HTMLAudioElement | undefined} */
  #pull;
  #volume;

  /**
   * @param {RealtimeOptions} options
   * @param {(blocked: boolean) => void} changed
   */
  constructor({ element, output, volume = 1 }, changed) {
    /** @type {(HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }) | undefined} */
    this.element = element;
    this.outputId = output;
    this.#volume = volume;
    this.changed = changed;
  }

  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    if (!(volume >= 0 && volume <= 1)) throw new RangeError(`volume is 0 to 1, not ${volume}`);
    this.#volume = volume;
    if (this.#graph) this.#graph.gain.gain.value = volume;
    if (this.#remote && !this.#pull) this.play(this.#remote);
  }

  /** @param {MediaStream} remote */
  play(remote) {
    this.#remote = remote;
    this.#graph?.hear(remote);
    const element = (this.element ??= new Audio());
    if (this.#volume !== 1 || this.#pull) {
      const graph = (this.#graph ??= this.createGraph());
      this.#pull ??= new Audio();
      this.#pull.muted = true;
      this.#pull.srcObject = remote;
      this.#pull.play().catch(() => {});
      element.srcObject = graph.destination.stream;
    } else {
      element.srcObject = remote;
    }
    if (this.outputId) this.choose(this.outputId).catch(() => {});
    this.start().catch(() => {});
  }

  async start() {
    // Not awaited: it stays pending for as long as the browser refuses.
    this.#graph?.context.resume().catch(() => {});
    try {
      await this.element?.play();
      this.#block(false);
    } catch (cause) {
      // AbortError only says that another stream took this one's place.
      if (this.#remote && Object(cause).name === "NotAllowedError") this.#block(true);
      throw new RealtimeError("device_failed", "The browser does not play", { cause });
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
    const element = (this.element ??= new Audio());
    if (!element.setSinkId) throw new RealtimeError("unsupported", "This browser cannot choose an output");
    try {
      await element.setSinkId(outputId ?? "");
      this.outputId = outputId;
    } catch (cause) {
      throw new RealtimeError("device_failed", "This output cannot be used", { cause });
    }
  }

  createGraph() {
    const context = new AudioContext();
    const gain = context.createGain();
    const heard = context.createAnalyser();
    const sent = context.createAnalyser();
    const destination = context.createMediaStreamDestination();
    gain.gain.value = this.#volume;
    gain.connect(heard).connect(destination);
    /** @type {MediaStreamAudioSourceNode | undefined} */
    let remote;
    /** @type {MediaStreamAudioSourceNode | undefined} */
    let local;
    /** @type {MediaStreamTrack | undefined} */
    let measured;
    const graph = {
      context,
      gain,
      heard,
      sent,
      destination,
      /** @param {MediaStream} stream */
      hear(stream) {
        remote?.disconnect();
        remote = context.createMediaStreamSource(stream);
        remote.connect(gain);
      },
      /** @param {MediaStreamTrack | undefined} track */
      listen(track) {
        if (track === measured) return;
        measured = track;
        local?.disconnect();
        local = track && context.createMediaStreamSource(new MediaStream([track]));
        local?.connect(sent);
      },
    };
    context.resume().catch(() => {});
    if (this.#remote) graph.hear(this.#remote);
    return graph;
  }

  /** @param {MediaStreamTrack | undefined} track */
  levels(track) {
    if (!track && !this.#remote) return { input: 0, output: 0 };
    const graph = (this.#graph ??= this.createGraph());
    graph.listen(track);
    return { input: loudness(graph.sent), output: loudness(graph.heard) };
  }

  stop() {
    for (const element of [this.element, this.#pull]) {
      if (!element || !this.#remote) continue;
      element.pause();
      element.srcObject = null;
    }
    for (const track of this.#graph?.destination.stream.getTracks() ?? []) track.stop();
    this.#graph?.context.close().catch(() => {});
    this.#remote = this.#graph = this.#pull = undefined;
    this.blocked = false;
  }
}

/** @param {AnalyserNode} analyser */
function loudness(analyser) {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return Math.min(1, Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
}

// ------------------------------------------------------------------------------------------------ transcripts

/** Both sides' words, by conversation item, in the order of the conversation. */
class Transcripts {
  /** @type {readonly Transcript[]} */
  list = [];
  /** The content parts of each item. @type {Map<string, string[]>} */
  #parts = new Map();

  /**
   * @param {ServerEvent} event
   * @returns {Transcript[]} those that it changed
   */
  read(event) {
    switch (event.type) {
      case "conversation.item.added":
      case "conversation.item.done":
        return this.#item(event.item, event.previous_item_id);
      case "response.output_item.added":
      case "response.output_item.done":
        return this.#item(event.item);
      case "conversation.item.input_audio_transcription.delta":
        return this.#grow(event.item_id, "user", event.content_index, event.delta ?? "");
      case "conversation.item.input_audio_transcription.completed":
        return this.#set(event.item_id, "user", event.content_index, event.transcript, { final: true });
      case "conversation.item.input_audio_transcription.failed":
        return this.#change(event.item_id, "user", { final: true, failed: true });
      case "response.output_text.delta":
      case "response.output_audio_transcript.delta":
        return this.#grow(event.item_id, "assistant", event.content_index, event.delta);
      case "response.output_text.done":
        return this.#set(event.item_id, "assistant", event.content_index, event.text);
      case "response.output_audio_transcript.done":
        return this.#set(event.item_id, "assistant", event.content_index, event.transcript);
      case "conversation.item.truncated":
        return this.#change(event.item_id, "assistant", { final: true, interrupted: true });
      case "response.done": {
        const interrupted = event.response.status === "cancelled";
        // Every answer that is still open, because a server need not name them here.
        return this.list.filter(({ role, final }) => role === "assistant" && !final)
          .flatMap(({ itemId }) => this.#change(itemId, "assistant", { final: true, interrupted }));
      }
      default:
        return [];
    }
  }

  /**
   * @param {ConversationItem} item
   * @param {string | null} [previousId]
   */
  #item({ id, type, role = "assistant", status, content = [] }, previousId) {
    if (type !== "message" || !id) return [];
    const parts = content.map(({ text, transcript }) => text ?? transcript);
    const known = parts.some((part) => part);
    // The user's speech is complete before it is transcribed; the answer's words are when it is.
    const final = role === "assistant" ? status === "completed" || status === "incomplete" : known;
    const changes = { ...(final && { final }), ...(status === "incomplete" && { interrupted: true }) };
    if (known) this.#parts.set(id, parts.map((part) => part ?? ""));
    return this.#change(id, role, changes, previousId);
  }

  /**
   * @param {string} itemId
   * @param {Transcript["role"]} role
   * @param {number | undefined} index
   * @param {string} delta
   */
  #grow(itemId, role, index = 0, delta) {
    return this.#set(itemId, role, index, (this.#parts.get(itemId)?.[index] ?? "") + delta);
  }

  /**
   * @param {string} itemId
   * @param {Transcript["role"]} role
   * @param {number | undefined} index
   * @param {string} text
   * @param {Partial<Transcript>} [changes]
   */
  #set(itemId, role, index = 0, text, changes) {
    const parts = this.#parts.get(itemId) ?? [];
    parts[index] = text;
    this.#parts.set(itemId, parts);
    return this.#change(itemId, role, changes);
  }

  /**
   * @param {string} itemId
   * @param {Transcript["role"]} role
   * @param {Partial<Transcript>} [changes]
   * @param {string | null} [previousId]
   */
  #change(itemId, role, changes, previousId) {
    const list = [...this.list];
    let at = list.findIndex((transcript) => transcript.itemId === itemId);
    const before = list[at] ?? { itemId, role, text: "", final: false, interrupted: false, failed: false };
    const after = { ...before, ...changes, text: this.#parts.get(itemId)?.join("") ?? "" };
    if (at < 0) {
      // What the user said is announced after the answer to it has begun, but with its place.
      const previous = list.findIndex((transcript) => transcript.itemId === previousId);
      at = previous < 0 ? list.length : previous + 1;
      list.splice(at, 0, after);
    } else {
      if (Object.entries(after).every(([key, value]) => Object(before)[key] === value)) return [];
      list[at] = after;
    }
    // A new array and new objects, so that a page sees by identity what has changed.
    this.list = list;
    return [after];
  }
}

// ------------------------------------------------------------------------------------------------ monitor

const FAIR = { rtt: 250, jitter: 30, loss: 0.02 };
const POOR = { rtt: 500, jitter: 60, loss: 0.08 };

/** @implements {ConnectionMonitorInterface} */
export class ConnectionMonitor extends Emitter {
  /** @type {Quality} */
  quality = "unknown";
  /** @type {ConnectionStats | undefined} */
  stats;
  #options;
  /** @type {Parameters<ConnectionMonitorInterface["start"]>[0] | undefined} */
  #connection;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {Record<"pair" | "inbound" | "outbound" | "remote", Stat> | undefined} */
  #before;

  /** @param {import("./realtime-client.js").MonitorOptions} [options] */
  constructor(options) {
    super();
    this.#options = { interval: 2000, fair: FAIR, poor: POOR, ...options };
  }

  /** @param {Parameters<ConnectionMonitorInterface["start"]>[0]} connection */
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

  /**
   * @param {Record<"pair" | "inbound" | "outbound" | "remote", Stat>} before
   * @param {Record<"pair" | "inbound" | "outbound" | "remote", Stat>} now
   * @returns {ConnectionStats}
   */
  #compare(before, now) {
    /**
     * @param {"pair" | "inbound" | "outbound" | "remote"} kind
     * @param {string} key
     */
    // Never below zero: a duplicate lowers packetsLost, and a report that is missing counts from zero.
    const grown = (kind, key) => Math.max(0, (now[kind][key] ?? 0) - (before[kind][key] ?? 0));
    const interval = grown("inbound", "timestamp") || grown("outbound", "timestamp") || grown("pair", "timestamp");
    /** @param {"inbound" | "outbound"} kind @param {string} key */
    const bitrate = (kind, key) => interval ? Math.round(grown(kind, key) * 8000 / interval) : 0;
    const lost = grown("inbound", "packetsLost");

    // Chromium counts round trips in the candidate pair, Firefox in what the other side reports of our stream.
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
   * @returns {Quality}
   */
  #judge({ rtt, jitter, loss, remoteLoss }) {
    if ([rtt, jitter, loss, remoteLoss].every((value) => value === undefined)) return "unknown";
    const worst = { rtt: rtt ?? 0, jitter: jitter ?? 0, loss: Math.max(loss ?? 0, remoteLoss ?? 0) };
    /** @param {typeof FAIR} limits */
    const reaches = (limits) => worst.rtt >= limits.rtt || worst.jitter >= limits.jitter || worst.loss >= limits.loss;
    return reaches(this.#options.poor) ? "poor" : reaches(this.#options.fair) ? "fair" : "good";
  }
}

/**
 * The four members of a report that say something about the call.
 * @param {RTCStatsReport} report
 */
function read(report) {
  /** @type {Stat[]} */
  const all = [];
  report.forEach((/** @type {Stat} */ stat) => all.push(stat));
  /** @param {string} type */
  const audio = (type) => all.find((stat) => stat.type === type && (stat.kind ?? stat.mediaType) === "audio") ?? {};
  const selected = all.find((stat) => stat.type === "transport" && stat.selectedCandidatePairId)?.selectedCandidatePairId;
  return {
    // Firefox has no transport, and marks the pair itself.
    pair: all.find((stat) => stat.type === "candidate-pair" && (selected ? stat.id === selected : stat.selected)) ?? {},
    inbound: audio("inbound-rtp"),
    outbound: audio("outbound-rtp"),
    remote: audio("remote-inbound-rtp"),
  };
}

/** @param {number} part @param {number} whole */
const ratio = (part, whole) => whole > 0 ? part / whole : undefined;

/** @param {number | undefined} seconds */
const milliseconds = (seconds) => seconds === undefined ? undefined : seconds * 1000;

// ------------------------------------------------------------------------------------------------ the client

// The beta interface's names; conversation.item.created is treated where events are received.
const LEGACY = /^response\.(text|audio|audio_transcript)\./;

/** @param {RealtimeError} error */
const isHangup = ({ code, serverCode }) => code === "hangup" || serverCode === "session_expired";

/** A promise to be settled from outside. Nobody need look at it. */
function deferred() {
  const result = {
    resolved: false,
    resolve() {},
    /** @param {unknown} _error */
    reject(_error) {},
    promise: /** @type {Promise<void>} */ (Promise.resolve()),
  };
  result.promise = new Promise((resolve, reject) => {
    result.reject = reject;
    result.resolve = () => {
      result.resolved = true;
      resolve();
    };
  });
  result.promise.catch(() => {});
  return result;
}

/** How long a connection must have lasted for its loss to be a new one, in milliseconds. */
const LASTED = 10_000;

/** @implements {RealtimeClientInterface} */
export class RealtimeClient extends Emitter {
  /** @type {RealtimeErrorInterface | undefined} */
  error;
  /** @type {Record<string, unknown> | undefined} */
  session;
  #options;
  #reconnect;
  #microphone;
  #speaker;
  #monitor;
  #transcripts = new Transcripts();
  /** @type {RealtimeState} */
  #state = "idle";
  /** @type {ClosedReason | undefined} */
  #reason;
  /** The call, as long as there is one; whatever was begun in another looks at its signal and stops. @type {AbortController | undefined} */
  #call;
  /** @type {Connection | undefined} */
  #connection;
  #opening = deferred();
  #eventCount = 0;
  #announcesItems = false;
  #responding = false;
  #speaking = false;

  /** @param {RealtimeOptions} [options] */
  constructor(options = {}) {
    super();
    this.#options = options;
    this.#reconnect = options.reconnect ?? backoff();
    this.#microphone = new Microphone(options, (error) => {
      if (error) this.#fail(new RealtimeError("microphone_ended", "The microphone is gone", { cause: error }));
      this.#announceDevices(!error);
    });
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
  get callId() { return this.#connection?.callId; }
  get peerConnection() { return this.#connection?.peer; }

  /**
   * @template {keyof RealtimeEvents} Type
   * @param {Type} type
   * @param {RealtimeEvents[Type]} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new RealtimeEvent(type, detail));
  }

  /**
   * @param {RealtimeState} state
   * @param {{ reason?: ClosedReason, error?: RealtimeError }} [why]
   */
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
  }

  /** @param {{ signal?: AbortSignal }} [options] */
  connect({ signal } = {}) {
    if (signal?.aborted) return Promise.reject(aborted(signal.reason));
    const call = this.#call ?? this.#begin();
    const { promise } = this.#opening;
    if (signal) {
      const end = () => this.#end(call, "aborted", aborted(signal.reason));
      signal.addEventListener("abort", end);
      promise.catch(() => {}).then(() => signal.removeEventListener("abort", end));
    }
    return promise;
  }

  disconnect() {
    if (this.#call) this.#end(this.#call, "disconnected", aborted());
  }

  #begin() {
    const call = (this.#call = new AbortController());
    const { signal } = call;
    this.#opening = deferred();
    this.#transcripts = new Transcripts();
    this.error = this.session = undefined;
    addEventListener("pagehide", () => this.#end(call, "page-hidden", aborted()), { signal });
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#announceDevices(false), { signal });
    this.#run(signal).catch((error) => this.#end(call, isHangup(error) ? "hangup" : "failed", error));
    return call;
  }

  /**
   * The whole of a call, from the microphone to its end, which it throws. Whatever was awaited, the call may have been
   * ended meanwhile: its signal says so.
   * @param {AbortSignal} signal
   */
  async #run(signal) {
    if (typeof RTCPeerConnection === "undefined") throw new RealtimeError("unsupported", "This browser has no WebRTC");
    if (this.#microphone.wanted) {
      this.#become("requesting-microphone");
      await this.#openMicrophone(signal);
      signal.throwIfAborted();
      this.#announceDevices(false);
    }
    this.#become("connecting");

    let reconnecting = false;
    for (let attempt = 1; ; attempt++) {
      let openedAt = Infinity;
      try {
        const connection = await this.#attempt(signal);
        signal.throwIfAborted();
        openedAt = Date.now();
        reconnecting = true;
        this.error = undefined;
        this.#monitor.start(connection.peer);
        this.#opening.resolve();
        this.#become("connected");
        await connection.ended;
      } catch (thrown) {
        signal.throwIfAborted();
        const error = thrown instanceof RealtimeError ? thrown
          : new RealtimeError("unsupported", "The browser cannot connect", { cause: thrown });
        if (Date.now() - openedAt >= LASTED) attempt = 1;
        const delay = error.retryable && this.#reconnect ? this.#reconnect({ attempt, error, reconnecting }) : null;
        if (delay === null) throw error;

        this.#drop();
        if (openedAt < Infinity) this.#opening = deferred();
        this.#fail(error);
        if (reconnecting && !signal.aborted) this.#become("reconnecting");
        if (!signal.aborted) this.#emit("retry", { attempt, delay, offline: navigator.onLine === false, error });
        await sleep(signal, delay);
        await online(signal);
      }
    }
  }

  /**
   * A fresh token and a new connection, up to the open data channel.
   * @param {AbortSignal} signal
   */
  async #attempt(signal) {
    const timeouts = { token: 10_000, call: 10_000, open: 10_000, grace: 5_000, ...this.#options.timeouts };
    const late = () => new RealtimeError("token_timeout", "No token in time", { retryable: true });
    const token = await within(signal, timeouts.token, late, (limit) => fetchToken(this.#options, limit));
    signal.throwIfAborted();
    this.session = token.session;

    const connection = new Connection(this.#options.rtc, this.#microphone.track, timeouts.grace, {
      message: (data) => this.#receive(data, connection),
      stream: (stream) => this.#speaker.play(stream),
      unstable: (unstable) => {
        if (this.#state === (unstable ? "connected" : "unstable")) this.#become(unstable ? "unstable" : "connected");
      },
    });
    this.#connection = connection;
    this.#microphone.sender = connection.sender;
    await connection.open(token, signal, timeouts);
    return connection;
  }

  #drop() {
    this.#monitor.stop();
    this.#connection?.close();
    this.#connection = this.#microphone.sender = undefined;
    this.#responding = this.#speaking = false;
  }

  /**
   * The one way out of a call, whatever ended it.
   * @param {AbortController} call
   * @param {ClosedReason} reason
   * @param {RealtimeError} error
   */
  #end(call, reason, error) {
    if (this.#call !== call) return;
    this.#call = undefined;
    call.abort(error);
    this.#drop();
    this.#microphone.close();
    this.#speaker.stop();
    this.#opening.reject(error);
    // A call that was open and is hung up has not failed, unless the server said so.
    const why = error.code === "aborted" || (error.code === "hangup" && this.#opening.resolved) ? undefined : error;
    if (why) this.#fail(why);
    this.#become("closed", { reason, error: why });
  }

  // ---------------------------------------------------------------------------------------------- events

  /**
   * @param {unknown} data
   * @param {Connection} connection
   */
  #receive(data, connection) {
    const event = parsed(String(data));
    if (typeof event?.type !== "string") return;
    event.type = event.type.replace(LEGACY, "response.output_$1.");
    this.#take(event, connection);
    if (event.type === "conversation.item.added") this.#announcesItems = true;
    if (event.type === "conversation.item.created" && !this.#announcesItems) {
      this.#take({ ...event, type: "conversation.item.added" }, connection);
    }
  }

  /**
   * @param {ServerEvent} event
   * @param {Connection} connection
   */
  #take(event, connection) {
    this.#follow(event);
    this.#emit("serverevent", event);
    if (event.type === "error") {
      const { message, code } = event.error ?? {};
      const error = new RealtimeError("session_error", message ?? "The server reports an error", {
        cause: event,
        serverCode: code ?? undefined,
      });
      if (code === "session_expired") connection.hangup(error);
      else this.#emit("error", error);
    } else if (event.type.includes(".")) {
      // The dot keeps a server from speaking in the client's own name.
      this.dispatchEvent(new RealtimeEvent(event.type, event));
    }
    for (const transcript of this.#transcripts.read(event)) this.#emit("transcript", transcript);
  }

  /** @param {ServerEvent} event */
  #follow(event) {
    switch (event.type) {
      case "session.created":
      case "session.updated":
        this.session = event.session;
        break;
      case "response.created":
        this.#responding = true;
        break;
      case "response.done":
        this.#responding = false;
        break;
      case "output_audio_buffer.started":
        this.#speaking = true;
        break;
      case "output_audio_buffer.stopped":
      case "output_audio_buffer.cleared":
        this.#speaking = false;
        break;
    }
  }

  /** @param {import("./realtime-client.js").ClientEvent} event */
  send(event) {
    const channel = this.#connection?.channel;
    if (channel?.readyState !== "open") throw new RealtimeError("not_connected", "There is no open connection");
    const event_id = event.event_id ?? `event_${++this.#eventCount}`;
    const sent = { ...event, event_id };
    channel.send(JSON.stringify(sent));
    this.#emit("clientevent", sent);
    return event_id;
  }

  /**
   * @param {string} text
   * @param {{ respond?: boolean, interrupt?: boolean }} [options]
   */
  sendText(text, { respond = true, interrupt = respond } = {}) {
    if (interrupt) this.interrupt();
    const content = [{ type: "input_text", text }];
    this.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
    if (respond) this.send({ type: "response.create" });
  }

  /** @param {import("./realtime-client.js").SessionUpdate} session */
  updateSession(session) {
    const { type = "realtime" } = this.session ?? {};
    // A translation session has no type.
    this.send({ type: "session.update", session: type === "translation" ? session : { type, ...session } });
  }

  interrupt() {
    // The server answers with an error when there is nothing to cancel.
    if (this.#responding) this.send({ type: "response.cancel" });
    if (this.#speaking) this.send({ type: "output_audio_buffer.clear" });
    this.#responding = this.#speaking = false;
  }

  // ---------------------------------------------------------------------------------------------- sound and devices

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
    const { deviceId } = this.#microphone;
    /** @param {string} [id] */
    const open = (id) => within(signal, Infinity, aborted, () => this.#microphone.use(id, signal));
    try {
      await open(deviceId).catch((error) => {
        // A device that a page remembered may be gone.
        if (deviceId && error.name === "OverconstrainedError") return open();
        throw error;
      });
    } catch (error) {
      throw error instanceof RealtimeError ? error : microphoneError(error);
    }
  }

  async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const outputs = "setSinkId" in HTMLMediaElement.prototype ? all.filter(({ kind }) => kind === "audiooutput") : [];
    return {
      microphones: all.filter(({ kind }) => kind === "audioinput"),
      outputs,
      microphoneId: this.#microphone.deviceId,
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

  /** @param {string | undefined} deviceId */
  async setMicrophone(deviceId) {
    const call = this.#call;
    this.#microphone.wanted = true;
    if (!call) {
      this.#microphone.deviceId = deviceId;
      return;
    }
    try {
      await this.#microphone.use(deviceId, call.signal);
    } catch (error) {
      throw error instanceof RealtimeError ? error : microphoneError(error);
    }
    this.#announceDevices(false);
  }

  /** @param {string | undefined} deviceId */
  async setOutput(deviceId) {
    await this.#speaker.choose(deviceId);
    this.#announceDevices(false);
  }
}
