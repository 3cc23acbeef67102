// The part of realtime-client.js for the levels, and for any volume but 1. It is loaded when a page first uses one.

/** The sound of a call in Web Audio: with a volume, and measured. */
export class Graph {
  #context = new AudioContext();
  #destination = this.#context.createMediaStreamDestination();
  gain = this.#context.createGain();
  #heard = this.#context.createAnalyser();
  #sent = this.#context.createAnalyser();
  played = this.#destination.stream;
  /** @type {Map<AudioNode, MediaStreamAudioSourceNode>} */
  #sources = new Map();
  /** @type {MediaStreamTrack | undefined} */
  #track;

  /** @param {number} volume */
  constructor(volume) {
    this.gain.gain.value = volume;
    this.gain.connect(this.#heard).connect(this.#destination);
    this.resume();
  }

  /** @param {MediaStream} remote */
  hear(remote) {
    this.#feed(this.gain, remote);
  }

  /** @param {MediaStreamTrack | undefined} track */
  #listen(track) {
    if (track !== this.#track) this.#feed(this.#sent, track && new MediaStream([track]));
    this.#track = track;
  }

  /** @param {AudioNode} node @param {MediaStream | undefined} stream */
  #feed(node, stream) {
    this.#sources.get(node)?.disconnect();
    if (!stream) return;
    const source = this.#context.createMediaStreamSource(stream);
    source.connect(node);
    this.#sources.set(node, source);
  }

  /**
   * The levels of both sides now.
   * @param {MediaStreamTrack | undefined} track
   */
  levels(track) {
    this.#listen(track);
    return { input: loudness(this.#sent), output: loudness(this.#heard) };
  }

  get isStalled() {
    return this.#context.state !== "running";
  }

  /** Its promise stays pending while the browser refuses. */
  resume() {
    this.#context.resume().catch(() => {});
  }

  close() {
    for (const track of this.played.getTracks()) track.stop();
    this.#context.close().catch(() => {});
  }
}

/** @param {AnalyserNode} analyser */
function loudness(analyser) {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return Math.min(1, Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
}
