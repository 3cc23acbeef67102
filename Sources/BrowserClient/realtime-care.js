// The part of realtime-client.js that looks after a call once it is connected: the conversation after a reconnect, a
// session that is about to end, sound that the system has interrupted, and the page's functions. It is loaded in the
// background.

/**
 * @typedef {import("./realtime-client.js").RealtimeEvents} RealtimeEvents
 * @typedef {{
 *   signal: AbortSignal,
 *   tools: import("./realtime-client.js").Tools | undefined,
 *   restore: import("./realtime-client.js").RestoreOptions | boolean | undefined,
 *   updates: readonly object[],
 *   canRenew: () => boolean,
 *   renew: () => void,
 *   emit: <Type extends "restored" | "interruption">(type: Type, detail: RealtimeEvents[Type]) => void,
 *   announce: () => void,
 *   microphone: {
 *     wanted: boolean, deviceId: string | undefined, track: MediaStreamTrack | undefined,
 *     use: (deviceId: string | undefined, signal: AbortSignal) => Promise<void>,
 *   },
 *   speaker: { readonly isStalled: boolean, blocked: boolean, start: () => Promise<void> },
 * }} Call what the client lends
 */

/** The time between two looks at the sound, and that before a muted microphone is opened again, in milliseconds. */
const LOOK = 1000;
const MUTED = 3000;

/** The time before the end of a session from which it is replaced in a pause, and the last moment, in milliseconds. */
const RENEWAL = 60_000;
const LAST = 5000;

/** @param {import("./realtime-client.js").RealtimeClient} client @param {Call} call */
export function care(client, call) {
  new Conversation(client, call);
  new Sound(call);
  if (call.tools) new Functions(client, call, call.tools);
}

/** What the model knows: it is told again after a reconnect, and a session is replaced before it ends. */
class Conversation {
  #client;
  #call;
  #peer;
  #isBusy = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("./realtime-client.js").RealtimeClient} client @param {Call} call */
  constructor(client, call) {
    this.#client = client;
    this.#call = call;
    this.#peer = client.peerConnection;
    if (call.restore === false) return;
    const end = client.on("serverevent", ({ type }) => {
      if (/^session\.(created|started)$/.test(type)) this.#begin();
      if (/^(input_audio_buffer\.speech_started|response\.created)$/.test(type)) this.#isBusy = true;
      if (/^(response\.done|output_audio_buffer\.stopped)$/.test(type)) this.#isBusy = false;
    });
    call.signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      end();
    });
    this.#plan();
  }

  #begin() {
    if (this.#client.peerConnection !== this.#peer) this.#restore();
    this.#peer = this.#client.peerConnection;
    this.#isBusy = false;
    this.#plan();
  }

  #restore() {
    const { session, transcripts } = this.#client;
    const known = transcripts.filter(({ final, text, role }) => final && text && role !== "system");
    if (session?.type && session.type !== "realtime") {
      this.#call.emit("restored", { items: 0, omitted: known.length, updated: false });
      return;
    }
    const { items = 50, characters = 20_000 } = Object(this.#call.restore);
    let room = characters;
    const kept = known.slice(-items).reverse().filter(({ text }) => (room -= text.length) >= 0).reverse();
    for (const { itemId: id, role, text } of kept) {
      const type = role === "user" ? "input_text" : "output_text";
      this.#client.send({
        type: "conversation.item.create",
        item: /** @type {any} */ ({ id, type: "message", role, content: [{ type, text }] }),
      });
    }
    const updates = this.#call.updates.reduce(merged, undefined);
    if (updates) this.#client.send(/** @type {any} */ ({ type: "session.update", session: updates }));
    this.#call.emit("restored", { items: kept.length, omitted: known.length - kept.length, updated: Boolean(updates) });
  }

  /** Plans the replacement of the session. */
  #plan() {
    clearTimeout(this.#timer);
    const end = Number(this.#client.session?.expires_at) * 1000;
    if (!(end > Date.now()) || !this.#call.canRenew()) return;
    const look = () => {
      const left = end - Date.now();
      if (left > RENEWAL) this.#timer = setTimeout(look, Math.min(left - RENEWAL, 2 ** 31 - 1));
      else if (this.#isBusy && left > LAST) this.#timer = setTimeout(look, LOOK);
      else this.#call.renew();
    };
    look();
  }
}

/** The sound, which the system can interrupt: a phone call, a locked screen, another default device. */
class Sound {
  #call;
  #isMuted = false;
  #mutedAt = 0;
  /** The device that is the default microphone, by its group. */
  #group = /** @type {string | undefined} */ (undefined);

  /** @param {Call} call */
  constructor(call) {
    this.#call = call;
    const { signal } = call;
    const timer = setInterval(() => this.#look(false), LOOK);
    signal.addEventListener("abort", () => clearInterval(timer));
    globalThis.document?.addEventListener("visibilitychange", () => this.#look(true), { signal });
    navigator.mediaDevices.addEventListener("devicechange", () => this.#follow(), { signal });
    this.#default().then((group) => { this.#group = group; }, () => {});
  }

  /** @param {boolean} isBack whether the page may have come back to the foreground */
  #look(isBack) {
    const { microphone, speaker, emit } = this.#call;
    const isMuted = microphone.track?.muted === true;
    if (isMuted !== this.#isMuted) {
      this.#isMuted = isMuted;
      this.#mutedAt = Date.now();
      emit("interruption", { active: isMuted });
    }
    if (globalThis.document?.visibilityState === "hidden") return;
    if (isMuted && (isBack || Date.now() - this.#mutedAt >= MUTED)) {
      this.#mutedAt = Infinity;
      this.#open(microphone.deviceId);
    }
    if (speaker.isStalled && !speaker.blocked) speaker.start().catch(() => {});
  }

  /** @param {string | undefined} deviceId */
  #open(deviceId) {
    const { microphone, signal, announce } = this.#call;
    return microphone.use(deviceId, signal).then(announce, () => {});
  }

  async #default() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.find(({ kind, deviceId }) => kind === "audioinput" && deviceId === "default")?.groupId;
  }

  /** Takes a new default microphone if the default is in use, and any microphone if there was none. */
  async #follow() {
    const { microphone, signal } = this.#call;
    const group = await this.#default().catch(() => undefined);
    const isNew = group !== undefined && this.#group !== undefined && group !== this.#group;
    this.#group = group;
    if (signal.aborted || !microphone.wanted) return;
    if (!microphone.track || (isNew && microphone.deviceId === undefined)) await this.#open(undefined);
  }
}

/** The functions of the page: they run when the model calls them, and one response is requested for all results. */
class Functions {
  #client;
  #signal;
  #tools;
  #isResponding = false;
  /** Whether a response is still to be requested: OpenAI refuses a second one while one is under way. */
  #isOwed = false;

  /**
   * @param {import("./realtime-client.js").RealtimeClient} client
   * @param {Call} call
   * @param {import("./realtime-client.js").Tools} tools
   */
  constructor(client, { signal }, tools) {
    this.#client = client;
    this.#signal = signal;
    this.#tools = tools;
    const end = client.on("serverevent", (event) => this.#read(event));
    signal.addEventListener("abort", end);
  }

  /** @param {any} event */
  #read({ type, response }) {
    if (/^session\.(created|started)$/.test(type)) this.#isResponding = this.#isOwed = false;
    if (type === "response.created") this.#isResponding = true;
    if (type !== "response.done") return;
    this.#isResponding = false;
    const calls = (response?.output ?? []).filter((/** @type {any} */ item) => item.type === "function_call");
    if (calls.length > 0 && response.status === "completed") this.#run(calls);
    else if (this.#isOwed) this.#request();
  }

  /** @param {{ name: string, arguments: string, call_id: string }[]} calls */
  async #run(calls) {
    const connection = this.#client.peerConnection;
    const results = await Promise.all(calls.map(async ({ name, arguments: text }) => {
      try {
        if (!Object.hasOwn(this.#tools, name)) throw new RangeError(`No function has the name ${name}`);
        return await this.#tools[name]?.(JSON.parse(text)) ?? null;
      } catch (error) {
        return { error: String(error) };
      }
    }));
    // The call has ended, or this is another session.
    if (this.#signal.aborted || this.#client.peerConnection !== connection) return;
    calls.forEach(({ call_id }, index) => {
      const result = results[index];
      const output = typeof result === "string" ? result : JSON.stringify(result);
      this.#client.send({ type: "conversation.item.create", item: { type: "function_call_output", call_id, output } });
    });
    this.#request();
  }

  #request() {
    this.#isOwed = this.#isResponding;
    if (!this.#isOwed) this.#client.send({ type: "response.create" });
  }
}

/**
 * Two updates of a session as one.
 * @param {any} before
 * @param {any} after
 * @returns {any}
 */
function merged(before, after) {
  if (!isObject(before) || !isObject(after)) return after;
  const all = { ...before };
  for (const [name, value] of Object.entries(after)) all[name] = merged(before[name], value);
  return all;
}

/** @param {unknown} value */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
