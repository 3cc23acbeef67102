// The part of realtime-client.js that looks after a call once it is connected: the conversation after a reconnect, a
// session that is about to end, a microphone that is gone, sound that the system has interrupted, and the screen. It is
// loaded in the background, and loads realtime-turns.js.

/**
 * @typedef {import("./realtime-client.js").RealtimeEvents} RealtimeEvents
 * @typedef {{
 *   signal: AbortSignal,
 *   first: RTCPeerConnection,
 *   options: import("./realtime-client.js").RealtimeOptions,
 *   updates: readonly object[],
 *   canRenew: () => boolean,
 *   renew: () => void,
 *   emit: <Type extends keyof RealtimeEvents>(type: Type, detail: RealtimeEvents[Type]) => void,
 *   announce: (lost: boolean) => void,
 *   lose: (cause: unknown) => void,
 *   microphone: {
 *     wanted: boolean, source: string | MediaStream | undefined, track: MediaStreamTrack | undefined,
 *     turn: Promise<unknown>, ended: (track: MediaStreamTrack) => void, release: (track: MediaStreamTrack) => void,
 *     use: (source: string | MediaStream | undefined, signal: AbortSignal) => Promise<void>,
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
export async function care(client, call) {
  // Before all else: a part that does not load is loaded again with the others.
  const { follow } = await import("./realtime-turns.js");
  if (call.signal.aborted) return;
  new Conversation(client, call);
  new Sound(call);
  new Screen(call);
  follow(client, call);
}

/** What the model knows: it is told again after a reconnect, and a session is replaced before it ends. */
class Conversation {
  #client;
  #call;
  /** @type {RTCPeerConnection | undefined} */
  #peer;
  #isBusy = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("./realtime-client.js").RealtimeClient} client @param {Call} call */
  constructor(client, call) {
    this.#client = client;
    this.#call = call;
    this.#peer = call.first;
    if (call.options.restore === false) return;
    const end = client.on("serverevent", ({ type }) => {
      if (/^session\.(created|started)$/.test(type)) this.#begin();
      if (/^(input_audio_buffer\.speech_started|response\.created)$/.test(type)) this.#isBusy = true;
      if (/^(response\.done|output_audio_buffer\.stopped)$/.test(type)) this.#isBusy = false;
    });
    call.signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      end();
    });
    // The first connection may have been lost before this part was loaded.
    if (client.state === "connected" || client.state === "unstable") this.#begin();
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
    const { items = 50, characters = 20_000 } = Object(this.#call.options.restore);
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
    const { microphone } = call;
    microphone.ended = (track) => this.#replace(track);
    if (microphone.track?.readyState === "ended") this.#replace(microphone.track);
  }

  /**
   * Replaces a microphone whose device is gone by the default one; a stream of the page is not replaced.
   * @param {MediaStreamTrack} gone
   */
  async #replace(gone) {
    const { microphone, signal, announce, lose } = this.#call;
    await microphone.turn;
    if (gone !== microphone.track) return;
    try {
      if (typeof microphone.source === "object") throw new DOMException("The page's stream has ended", "NotFoundError");
      await microphone.use(undefined, signal);
      if (!signal.aborted) announce(true);
    } catch (error) {
      if (signal.aborted || gone !== microphone.track) return;
      microphone.release(gone);
      microphone.track = undefined;
      lose(error);
      announce(false);
    }
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
      this.#open(microphone.source);
    }
    if (speaker.isStalled && !speaker.blocked) speaker.start().catch(() => {});
  }

  /** @param {string | MediaStream | undefined} source */
  #open(source) {
    const { microphone, signal, announce } = this.#call;
    return microphone.use(source, signal).then(() => announce(false), () => {});
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
    if (signal.aborted || !microphone.wanted || typeof microphone.source === "object") return;
    if (!microphone.track || (isNew && microphone.source === undefined)) await this.#open(undefined);
  }
}

/** The screen: where it would go dark during a call, the system locks the phone and takes the microphone away. */
class Screen {
  #signal;
  /** @type {{ released: boolean, release: () => void } | undefined} */
  #lock;
  /** @type {any} not known to every version of TypeScript */
  #navigator = navigator;

  /** @param {Call} call */
  constructor({ signal, options: { wakeLock = globalThis.matchMedia?.("(pointer: coarse)").matches } }) {
    this.#signal = signal;
    if (!wakeLock || !this.#navigator.wakeLock) return;
    signal.addEventListener("abort", () => this.#lock?.release());
    // The system takes the lock away while the page is hidden.
    document.addEventListener("visibilitychange", () => this.#hold(), { signal });
    this.#hold();
  }

  async #hold() {
    if (document.visibilityState === "hidden" || this.#lock?.released === false) return;
    // Refused where the battery is low.
    const lock = await this.#navigator.wakeLock.request("screen").catch(() => undefined);
    // The page may have been hidden and shown meanwhile, so that it asked twice.
    if (this.#signal.aborted || this.#lock && !this.#lock.released) lock?.release();
    else this.#lock = lock;
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
