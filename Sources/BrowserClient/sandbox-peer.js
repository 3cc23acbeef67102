// The other side of a call in the sandbox: a parrot, which runs in the page. It answers the offer in OpenAI's place,
// repeats what the user says, and sends the events that OpenAI would send. It needs no network and no service.

/**
 * @typedef {Parameters<import("./realtime-client.js").AnswerFunction>[0]} Call
 * @typedef {{ type: string, [member: string]: any }} Message
 * @typedef {{
 *   begin: () => void, receive: (event: Message) => void,
 *   hears: (id: string, at: number) => void, heard: (id: string, from: number, to: number, text: string) => void,
 *   word: (word: string) => void, said: () => void, silent: () => void, cut: () => void,
 * }} Talk what is said over the data channel about the sound
 */

/** The time between two looks at the sound, in milliseconds; a word of an answer is sent at each of them. */
const TICK = 50;
/** The pause that ends a turn, and how much is repeated of what came before speech was noticed, in seconds. */
const PAUSE = 0.5;
const ONSET = 0.25;
/** The longest turn in seconds. */
const LONGEST = 15;
/** The time for the call to connect, and that for the addresses of this side, in milliseconds. */
const CONNECT = 15_000;
const GATHER = 1000;
/** The loudness from which sound is speech, at least; it is more in a noisy room, and while the parrot speaks. */
const SPEECH = 0.008;

const WHO = "I am a parrot in this page, and repeat what you say. ";

let last = 0;
/** @param {string} kind */
const name = (kind) => `${kind}_parrot${++last}`;

/**
 * The `answer` option of a RealtimeClient for the sandbox. Calls that are not the sandbox's go their usual way.
 * @type {import("./realtime-client.js").AnswerFunction}
 */
export async function parrot(call) {
  return call.sandbox ? new Parrot(call).answer() : undefined;
}

/** The microphone's sound, and what the parrot says. What is heard goes through a delay line, and is played late. */
class Voice {
  #context = new AudioContext();
  #ear = this.#context.createAnalyser();
  #memory = this.#context.createDelay(2 * LONGEST);
  #gate = this.#context.createGain();
  #out = this.#context.createMediaStreamDestination();
  #pull = new Audio();
  /** @type {OscillatorNode[]} */
  #notes = [];

  constructor() {
    this.#gate.gain.value = 0;
    this.#memory.connect(this.#gate).connect(this.#out);
    this.#context.resume().catch(() => {});
  }

  get stream() { return this.#out.stream; }
  get now() { return this.#context.currentTime; }

  /** @param {MediaStream} stream */
  listen(stream) {
    // Chromium feeds Web Audio only what an element plays.
    this.#pull.muted = true;
    this.#pull.srcObject = stream;
    this.#pull.play().catch(() => {});
    const source = this.#context.createMediaStreamSource(stream);
    source.connect(this.#ear);
    source.connect(this.#memory);
  }

  get loudness() {
    const samples = new Float32Array(this.#ear.fftSize);
    this.#ear.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }

  /**
   * Plays what was heard from one moment to another. Returns when that ends.
   * @param {number} from
   * @param {number} to
   */
  repeat(from, to) {
    const start = this.now + 0.02;
    this.#memory.delayTime.setValueAtTime(start - from, start);
    this.#gate.gain.setValueAtTime(1, start);
    this.#gate.gain.setValueAtTime(0, start + to - from);
    return start + to - from;
  }

  /**
   * Whistles a short rising note for each word, up to a dozen.
   * @param {number} words
   */
  whistle(words) {
    const start = this.now + 0.02;
    const count = Math.min(words, 12);
    for (let index = 0; index < count; index++) {
      const [note, level, at] = [this.#context.createOscillator(), this.#context.createGain(), start + 0.15 * index];
      note.frequency.setValueAtTime(1900 + 150 * (index % 3), at);
      note.frequency.linearRampToValueAtTime(2500 + 200 * (index % 4), at + 0.1);
      level.gain.setValueAtTime(0.1, at);
      level.gain.linearRampToValueAtTime(0, at + 0.12);
      note.connect(level).connect(this.#out);
      note.start(at);
      note.stop(at + 0.12);
      this.#notes.push(note);
    }
    return start + 0.15 * count;
  }

  quieten() {
    this.#gate.gain.cancelScheduledValues(0);
    this.#gate.gain.value = 0;
    for (const note of this.#notes.splice(0)) note.disconnect();
  }

  close() {
    this.#pull.srcObject = null;
    for (const track of this.stream.getTracks()) track.stop();
    this.#context.close().catch(() => {});
  }
}

/** One call: its connection, and who speaks when. */
class Parrot {
  #call;
  #voice = new Voice();
  #peer = new RTCPeerConnection();
  /** @type {RTCDataChannel | undefined} */
  #channel;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;
  /** @type {Talk} */
  #talk;
  /** The loudness of the room. */
  #floor = SPEECH;
  /** @type {{ id: string, from: number, loud: number } | undefined} the turn in which the user speaks */
  #turn;
  /** @type {{ words: string[], until: number, said: boolean } | undefined} what the parrot says */
  #speech;
  /** Whether turns end by themselves; otherwise the page ends them. */
  takesTurns = true;

  /** @param {Call} call */
  constructor(call) {
    this.#call = call;
    const { type } = call.session ?? {};
    this.#talk = type === "live" || type === "translation" ? new LiveTalk(this, call) : new RealtimeTalk(this, call);
    call.signal.addEventListener("abort", () => { if (this.#channel?.readyState !== "open") this.close(); });
    this.#clock = setTimeout(() => this.close(), CONNECT);
  }

  /** @returns {Promise<string | undefined>} the SDP, with the addresses of this side */
  async answer() {
    const peer = this.#peer;
    const { offer, dcid: id } = this.#call;
    peer.ontrack = ({ streams, track }) => this.#voice.listen(streams[0] ?? new MediaStream([track]));
    peer.onconnectionstatechange = () => { if (/failed|closed/.test(peer.connectionState)) this.close(); };
    peer.ondatachannel = ({ channel }) => this.#converse(channel);
    if (id !== undefined) this.#converse(peer.createDataChannel("oai-events", { negotiated: true, id }));
    await peer.setRemoteDescription({ type: "offer", sdp: offer });
    for (const track of this.#voice.stream.getTracks()) peer.addTrack(track, this.#voice.stream);
    await peer.setLocalDescription(await peer.createAnswer());
    await new Promise((resolve) => {
      const look = () => { if (peer.iceGatheringState === "complete") resolve(undefined); };
      setTimeout(resolve, GATHER);
      peer.onicegatheringstatechange = look;
      look();
    });
    const sdp = peer.localDescription?.sdp;
    if (!sdp?.includes("a=candidate")) {
      this.close();
      throw new Error("This browser finds no network interface, which it needs even for a call within a page");
    }
    return sdp;
  }

  /** @param {RTCDataChannel} channel */
  #converse(channel) {
    this.#channel = channel;
    channel.onclose = () => this.close();
    channel.onmessage = ({ data }) => this.#talk.receive(JSON.parse(data));
    const begin = () => {
      clearTimeout(this.#clock);
      this.#clock = setInterval(() => this.#tick(), TICK);
      // So that the user hears at once that sound arrives; an echo of it is not speech.
      this.#deaf = this.#voice.whistle(2);
      this.#talk.begin();
    };
    if (channel.readyState === "open") begin();
    else channel.onopen = begin;
  }

  /** @param {string} type @param {object} members */
  send = (type, members = {}) => {
    if (this.#channel?.readyState !== "open") return;
    this.#channel.send(JSON.stringify({ type, event_id: name("event"), ...members }));
  };

  #tick() {
    const { now, loudness } = this.#voice;
    this.#floor = Math.min(loudness, Math.max(SPEECH / 4, this.#floor) * 1.02);
    const isLoud = loudness > Math.max(SPEECH, 3 * this.#floor) * (this.#speech ? 4 : 1);
    if (isLoud && !this.#turn && now > this.#deaf) {
      this.#turn = { id: name("item"), from: now - ONSET, loud: now };
      this.interrupt();
      this.#talk.hears(this.#turn.id, this.#turn.from);
    }
    if (this.#turn && isLoud) this.#turn.loud = now;
    const turn = this.#turn;
    if (turn && this.takesTurns && (now - turn.loud > PAUSE || now - turn.from > LONGEST)) this.endTurn();
    this.#speak(now);
  }

  /** Ends the turn of the user: what they said is repeated. */
  endTurn() {
    const turn = this.#turn;
    if (!turn) return false;
    this.#turn = undefined;
    const to = turn.loud + 0.1;
    const text = `(${(to - turn.from - ONSET).toFixed(1)} s of speech)`;
    this.#said = [turn.from, to];
    this.#talk.heard(turn.id, turn.from, to, text);
    return true;
  }
  /** @type {[number, number] | undefined} what the user said last, if the parrot has not repeated it */
  #said;

  /**
   * Says a text: what the user said, if there is something to repeat; otherwise it whistles.
   * @param {string} text
   */
  say(text) {
    const words = (this.#knows ? text : WHO + text).split(/(?<=\s)/);
    this.#knows = true;
    const until = this.#said ? this.#voice.repeat(...this.#said) : this.#voice.whistle(words.length);
    this.#said = undefined;
    this.#speech = { words, until, said: false };
  }
  #knows = false;
  #deaf = 0;

  /** @param {number} now */
  #speak(now) {
    const speech = this.#speech;
    const word = speech?.words.shift();
    if (!speech) return;
    if (word !== undefined) this.#talk.word(word);
    else if (!speech.said) this.#talk.said();
    speech.said = word === undefined;
    if (!speech.said || now < speech.until) return;
    this.#speech = undefined;
    this.#talk.silent();
  }

  /** Stops what the parrot says. */
  interrupt() {
    if (!this.#speech) return;
    this.#voice.quieten();
    this.#talk.cut();
    this.#speech = undefined;
  }

  close() {
    clearInterval(this.#clock);
    if (this.#channel) this.#channel.onclose = this.#channel.onopen = null;
    this.#channel?.close();
    this.#peer.close();
    this.#voice.close();
  }
}

/** The events of a Realtime session, and of one for transcription. */
class RealtimeTalk {
  #parrot;
  /** @type {any} */
  #session;
  /** @type {string | null} */
  #previous = null;
  /** @type {any} what the next response answers */
  #last;
  /** @type {any} the item that is spoken, and its response while it is under way */
  #item;
  /** @type {any} */
  #response;
  #text = "";
  /** Whether a function of the session has been called. */
  #called = false;

  /** @param {Parrot} parrot @param {Call} call */
  constructor(parrot, { session }) {
    this.#parrot = parrot;
    const input = { transcription: { model: "parrot" }, turn_detection: { type: "server_vad" } };
    const audio = { input, output: { voice: "parrot" } };
    this.#session = { id: name("sess"), object: "realtime.session", type: "realtime", audio, tools: [], ...session };
  }

  begin() {
    this.#parrot.send("session.created", { session: this.#session });
  }

  /** @param {string} id @param {number} at */
  hears(id, at) {
    this.#parrot.send("input_audio_buffer.speech_started", { item_id: id, audio_start_ms: Math.round(at * 1000) });
  }

  /** @param {string} item_id @param {number} from @param {number} to @param {string} transcript */
  heard(item_id, from, to, transcript) {
    const { send } = this.#parrot;
    send("input_audio_buffer.speech_stopped", { item_id, audio_end_ms: Math.round(to * 1000) });
    send("input_audio_buffer.committed", { item_id, previous_item_id: this.#previous });
    this.#add({ id: item_id, type: "message", role: "user", content: [{ type: "input_audio", transcript: null }] });
    const place = { item_id, content_index: 0 };
    send("conversation.item.input_audio_transcription.delta", { ...place, delta: transcript });
    send("conversation.item.input_audio_transcription.completed", { ...place, transcript });
    this.#last = transcript;
    if (this.#session.type === "realtime" && this.#parrot.takesTurns) this.#respond();
  }

  /** @param {any} item */
  #add(item) {
    const { send } = this.#parrot;
    const added = { object: "realtime.item", status: "completed", ...item, id: item.id ?? name("item") };
    send("conversation.item.added", { previous_item_id: this.#previous, item: added });
    if (added.status === "completed") send("conversation.item.done", { previous_item_id: this.#previous, item: added });
    this.#previous = added.id;
  }

  /** @param {string} code @param {string} message @param {Message} event */
  #refuse(code, message, { event_id }) {
    this.#parrot.send("error", { error: { type: "invalid_request_error", code, message, param: null, event_id } });
  }

  #respond() {
    const { send } = this.#parrot;
    const response = { id: name("resp"), object: "realtime.response", status: "in_progress", output: [] };
    this.#response = response;
    send("response.created", { response });
    const tool = this.#last?.tool ?? (this.#called ? undefined : this.#session.tools.find(Object));
    if (tool) {
      this.#call(tool, response);
      return;
    }
    const item = { id: name("item"), type: "message", role: "assistant", status: "in_progress", content: [] };
    this.#item = item;
    this.#text = "";
    send("response.output_item.added", { response_id: response.id, output_index: 0, item });
    this.#add(item);
    send("response.content_part.added", { ...this.#place, part: { type: "audio", transcript: "" } });
    this.#parrot.say(this.#last ?? "");
    send("output_audio_buffer.started", { response_id: response.id });
  }

  /**
   * Calls a function of the page.
   * @param {any} tool
   * @param {any} response
   */
  #call(tool, response) {
    this.#called = true;
    this.#last = undefined;
    const { send } = this.#parrot;
    const text = JSON.stringify(tool.arguments ?? example(tool.parameters));
    const item = { id: name("item"), type: "function_call", status: "completed", call_id: name("call"),
      name: tool.name, arguments: text };
    const place = { response_id: response.id, item_id: item.id, output_index: 0, call_id: item.call_id };
    send("response.output_item.added", { ...place, item: { ...item, status: "in_progress", arguments: "" } });
    send("response.function_call_arguments.delta", { ...place, delta: text });
    send("response.function_call_arguments.done", { ...place, name: tool.name, arguments: text });
    send("response.output_item.done", { ...place, item });
    this.#add(item);
    this.#finish("completed", [item]);
  }

  get #place() {
    return { response_id: this.#response?.id, item_id: this.#item.id, output_index: 0, content_index: 0 };
  }

  /** @param {string} delta */
  word(delta) {
    this.#text += delta;
    this.#parrot.send("response.output_audio_transcript.delta", { ...this.#place, delta });
  }

  said() {
    this.#settle("completed");
  }

  /** @param {string} status */
  #settle(status) {
    const { send } = this.#parrot;
    const content = [{ type: "output_audio", transcript: this.#text }];
    const item = { ...this.#item, status: status === "completed" ? status : "incomplete", content };
    send("response.output_audio.done", this.#place);
    send("response.output_audio_transcript.done", { ...this.#place, transcript: this.#text });
    send("response.output_item.done", { ...this.#place, item });
    send("conversation.item.done", { item });
    this.#finish(status, [item]);
  }

  /** @param {string} status @param {object[]} output */
  #finish(status, output) {
    const usage = { total_tokens: 2, input_tokens: 1, output_tokens: 1 };
    this.#parrot.send("response.done", { response: { ...this.#response, status, output, usage } });
    this.#response = undefined;
  }

  silent() {
    this.#parrot.send("output_audio_buffer.stopped");
  }

  cut() {
    if (this.#response) this.#settle("cancelled");
    const { send } = this.#parrot;
    send("output_audio_buffer.cleared");
    send("conversation.item.truncated", { item_id: this.#item.id, content_index: 0, audio_end_ms: 0 });
  }

  /** @param {Message} event */
  receive(event) {
    const { send } = this.#parrot;
    switch (event.type) {
      case "session.update":
        this.#session = { ...this.#session, ...event.session };
        this.#parrot.takesTurns = this.#session.audio?.input?.turn_detection !== null;
        send("session.updated", { session: this.#session });
        break;
      case "conversation.item.create":
        this.#add(event.item);
        this.#read(event.item);
        break;
      case "conversation.item.delete":
        send("conversation.item.deleted", { item_id: event.item_id });
        break;
      case "input_audio_buffer.commit":
        if (!this.#parrot.endTurn()) this.#refuse("input_audio_buffer_commit_empty", "Nothing was said.", event);
        break;
      case "response.create":
        if (this.#response) this.#refuse("conversation_already_has_active_response", "One is under way.", event);
        else this.#respond();
        break;
      case "response.cancel":
        if (this.#response) this.#parrot.interrupt();
        else this.#refuse("response_cancel_not_active", "No response is under way.", event);
        break;
      case "output_audio_buffer.clear":
        this.#parrot.interrupt();
        break;
      case "input_audio_buffer.clear":
        send("input_audio_buffer.cleared");
        break;
      default:
        this.#refuse("invalid_value", `The parrot does not know ${event.type}.`, event);
    }
  }

  /**
   * Reads a text, which may be a command.
   * @param {any} item
   */
  #read({ type, output, role, content = [] }) {
    if (type === "function_call_output") this.#last = `The function answered ${output}`;
    if (role !== "user") return;
    const text = content.map((/** @type {any} */ { text }) => text ?? "").join(" ");
    const [, command, word = "", rest = ""] = /^\/(\w+) *(\S*) *(.*)$/s.exec(text) ?? [];
    this.#last = `You wrote: ${text}`;
    if (command === "hangup") this.#parrot.close();
    if (command === "error") this.#refuse(word || "server_error", rest || "You asked for an error.", { type: "" });
    if (command === "tool") this.#last = { tool: { name: word, arguments: parsed(rest) } };
  }
}

/** The events of a live session, and of one for translation: pieces of text, with their times. */
class LiveTalk {
  #parrot;
  /** @type {any} */
  #session;
  #began = Date.now();
  #text = "";

  /** @param {Parrot} parrot @param {Call} call */
  constructor(parrot, { session }) {
    this.#parrot = parrot;
    this.#session = { id: name("sess"), status: "active", ...session };
  }

  begin() {
    const session = this.#session;
    this.#parrot.send(session.type === "live" ? "session.started" : "session.created", { session });
  }

  /** @param {"input" | "output"} side @param {string} delta */
  #piece(side, delta) {
    const end_ms = Date.now() - this.#began;
    this.#parrot.send(`session.${side}_transcript.delta`, { delta, start_ms: end_ms - TICK, end_ms });
  }

  hears() {}
  said() {}
  silent() {}
  cut() {}

  /** @param {string} _id @param {number} _from @param {number} _to @param {string} text */
  heard(_id, _from, _to, text) {
    this.#piece("input", text);
    this.#parrot.say(text);
  }

  /** @param {string} delta */
  word(delta) {
    this.#piece("output", delta);
  }

  /** @param {Message} event */
  receive({ type, content, item, session, event_id }) {
    switch (type) {
      case "session.close":
        this.#parrot.send("session.closed", { reason: "close_requested", session: this.#session });
        break;
      case "session.update":
        this.#session = { ...this.#session, ...session };
        this.#parrot.send("session.updated", { session: this.#session });
        break;
      case "response.item.create":
        this.#text = item?.content?.[0]?.text ?? "";
        break;
      case "response.create":
        this.#parrot.say(`You wrote: ${this.#text}`);
        break;
      case "session.instructions.append":
      case "session.commentary.append":
      case "session.thinking.append":
        this.#parrot.send(`${type}ed`, { start_ms: 0, end_ms: 0 });
        if (content === "/hangup") this.#parrot.close();
        else if (!type.includes("thinking")) this.#parrot.say(`You wrote: ${content}`);
        break;
      case "session.input_audio.mute":
      case "session.input_audio.unmute":
        this.#parrot.send(`${type}d`);
        break;
      default:
        this.#parrot.send("error", { error: { type: "invalid_request_error", code: "forbidden",
          message: `The parrot does not know ${type}.`, param: null, client_event_id: event_id } });
    }
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/**
 * Arguments that fit a function's parameters.
 * @param {any} schema
 * @returns {any}
 */
function example({ type, properties = {}, enum: values, default: value } = /** @type {any} */ ({})) {
  if (value !== undefined || values) return value ?? values[0];
  if (type === "number" || type === "integer") return 1;
  if (type === "boolean") return true;
  if (type === "array") return [];
  if (type === "string") return "parrot";
  return Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, example(inner)]));
}
