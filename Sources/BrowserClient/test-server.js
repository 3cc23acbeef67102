// The other side of a call for unit tests of an application. The interface and its types are in test-server.d.ts.
import { Peer, replacements, Stream } from "./test-browser.js";

/**
 * @typedef {import("./test-server.js").TestServer} Server
 * @typedef {import("./test-server.js").TestServerOptions} TestServerOptions
 * @typedef {import("./test-browser.js").Message} Message
 */

const DEFAULTS = {
  token: "/api/realtime/token",
  call: "/api/realtime/calls",
  session: /** @type {Record<string, unknown>} */ ({
    type: "realtime", audio: { input: { transcription: { model: "test" } } },
  }),
};
const ANSWER = "v=0 test";

/** The parts that the client loads by itself. */
const PARTS = /** @type {Record<string, () => Promise<unknown>>} */ ({
  calls: () => import("./realtime-calls.js"),
  care: () => import("./realtime-care.js"),
  turns: () => import("./realtime-turns.js"),
});

let last = 0;
/** @param {string} kind */
const name = (kind) => `${kind}_test${++last}`;

/** @implements {Server} */
export class TestServer {
  #paths;
  #session;
  /** @type {Peer[]} */
  #peers = [];
  /** @type {Response[]} */
  #refusals = [];
  /** @type {string[]} */
  #refusedMicrophones = [];
  /** @type {[object, string, PropertyDescriptor | undefined][]} */
  #replaced = [];
  /** @type {string | null} the item before the next one */
  #previous = null;
  /** What waits for a connection, and for the output of each function call. */
  #waiting = /** @type {(() => void)[]} */ ([]);
  #outputs = /** @type {Map<string, (output: string) => void>} */ (new Map());

  /** @param {TestServerOptions} [options] */
  constructor(options) {
    const { token, call, session } = { ...DEFAULTS, ...options };
    this.#paths = { token, call };
    this.#session = session;
    const page = new EventTarget();
    const begin = (/** @type {Peer} */ peer) => this.#begin(peer);
    const { fetch } = globalThis;
    if (!globalThis.navigator) this.#replace(globalThis, "navigator", {});
    if (!globalThis.addEventListener) this.#replace(globalThis, "addEventListener", page.addEventListener.bind(page));
    this.#replace(navigator, "mediaDevices", Object.assign(new EventTarget(), {
      getUserMedia: async () => this.#microphone(),
      enumerateDevices: async () => [{ kind: "audioinput", deviceId: "test", groupId: "test", label: "Test" }],
    }));
    this.#replace(globalThis, "RTCPeerConnection", class extends Peer {
      constructor() {
        super();
        begin(this);
      }
    });
    for (const [key, stub] of Object.entries(replacements)) this.#replace(globalThis, key, stub);
    this.#replace(globalThis, "fetch", async (/** @type {any} */ url, /** @type {any} */ init) =>
      this.#answer(String(url?.url ?? url), init) ?? fetch(url, init));
  }

  /** @param {object} object @param {string} key @param {unknown} value */
  #replace(object, key, value) {
    this.#replaced.push([object, key, Object.getOwnPropertyDescriptor(object, key)]);
    Object.defineProperty(object, key, { value, configurable: true, writable: true });
  }

  restore() {
    for (const [object, key, before] of this.#replaced.splice(0).reverse()) {
      if (before) Object.defineProperty(object, key, before);
      else Reflect.deleteProperty(object, key);
    }
  }

  #microphone() {
    const refused = this.#refusedMicrophones.shift();
    if (refused) throw new DOMException("Refused by the test", refused);
    return new Stream();
  }

  /** @param {string} url @param {RequestInit} [init] @returns {Response | undefined} undefined for any other request */
  #answer(url, init) {
    const { pathname } = new URL(url, "http://localhost");
    const { token, call } = this.#paths;
    const session = this.#session;
    if (pathname === `${call}/call_test/end`) return new Response(null, { status: 204 });
    const lease = { seconds_left: 1800, lease_seconds: 0 };
    const isOffer = new Headers(init?.headers).get("Content-Type") === "application/sdp";
    if (pathname !== token && pathname !== call && !isOffer) return undefined;
    const refusal = isOffer ? undefined : this.#refusals.shift();
    if (refusal) return refusal;
    if (isOffer) return new Response(ANSWER, { status: 201, headers: { Location: "/v1/realtime/calls/rtc_test" } });
    return pathname === token ? json({ value: name("ek"), session })
      : json({ sdp: ANSWER, call: { url: `${call}/call_test`, ...lease, ...session } });
  }

  /** @param {Peer} peer */
  #begin(peer) {
    this.#peers.push(peer);
    peer.opened = () => {
      this.#previous = null;
      for (const go of this.#waiting.splice(0)) go();
      this.send({ type: this.#isLive ? "session.started" : "session.created", session: this.#session });
    };
    peer.channel.heard = ({ item }) => {
      if (item?.type === "function_call_output") this.#outputs.get(item.call_id)?.(item.output);
    };
  }

  get #isLive() { return this.#session.type === "live"; }

  get #peer() {
    const peer = this.#peers.at(-1);
    if (peer?.channel.readyState !== "open") throw new Error("No call is connected: await connected() first");
    return peer;
  }

  get connections() { return this.#peers.filter(({ channel }) => channel.readyState !== "connecting").length; }
  get sent() { return /** @type {any} */ (this.#peers.at(-1)?.channel.sent ?? []); }

  async connected() {
    if (this.#peers.at(-1)?.channel.readyState !== "open") {
      await new Promise((resolve) => { this.#waiting.push(() => resolve(undefined)); });
    }
    // The client loads its parts one after the other.
    for (const part of ["calls", "care", "turns", "turns", "turns"]) await PARTS[part]();
  }

  /** @param {Message} event */
  send(event) {
    this.#peer.channel.onmessage?.({ data: JSON.stringify({ event_id: name("event"), ...event }) });
  }

  /** @param {"user" | "assistant"} role @param {object} [members] @returns {any} */
  #item(role, members) {
    const item = { id: name("item"), type: "message", role, status: "completed", content: [], ...members };
    const previous_item_id = this.#previous;
    this.#previous = item.id;
    return { item, previous_item_id, item_id: item.id, content_index: 0 };
  }

  /** @param {string} transcript */
  hears(transcript) {
    if (this.#isLive) {
      this.send({ type: "session.input_transcript.delta", delta: transcript });
      return;
    }
    const { item, previous_item_id, ...place } = this.#item("user");
    this.send({ type: "input_audio_buffer.speech_started", ...place, audio_start_ms: 0 });
    this.send({ type: "input_audio_buffer.speech_stopped", ...place, audio_end_ms: 0 });
    this.send({ type: "input_audio_buffer.committed", ...place, previous_item_id });
    this.send({ type: "conversation.item.added", item, previous_item_id });
    this.send({ type: "conversation.item.done", item, previous_item_id });
    this.send({ type: "conversation.item.input_audio_transcription.completed", ...place, transcript });
  }

  /** @param {string} transcript */
  says(transcript) {
    if (this.#isLive) {
      this.send({ type: "session.output_transcript.delta", delta: transcript });
      return;
    }
    const response = { id: name("resp"), status: "in_progress", output: [] };
    const { item, previous_item_id, ...rest } = this.#item("assistant", { status: "in_progress" });
    const place = { ...rest, response_id: response.id, output_index: 0 };
    const done = { ...item, status: "completed", content: [{ type: "output_audio", transcript }] };
    this.send({ type: "response.created", response });
    this.send({ type: "response.output_item.added", ...place, item });
    this.send({ type: "conversation.item.added", item, previous_item_id });
    this.send({ type: "output_audio_buffer.started", response_id: response.id });
    this.send({ type: "response.output_audio_transcript.delta", ...place, delta: transcript });
    this.send({ type: "response.output_audio_transcript.done", ...place, transcript });
    this.send({ type: "response.output_item.done", ...place, item: done });
    this.send({ type: "conversation.item.done", item: done, previous_item_id });
    this.#finish(response.id, done);
    this.send({ type: "output_audio_buffer.stopped", response_id: response.id });
  }

  /** @param {string} id @param {object} item */
  #finish(id, item) {
    const usage = { total_tokens: 2, input_tokens: 1, output_tokens: 1 };
    this.send({ type: "response.done", response: { id, status: "completed", output: [item], usage } });
  }

  /** @param {string} functionName @param {object} [members] @returns {Promise<string>} */
  calls(functionName, members = {}) {
    const call_id = name("call");
    const made = { type: "function_call", name: functionName, arguments: JSON.stringify(members), call_id };
    const { item, previous_item_id } = this.#item("assistant", made);
    const output = new Promise((resolve) => { this.#outputs.set(call_id, resolve); });
    const response = { id: name("resp"), status: "in_progress", output: [] };
    this.send({ type: "response.created", response });
    this.send({ type: "conversation.item.added", item, previous_item_id });
    this.#finish(response.id, item);
    return /** @type {Promise<string>} */ (output);
  }

  hangUp() {
    const { channel } = this.#peer;
    channel.close();
    channel.onclose?.();
  }

  lose() {
    const peer = this.#peer;
    peer.channel.close();
    peer.become("failed");
  }

  /** @param {number} status @param {Parameters<Server["refuse"]>[1]} [refusal] */
  refuse(status, refusal) {
    const { code, detail = "Refused by the test", retryAfter } = { ...refusal };
    const fields = { ...(retryAfter !== undefined && { "Retry-After": String(retryAfter) }) };
    this.#refusals.push(json({ status, code, detail }, status, fields));
  }

  refuseMicrophone(error = "NotAllowedError") {
    this.#refusedMicrophones.push(error);
  }
}

/** @param {object} value @param {HeadersInit} [fields] */
function json(value, status = 200, fields = {}) {
  return new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json", ...fields } });
}
