// A check of the microphone and the loudspeaker before a call. The interface and its types are in device-check.d.ts.
import { RealtimeError } from "./realtime-client.js";
import { Graph } from "./realtime-sound.js";

/** The level from which a microphone hears something, and for how many looks in a row it must. */
const HEARD = 0.01;
const LOOKS = 3;

/** @type {Record<string, "denied" | "missing">} */
const REFUSALS = { NotAllowedError: "denied", NotFoundError: "missing", OverconstrainedError: "missing" };

/** @type {typeof import("./device-check.js").microphonePermission} */
export async function microphonePermission() {
  try {
    const { state } = await navigator.permissions.query({ name: /** @type {any} */ ("microphone") });
    return state;
  } catch {
    return "unknown";
  }
}

/**
 * @typedef {import("./device-check.js").DeviceCheck} Check
 * @typedef {import("./device-check.js").DeviceCheckOptions} DeviceCheckOptions
 */

/** @implements {Check} */
export class DeviceCheck {
  hasHeard = false;
  /** @type {string | undefined} */
  output;
  #audio;
  #deviceId;
  /** @type {MediaStreamTrack | undefined} */
  #track;
  /** @type {Graph | undefined} */
  #graph;
  /** The last choice of a microphone, or the end of the check. */
  #choice = {};
  #looks = 0;
  /** Ends the tone that is played. */
  #silence = () => {};

  /** @param {DeviceCheckOptions} [options] */
  constructor(options) {
    const { microphone, output, audio } = { ...options };
    this.#deviceId = microphone;
    this.#audio = audio;
    this.output = output;
  }

  get microphone() {
    const track = this.#track;
    return track && { label: track.label, deviceId: this.#deviceId };
  }

  get isSilenced() {
    return this.#track?.muted === true;
  }

  start() {
    return this.setMicrophone(this.#deviceId);
  }

  /** @param {string | undefined} deviceId */
  async setMicrophone(deviceId) {
    const choice = (this.#choice = {});
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...this.#audio };
    if (deviceId) audio.deviceId = { exact: deviceId };
    const stream = await (async () => navigator.mediaDevices.getUserMedia({ audio }))().catch((cause) => {
      if (cause instanceof TypeError) throw new RealtimeError("unsupported", "A secure page is needed", { cause });
      const what = REFUSALS[cause.name] ?? "busy";
      throw new RealtimeError(`microphone_${what}`, `The microphone is ${what}`, { cause });
    });
    const [track] = stream.getAudioTracks();
    if (choice !== this.#choice) {
      track?.stop();
      throw new RealtimeError("aborted", "The check has ended, or another microphone was chosen");
    }
    this.#track?.stop();
    this.#track = track;
    this.#deviceId = deviceId;
    this.#looks = 0;
    this.hasHeard = false;
    this.#graph ??= new Graph(1);
    this.#graph.resume();
  }

  level() {
    const level = (this.#track && this.#graph?.levels(this.#track).input) ?? 0;
    this.#looks = level >= HEARD ? this.#looks + 1 : 0;
    if (this.#looks >= LOOKS) this.hasHeard = true;
    return level;
  }

  async microphones() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return all.filter(({ kind }) => kind === "audioinput");
  }

  async playTone() {
    const element = /** @type {HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }} */ (new Audio());
    /** @type {AudioContext | undefined} */
    let context;
    /** @type {MediaStream | undefined} */
    let sound;
    this.#silence();
    try {
      context = new AudioContext();
      const [note, level] = [context.createOscillator(), context.createGain()];
      const out = context.createMediaStreamDestination();
      sound = out.stream;
      const ended = new Promise((resolve) => {
        note.onended = resolve;
        this.#silence = () => resolve(undefined);
      });
      if (this.output) await element.setSinkId?.(this.output);
      element.srcObject = sound;
      await element.play();
      level.gain.setValueAtTime(0.2, context.currentTime);
      level.gain.linearRampToValueAtTime(0, context.currentTime + 0.6);
      note.frequency.value = 660;
      note.connect(level).connect(out);
      note.start();
      note.stop(context.currentTime + 0.6);
      await ended;
    } catch (cause) {
      throw new RealtimeError("device_failed", "The browser cannot play a tone on this output", { cause });
    } finally {
      element.pause();
      element.srcObject = null;
      for (const track of sound?.getTracks() ?? []) track.stop();
      context?.close().catch(() => {});
    }
  }

  stop() {
    this.#choice = {};
    this.#track?.stop();
    this.#graph?.close();
    this.#track = this.#graph = undefined;
    this.#silence();
  }
}
