// What test-server.js puts in the place of the browser's classes: as much as realtime-client.js uses of them.

/** @typedef {{ type: string, [member: string]: any }} Message */

class Track extends EventTarget {
  kind = "audio";
  label = "Test microphone";
  readyState = "live";
  enabled = true;
  muted = false;
  stop() { this.readyState = "ended"; }
  clone() { return new Track(); }
  getSettings() { return { deviceId: "test" }; }
}

export class Stream extends EventTarget {
  constructor(tracks = [new Track()]) {
    super();
    this.tracks = tracks;
  }
  getTracks() { return this.tracks; }
  getAudioTracks() { return this.tracks; }
}

class Channel extends EventTarget {
  readyState = "connecting";
  /** @type {Message[]} */
  sent = [];
  onopen = /** @type {(() => void) | null} */ (null);
  onclose = /** @type {(() => void) | null} */ (null);
  onmessage = /** @type {((event: { data: string }) => void) | null} */ (null);
  heard = (/** @type {Message} */ _event) => {};

  /** @param {string} text */
  send(text) {
    const event = JSON.parse(text);
    this.sent.push(event);
    this.heard(event);
  }
  close() { this.readyState = "closed"; }
}

/** A peer connection that opens as soon as it has the answer. */
export class Peer extends EventTarget {
  connectionState = "new";
  iceGatheringState = "complete";
  localDescription = { type: "offer", sdp: "v=0 offer" };
  channel = new Channel();
  onconnectionstatechange = /** @type {(() => void) | null} */ (null);
  ontrack = /** @type {((event: object) => void) | null} */ (null);
  opened = () => {};

  createDataChannel() { return this.channel; }
  addTransceiver() { return { sender: { replaceTrack: async () => {} } }; }
  getReceivers() { return []; }
  async createOffer() { return this.localDescription; }
  async setLocalDescription() {}
  async getStats() { return new Map(); }
  close() { this.connectionState = "closed"; }

  async setRemoteDescription() {
    Promise.resolve().then(() => this.#open());
  }

  #open() {
    if (this.connectionState === "closed") return;
    this.become("connected");
    this.ontrack?.({ streams: [new Stream()] });
    this.channel.readyState = "open";
    this.channel.onopen?.();
    this.opened();
  }

  /** @param {string} state */
  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

class Sound extends EventTarget {
  srcObject = null;
  paused = true;
  muted = false;
  async play() { this.paused = false; }
  pause() { this.paused = true; }
  async setSinkId() {}
}

class Node {
  gain = { value: 1, setValueAtTime() {}, linearRampToValueAtTime() {} };
  frequency = { value: 440 };
  onended = /** @type {(() => void) | null} */ (null);
  fftSize = 32;
  stream = new Stream();
  /** @param {Node} node */
  connect(node) { return node; }
  disconnect() {}
  getFloatTimeDomainData() {}
  start() {}
  /** A tone ends at once. */
  stop() { Promise.resolve().then(() => this.onended?.()); }
}

class Context {
  state = "running";
  currentTime = 0;
  createOscillator() { return new Node(); }
  createGain() { return new Node(); }
  createAnalyser() { return new Node(); }
  createMediaStreamSource() { return new Node(); }
  createMediaStreamDestination() { return new Node(); }
  async resume() {}
  async close() { this.state = "closed"; }
}

/** What takes the place of the browser's classes, by their names. */
export const replacements = { MediaStream: Stream, Audio: Sound, HTMLMediaElement: Sound, AudioContext: Context };
