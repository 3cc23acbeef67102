// The classes of the fake browser, and its clock.

const realImmediate = setImmediate;

/** Lets everything happen that is ready to. */
export async function settle() {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => realImmediate(resolve));
}

export class Clock {
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
  label = "Fake";
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

export class Stream {
  constructor(tracks = []) { this.tracks = tracks; }
  getTracks() { return this.tracks; }
  getAudioTracks() { return this.tracks; }
}

export class Devices extends EventTarget {
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

export class Peer extends EventTarget {
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

export class Element {
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

export class Context {
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
