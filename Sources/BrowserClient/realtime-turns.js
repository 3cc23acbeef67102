// The part of realtime-client.js for whose turn it is once a call is connected: who speaks, the greeting, the page's
// functions, and what the answers cost. realtime-care.js loads it in the background.

/**
 * @typedef {import("./realtime-client.js").RealtimeClient} Client
 * @typedef {import("./realtime-care.js").Call} Call
 */

/** How long after its last words a side counts as speaking in a session that announces no turns, in milliseconds. */
const PAUSE = 1500;

/** Nobody speaks, and no response is under way. */
const NOBODY = { hears: false, speaks: false, responds: false };
/** Neither does a function of the page run. */
const NOTHING = { ...NOBODY, works: false };

/**
 * @typedef {Partial<typeof NOTHING & { passes: boolean }>} Change
 */

/**
 * What an event of the server says about this; `passes` if no event says when it ends.
 * @type {Record<string, Change>}
 */
const CHANGES = {
  "input_audio_buffer.speech_started": { hears: true },
  "input_audio_buffer.speech_stopped": { hears: false },
  "input_audio_buffer.committed": { hears: false },
  "input_audio_buffer.cleared": { hears: false },
  "response.created": { responds: true, works: false },
  "response.done": { responds: false },
  "output_audio_buffer.started": { speaks: true },
  "output_audio_buffer.stopped": { speaks: false },
  "output_audio_buffer.cleared": { speaks: false },
  "session.delegation.created": { responds: true },
  "session.input_transcript.delta": { ...NOBODY, hears: true, passes: true },
  "session.output_transcript.delta": { ...NOBODY, speaks: true, passes: true },
  "error": { works: false },
};

/** @param {Client} client @param {Call} call */
export function follow(client, call) {
  const activity = new Activity(client, call);
  new Usage(client, call);
  if (call.options.tools) new Functions(client, call, activity);
  greet(client, call);
}

/**
 * Has the assistant speak first, unless something has been said by now.
 * @param {Client} client
 * @param {Call} call
 */
function greet(client, { options: { greet: wanted }, emit }) {
  const type = client.session?.type ?? "realtime";
  if (!wanted || client.transcripts.length > 0 || !(type === "realtime" || type === "live")) return;
  const instructions = wanted === true ? "Greet the user." : wanted;
  try {
    if (type === "live") {
      client.send({ type: "session.instructions.append", content: instructions, delegation_id: null });
    } else {
      client.send({ type: "response.create", ...(wanted !== true && { response: { instructions } }) });
    }
  } catch (error) {
    // The session may not allow it.
    emit("error", /** @type {import("./realtime-client.js").RealtimeError} */ (error));
  }
}

/** Who speaks. */
class Activity {
  #client;
  #emit;
  #turn = NOTHING;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;
  #shown = /** @type {Client["activity"]} */ ("idle");

  /** @param {Client} client @param {Call} call */
  constructor(client, { signal, emit }) {
    this.#client = client;
    this.#emit = emit;
    const end = client.on("serverevent", ({ type }) => {
      if (Object.hasOwn(CHANGES, type)) this.change(CHANGES[type] ?? {});
    });
    const leave = client.on("statechange", ({ state }) => {
      if (state === "closed") leave();
      this.change(state === "connected" || state === "unstable" ? {} : NOTHING);
    });
    signal.addEventListener("abort", () => {
      end();
      clearTimeout(this.#silence);
      // The event follows once the call is closed.
      Object.assign(client, { activity: "idle" });
    });
    this.change({});
  }

  /** @param {Change} change */
  change({ passes, ...change }) {
    this.#turn = { ...this.#turn, ...change };
    if (passes) {
      clearTimeout(this.#silence);
      this.#silence = setTimeout(() => this.change(NOBODY), PAUSE);
    }
    const { hears, speaks, responds, works } = this.#turn;
    const { state } = this.#client;
    const activity = state !== "connected" && state !== "unstable" ? "idle"
      : hears ? "hearing" : speaks ? "speaking" : responds || works ? "thinking" : "listening";
    const previous = this.#shown;
    if (activity === previous) return;
    this.#shown = activity;
    Object.assign(this.#client, { activity });
    this.#emit("activity", { activity, previous });
  }
}

/** What OpenAI reports as used, summed over the sessions of a call. */
class Usage {
  #client;
  #emit;
  /** The seconds of earlier sessions of the call. */
  #before = {};

  /** @param {Client} client @param {Call} call */
  constructor(client, { signal, emit }) {
    this.#client = client;
    this.#emit = emit;
    const end = client.on("serverevent", (event) => this.#read(event));
    signal.addEventListener("abort", end);
  }

  /** @param {any} event */
  #read({ type, usage, response, event }) {
    const before = this.#client.usage;
    if (type === "session.started") this.#before = before.live ?? {};
    if (type === "response.event" && event) this.#read(event);
    // The latter is that of the backend model of a live session.
    if (/^response\.(done|completed)$/.test(type) && response?.usage) {
      this.#report({ ...before, responses: summed(before.responses, response.usage) });
    }
    if (type === "conversation.item.input_audio_transcription.completed" && usage) {
      this.#report({ ...before, transcription: summed(before.transcription, usage) });
    }
    // The seconds of the session so far.
    if (/^session\.(usage\.updated|closed)$/.test(type) && usage) {
      this.#report({ ...before, live: summed(this.#before, usage) });
    }
  }

  /** @param {Client["usage"]} usage */
  #report(usage) {
    Object.assign(this.#client, { usage });
    this.#emit("usage", usage);
  }
}

/**
 * The sums of all numbers of two objects, by their names.
 * @param {any} one
 * @param {any} other
 * @returns {any}
 */
function summed(one, other) {
  const all = { ...one };
  for (const [name, value] of Object.entries(other)) {
    if (typeof value === "number") all[name] = (all[name] ?? 0) + value;
    else if (value && typeof value === "object") all[name] = summed(all[name], value);
  }
  return all;
}

/** The functions of the page: they run when the model calls them, and one response is requested for all results. */
class Functions {
  #client;
  #call;
  #tools;
  #activity;
  /** The calls of each response of a live session that is not complete yet, by its delegation. */
  #calls = /** @type {Map<string | undefined, any[]>} */ (new Map());
  #isResponding = false;
  /** Whether a response is still to be requested: OpenAI refuses a second one while one is under way. */
  #isOwed = false;

  /** @param {Client} client @param {Call} call @param {Activity} activity */
  constructor(client, call, activity) {
    this.#client = client;
    this.#call = call;
    this.#tools = call.options.tools ?? {};
    this.#activity = activity;
    const end = client.on("serverevent", (event) => this.#read(event));
    call.signal.addEventListener("abort", end);
  }

  /** @param {any} event */
  #read({ type, response, event, delegation_id }) {
    if (/^session\.(created|started)$/.test(type)) {
      this.#isResponding = this.#isOwed = false;
      this.#calls.clear();
    }
    if (type === "response.event" && event) this.#collect(event, delegation_id ?? undefined);
    if (type === "response.created") this.#isResponding = true;
    if (type !== "response.done") return;
    this.#isResponding = false;
    const calls = (response?.output ?? []).filter((/** @type {any} */ item) => item.type === "function_call");
    if (calls.length > 0 && response.status === "completed") this.#run(calls, "conversation.item.create");
    else if (this.#isOwed) this.#request();
  }

  /** @param {any} event an event of the backend model of a live session @param {string | undefined} delegation */
  #collect({ type, item }, delegation) {
    const calls = this.#calls.get(delegation) ?? [];
    if (type === "response.output_item.done" && item?.type === "function_call") {
      this.#calls.set(delegation, [...calls, item]);
    }
    if (!/^response\.(created|completed|failed|incomplete|cancelled)$/.test(type)) return;
    this.#calls.delete(delegation);
    if (type === "response.completed" && calls.length > 0) this.#run(calls, "response.item.create");
  }

  /** @param {any[]} calls @param {"conversation.item.create" | "response.item.create"} type */
  async #run(calls, type) {
    this.#activity.change({ works: true });
    const connection = this.#client.peerConnection;
    const outputs = await Promise.all(calls.map(async ({ name, arguments: text }) => {
      try {
        if (!Object.hasOwn(this.#tools, name)) throw new RangeError(`No function has the name ${name}`);
        const result = await this.#tools[name]?.(JSON.parse(text)) ?? null;
        return typeof result === "string" ? result : JSON.stringify(result) ?? "null";
      } catch (error) {
        return JSON.stringify({ error: String(error) });
      }
    }));
    // The call has ended, or this is another session.
    if (this.#call.signal.aborted || this.#client.peerConnection !== connection) return;
    try {
      calls.forEach(({ call_id }, index) => {
        const item = { type: "function_call_output", call_id, output: outputs[index] };
        try {
          this.#client.send({ type, item });
        } catch (error) {
          if (/** @type {any} */ (error).code !== "event_too_large") throw error;
          // The model needs some answer to go on.
          this.#client.send({ type, item: { ...item, output: JSON.stringify({ error: String(error) }) } });
        }
      });
      this.#request();
      // No event says when the backend model of a live session begins to answer.
      if (type === "response.item.create") this.#activity.change({ works: false, responds: true });
    } catch (error) {
      // The connection is about to be replaced, or the session does not allow it.
      this.#activity.change({ works: false });
      this.#call.emit("error", /** @type {import("./realtime-client.js").RealtimeError} */ (error));
    }
  }

  #request() {
    this.#isOwed = this.#isResponding;
    if (!this.#isOwed) this.#client.send({ type: "response.create" });
  }
}
