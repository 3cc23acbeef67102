// A fake browser: what realtime-client.js uses of a page, scripted, with a clock that the test moves.
import assert from "node:assert/strict";
import { RealtimeClient, RealtimeError } from "../../../Sources/BrowserClient/realtime-client.js";
// The client loads these when it needs them, which takes an unknown time; they are loaded before the tests instead.
import "../../../Sources/BrowserClient/realtime-calls.js";
import "../../../Sources/BrowserClient/realtime-care.js";
import "../../../Sources/BrowserClient/realtime-sound.js";
import "../../../Sources/BrowserClient/realtime-turns.js";
import { Clock, Context, Devices, Element, Peer, settle, Stream, Track } from "./fakes.mjs";

export { settle, Track };

const json = (value, init) => new Response(JSON.stringify(value), init);

const TOKEN = { value: "ek_1", expires_at: 1_900_000_000, session: { type: "realtime", model: "gpt-realtime-2.1" } };

/** Replaces the browser with the fakes for one test, and removes them afterwards. */
export function browser(test) {
  const clock = new Clock();
  const page = new EventTarget();
  const devices = new Devices();
  Peer.all = [];
  Peer.pauses = {};
  Peer.opens = true;
  Peer.gathers = true;
  Element.all = [];
  Element.refuses = false;
  Context.all = [];
  const beacons = [];
  const clients = [];
  const navigator = { onLine: true, mediaDevices: devices, sendBeacon: (url) => beacons.push(url) };
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });

  const fake = {
    clock, page, devices, navigator, document, beacons, Peer, Element, Context,
    requests: [],
    tokens: 0,
    /** Answers of the token route and of the calls URL: functions, or Responses, taken in turn; then success. */
    tokenAnswers: [],
    callAnswers: [],
    leaseAnswers: [],
    /** The call that the service answers with, and its answer to a renewal. */
    call: {
      url: "/api/realtime/calls/call_1", session: "default", type: "realtime", model: "gpt-realtime-2.1",
      seconds_left: 1800, lease_seconds: 60,
    },
    /** Requests to the service's routes for calls: what each was for. */
    asked: (what) => fake.requests.filter(({ url }) => url.split("?")[0].endsWith(`/${what}`)),
    get peer() { return Peer.all.at(-1); },
    client(options) {
      const client = new RealtimeClient({ ...options });
      clients.push(client);
      fake.states = [client.state];
      fake.log = [];
      client.on("statechange", ({ state }) => fake.states.push(state));
      for (const type of ["error", "retry", "devices", "playback", "transcript", "mute", "volume", "lease", "restored",
        "interruption", "activity", "usage"]) {
        client.on(type, (detail) => fake.log.push([type, detail]));
      }
      return client;
    },
    logged: (type) => fake.log.filter(([name]) => name === type).map(([, detail]) => detail),
    async connected(options) {
      const client = fake.client(options);
      await client.connect();
      await settle();
      return client;
    },
    /** What is left of calls: nothing should be. */
    left: () => ({
      tracks: devices.tracks.filter(({ readyState }) => readyState === "live").length,
      peers: Peer.all.filter(({ connectionState }) => connectionState !== "closed").length,
      timers: clock.timers.size,
      contexts: Context.all.filter(({ state }) => state !== "closed").length,
      playing: Element.all.filter(({ srcObject }) => srcObject).length,
    }),
  };

  async function fetch(url, init) {
    fake.requests.push({ url: String(url), ...init });
    const [, what] = /calls(?:\/[^/]+\/(lease|end))?(?:\?|$)/.exec(url) ?? [];
    if (what === "end") return new Response(null, { status: 204 });
    const isCall = String(url).includes("/calls");
    const answer = (what === "lease" ? fake.leaseAnswers : isCall ? fake.callAnswers : fake.tokenAnswers).shift();
    init.signal?.throwIfAborted();
    const response = typeof answer === "function" ? await answer(init) : answer;
    if (response) return response;
    const { seconds_left, lease_seconds } = fake.call;
    if (what === "lease") return json({ seconds_left, lease_seconds });
    if (isCall && init.headers["Content-Type"] === "application/json") {
      return json({ sdp: "v=0 answer", call: fake.call }, { status: 201, headers: { Location: fake.call.url } });
    }
    if (isCall) return new Response("v=0 answer", { status: 201, headers: { Location: "/v1/realtime/calls/rtc_1" } });
    fake.tokens += 1;
    return json({ ...TOKEN, value: `ek_${fake.tokens}` });
  }

  const replaced = {
    fetch, navigator, document, RTCPeerConnection: Peer, MediaStream: Stream, Audio: Element, AudioContext: Context,
    HTMLMediaElement: Element, origin: "https://page.example",
    addEventListener: page.addEventListener.bind(page),
    setTimeout: (work, delay) => clock.start(work, delay), clearTimeout: (id) => clock.timers.delete(id),
    setInterval: (work, delay) => clock.start(work, delay, delay), clearInterval: (id) => clock.timers.delete(id),
  };
  const before = Object.keys(replaced).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  for (const [name, value] of Object.entries(replaced)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  const { now } = Date;
  const { random } = Math;
  Date.now = () => clock.now;
  Math.random = () => 0.5;
  test.after(() => {
    // What a client loads in the background must not come upon the real browser of the next test.
    for (const client of clients) client.disconnect();
    Date.now = now;
    Math.random = random;
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  });
  return fake;
}

export const NOTHING = { tracks: 0, peers: 0, timers: 0, contexts: 0, playing: 0 };

/** A promise to hold something up with. */
export function gate() {
  let open;
  const promise = new Promise((resolve) => { open = resolve; });
  return { open, wait: () => promise };
}

export const problem = (status, members, headers = {}) => new Response(JSON.stringify({ status, ...members }), {
  status, headers: { "Content-Type": "application/problem+json", ...headers },
});

/** Looks at the error that a promise rejects with. */
export const refusal = (code, more = {}) => (error) => {
  assert.ok(error instanceof RealtimeError && error instanceof Error, String(error));
  assert.equal(error.code, code);
  for (const [name, value] of Object.entries(more)) assert.equal(error[name], value, name);
  return true;
};
