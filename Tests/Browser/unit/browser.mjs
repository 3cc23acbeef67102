// A fake browser: what realtime-client.js uses of a page, scripted, with a clock that the test moves.
import { RealtimeClient } from "../../../Sources/BrowserClient/realtime-client.js";
// The client loads these when it needs them, which takes an unknown time; they are loaded before the tests instead.
import "../../../Sources/BrowserClient/realtime-calls.js";
import "../../../Sources/BrowserClient/realtime-care.js";
import "../../../Sources/BrowserClient/realtime-sound.js";
import "../../../Sources/BrowserClient/realtime-turns.js";

const realImmediate = setImmediate;

/** Lets everything happen that is ready to. */
export async function settle() {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => realImmediate(resolve));
}

class Clock {
  now = 1_800_000_000_000;
  timers = new Map();
  #next = 1;

  start(work, delay = 0, period = undefined) {
    this.timers.set(this.#next, { work, at: this.now + Math.max(0, delay), period });
    return this.#next++;
  }

  async advance(milliseconds) {
    await settle();
    const end = this.now + milliseconds;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      const [id, timer] = due;
      this.now = timer.at;
      if (timer.period === undefined) this.timers.delete(id);
      else timer.at += timer.period;
      timer.work();
      await settle();
    }
    this.now = end;
  }
}

export class Track {
  kind = "audio";
  readyState = "live";
  enabled = true;
  muted = false;
  onended = null;
  constructor(deviceId) { this.deviceId = deviceId; }
  stop() { this.readyState = "ended"; }
  getSettings() { return { deviceId: this.deviceId }; }
  clone() {
    this.cloned = new Track(this.deviceId);
    return this.cloned;
  }
  /** The device is pulled out. */
  vanish() {
    this.readyState = "ended";
    this.onended?.();
  }
}

class Stream {
  constructor(tracks = []) { this.tracks = tracks; }
  getTracks() { return this.tracks; }
  getAudioTracks() { return this.tracks; }
}

class Devices extends EventTarget {
  tracks = [];
  asked = [];
  list = [
    { kind: "audioinput", deviceId: "desk", label: "Desk" },
    { kind: "audioinput", deviceId: "head", label: "Headset" },
    { kind: "audiooutput", deviceId: "loud", label: "Loudspeaker" },
    { kind: "videoinput", deviceId: "eye", label: "Camera" },
  ];
  /** What the next questions are answered with, instead of a track: an error, or a function. */
  answers = [];

  async getUserMedia(constraints) {
    this.asked.push(constraints);
    const answer = this.answers.shift();
    if (answer instanceof Error || answer instanceof DOMException) throw answer;
    await answer?.();
    const track = new Track(constraints.audio.deviceId?.exact ?? "default");
    this.tracks.push(track);
    return new Stream([track]);
  }

  async enumerateDevices() { return this.list; }
}

class Channel {
  readyState = "connecting";
  sent = [];
  onopen = this.onmessage = this.onclose = null;
  send(text) { this.sent.push(JSON.parse(text)); }
  close() { this.readyState = "closed"; }
}

class Peer extends EventTarget {
  connectionState = "new";
  signalingState = "stable";
  iceGatheringState = "new";
  report = new Map();
  onconnectionstatechange = this.ontrack = null;

  constructor(configuration) {
    super();
    this.configuration = configuration;
    Peer.all.push(this);
  }

  createDataChannel(label, init) {
    this.channel = Object.assign(new Channel(), init);
    this.channel.label = label;
    return this.channel;
  }

  addTransceiver(trackOrKind, init) {
    this.transceiver = { ...init, sender: { track: trackOrKind, replaced: [], replaceTrack: async (track) => {
      if (this.replaceError) throw this.replaceError;
      this.transceiver.sender.replaced.push(track);
      this.transceiver.sender.track = track;
    } } };
    return this.transceiver;
  }

  async createOffer() {
    await Peer.pauses.offer?.();
    return { type: "offer", sdp: "v=0 offer" };
  }

  async setLocalDescription(description) {
    await Peer.pauses.local?.();
    this.local = description;
    if (Peer.gathers) realImmediate(() => this.gather());
  }

  /** The description, with the candidates that were found by now. */
  get localDescription() {
    return { ...this.local, sdp: this.local.sdp + (this.iceGatheringState === "complete" ? " candidates" : "") };
  }

  gather() {
    this.iceGatheringState = "complete";
    this.dispatchEvent(new Event("icegatheringstatechange"));
  }

  async setRemoteDescription(description) {
    await Peer.pauses.remote?.();
    if (description.sdp !== "v=0 answer") throw new DOMException("bad SDP", "OperationError");
    this.remote = description;
    if (Peer.opens) realImmediate(() => this.open());
  }

  open() {
    if (this.connectionState === "closed") return;
    this.change("connected");
    this.ontrack?.({ streams: [new Stream([new Track("remote")])], track: undefined });
    this.channel.readyState = "open";
    this.channel.onopen?.();
  }

  change(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  receive(event) { this.channel.onmessage?.({ data: typeof event === "string" ? event : JSON.stringify(event) }); }

  hangUp() {
    this.channel.readyState = "closed";
    this.channel.onclose?.();
  }

  async getStats() { return this.report; }
  close() { this.connectionState = "closed"; }
}

class Element {
  srcObject = null;
  paused = true;
  muted = false;
  plays = 0;
  constructor() { Element.all.push(this); }
  async play() {
    this.plays += 1;
    if (Element.refuses) throw new DOMException("click first", "NotAllowedError");
    this.paused = false;
  }
  pause() { this.paused = true; }
  async setSinkId(id) {
    if (id === "broken") throw new DOMException("no", "NotFoundError");
    this.sinkId = id;
  }
}

class Node {
  gain = { value: 1, setValueAtTime() {}, linearRampToValueAtTime() {} };
  fftSize = 4;
  inputs = [];
  connect(node) {
    node.inputs.push(this);
    return node;
  }
  disconnect() { this.disconnected = true; }
  /** Half of full scale for each live source, times the gains on the way. */
  loudness() {
    const source = this.stream ? (this.stream.tracks[0].enabled && !this.disconnected ? 0.5 : 0) : 0;
    return (source + this.inputs.reduce((sum, node) => sum + node.loudness(), 0)) * this.gain.value;
  }
  getFloatTimeDomainData(samples) { samples.fill(this.loudness()); }
}

class Context {
  state = "running";
  currentTime = 0;
  constructor() { Context.all.push(this); }
  /** It plays until the test lets it end. */
  createOscillator() {
    this.oscillator = Object.assign(new Node(), { frequency: { value: 440 }, start() {}, stop() {} });
    return this.oscillator;
  }
  createGain() { return new Node(); }
  createAnalyser() { return new Node(); }
  createMediaStreamSource(stream) { return Object.assign(new Node(), { stream }); }
  createMediaStreamDestination() { return Object.assign(new Node(), { stream: new Stream([new Track("mix")]), inputs: [] }); }
  async resume() {}
  async close() { this.state = "closed"; }
}

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
