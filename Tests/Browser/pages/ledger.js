// The page's books, opened before any other script: what of a call is alive, and what could outlive it.
// It also holds back the microphone on demand, and listens to what reaches the loudspeaker.
(() => {
  const tracks = new Set(), peers = new Set(), timers = new Map(), contexts = new Set(), listeners = new Map();
  const devices = navigator.mediaDevices;
  const ledger = {
    tracks, peers, contexts,
    made: {peers: 0, tracks: 0},
    constraints: [],
    output: null,
    /** What is alive now; every number is 0 after a call. */
    live: () => ({
      tracks: [...tracks].filter((track) => track.readyState === "live").length,
      peers: [...peers].filter((peer) => peer.signalingState !== "closed").length,
      timers: timers.size,
      contexts: [...contexts].filter((context) => context.state === "running").length,
      sources: [...document.querySelectorAll("audio")].filter((element) => element.srcObject).length,
    }),
    /** Where the timers that still run were started, and which listeners are left, for the message of a test. */
    timers: () => [...timers.values()],
    listeners: () => [...listeners.keys()],
    microphone: {held: false, refusal: null, waiting: 0, release() {}},
  };
  window.ledger = ledger;

  const {setTimeout: later, clearTimeout: notLater, setInterval: again, clearInterval: notAgain} = window;
  window.setTimeout = (action, delay, ...rest) => {
    const id = later(() => { timers.delete(id); action(...rest); }, delay);
    timers.set(id, `setTimeout ${delay}: ${new Error().stack}`);
    return id;
  };
  window.setInterval = (action, delay, ...rest) => {
    const id = again(action, delay, ...rest);
    timers.set(id, `setInterval ${delay}: ${new Error().stack}`);
    return id;
  };
  window.clearTimeout = (id) => { timers.delete(id); notLater(id); };
  window.clearInterval = (id) => { timers.delete(id); notAgain(id); };

  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class RTCPeerConnection extends Peer {
    constructor(...rest) { super(...rest); peers.add(this); ledger.made.peers += 1; }
    close() {
      super.close();
      peers.delete(this);
      sessionStorage.setItem("closed", String(Number(sessionStorage.getItem("closed")) + 1));
    }
  };

  const Context = window.AudioContext;
  window.AudioContext = class AudioContext extends Context {
    constructor(...rest) { super(...rest); contexts.add(this); }
    close() { contexts.delete(this); return super.close(); }
  };
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      const tap = this.context.createAnalyser();
      tap.fftSize = 32768;
      connect.call(this, tap);
      ledger.output = tap;
    }
    return connect.call(this, target, ...rest);
  };

  const {stop, clone} = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.stop = function () { stop.call(this); tracks.delete(this); };
  MediaStreamTrack.prototype.clone = function () { const copy = clone.call(this); tracks.add(copy); return copy; };
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    ledger.constraints.push(JSON.parse(JSON.stringify(constraints)));
    if (ledger.microphone.refusal) throw new DOMException("as the test wants it", ledger.microphone.refusal);
    if (ledger.microphone.held) {
      ledger.microphone.waiting += 1;
      await new Promise((resolve) => { ledger.microphone.release = resolve; });
    }
    const stream = await ask(constraints);
    for (const track of stream.getTracks()) { tracks.add(track); ledger.made.tracks += 1; }
    return stream;
  };
  /** What the browser does when the device of a track is gone. */
  ledger.unplug = () => {
    for (const track of [...tracks]) { track.stop(); track.dispatchEvent(new Event("ended")); }
  };

  /** What a connection says of itself, without the seconds it takes to notice. */
  ledger.pretend = (state) => {
    for (const peer of [...peers]) {
      Object.defineProperty(peer, "connectionState", {configurable: true, get: () => state});
      // Firefox does not call the handler of the property for events that a script dispatches.
      const {onconnectionstatechange: handler} = peer;
      peer.onconnectionstatechange = null;
      peer.dispatchEvent(new Event("connectionstatechange"));
      peer.onconnectionstatechange = handler;
      handler?.call(peer);
    }
  };

  for (const [name, target] of Object.entries({window, document, devices})) {
    const {addEventListener: add, removeEventListener: remove} = target;
    const ids = new WeakMap();
    let last = 0;
    const key = (type, listener) => {
      if (!ids.has(listener)) ids.set(listener, last += 1);
      return `${name} ${type} ${ids.get(listener)}`;
    };
    target.addEventListener = (type, listener, options) => {
      const entry = key(type, listener);
      listeners.set(entry, true);
      options?.signal?.addEventListener("abort", () => listeners.delete(entry));
      add.call(target, type, listener, options);
    };
    target.removeEventListener = (type, listener, options) => {
      listeners.delete(key(type, listener));
      remove.call(target, type, listener, options);
    };
  }
})();
