// The public interface of realtime-client.js, and the only place where its types are written: the module imports them
// from here, and `tsc --checkJs` holds the two against each other.

/**
 * Where a call stands.
 *
 * | state | meaning |
 * |---|---|
 * | `idle` | never connected |
 * | `requesting-microphone` | the browser may be asking the user |
 * | `connecting` | the first connection is on its way: token, offer, data channel, and the waits between attempts |
 * | `connected` | the data channel is open |
 * | `unstable` | connected, but nothing arrives; it recovers by itself or becomes `reconnecting` after the grace |
 * | `reconnecting` | the connection is lost; a new one, with a new token, is on its way or waited for |
 * | `closed` | over, with a reason; `connect()` begins anew |
 */
export type RealtimeState =
  | "idle" | "requesting-microphone" | "connecting" | "connected" | "unstable" | "reconnecting" | "closed";

/**
 * Why a call is `closed`.
 *
 * | reason | meaning |
 * |---|---|
 * | `disconnected` | `disconnect()` was called |
 * | `aborted` | the signal given to `connect()` was aborted |
 * | `hangup` | the server ended the call; `error` holds its last word, if it said one (`session_expired`) |
 * | `failed` | `error` says why, and nothing more is tried |
 * | `page-hidden` | the page was left (`pagehide`) |
 */
export type ClosedReason = "disconnected" | "aborted" | "hangup" | "failed" | "page-hidden";

/**
 * What went wrong, as a word to branch on.
 *
 * | code | meaning | `retryable` |
 * |---|---|---|
 * | `aborted` | disconnect(), a signal or the end of the page ended it | no |
 * | `unsupported` | no WebRTC, no secure page, or no choice of outputs in this browser | no |
 * | `microphone_denied` | the user or a policy refused the microphone | no |
 * | `microphone_missing` | there is none, or not the one asked for | no |
 * | `microphone_busy` | it exists and cannot be opened: another program has it | no |
 * | `microphone_ended` | it vanished during the call and no other could take its place; the call goes on without | no |
 * | `device_failed` | an output could not be chosen | no |
 * | `rate_limited` | 429, of the token route or of the call; `retryAfter` is the wait | yes |
 * | `token_unreachable` | no answer, or one that CORS hides: offline, or cookies that the server does not allow | yes |
 * | `token_refused` | the token route refused: see `status` and `serverCode` (`origin_not_allowed`) | from 500 on |
 * | `token_invalid` | the answer holds no client secret, or the token function returned none | no |
 * | `token_timeout` | no token within `timeouts.token` | yes |
 * | `token_failed` | the token function threw; `cause` is what | no, unless the thrown error has `retryable: true` |
 * | `call_unreachable` | no answer of the calls URL | yes |
 * | `call_refused` | the calls URL said no: 401 for a token that is spent or expired | from 500 on |
 * | `call_invalid` | the answer is no usable SDP | no |
 * | `call_timeout` | no SDP answer within `timeouts.call` | yes |
 * | `open_timeout` | the data channel did not open within `timeouts.open` | yes |
 * | `connection_lost` | the connection failed, or did not recover within the grace | yes |
 * | `hangup` | the server ended the call before it was open | no |
 * | `not_connected` | an event was to be sent without an open data channel | no |
 * | `session_error` | the server sent an `error` event; `serverCode` is its code, `cause` the event | no |
 */
export type RealtimeErrorCode =
  | "aborted" | "unsupported"
  | "microphone_denied" | "microphone_missing" | "microphone_busy" | "microphone_ended" | "device_failed"
  | "rate_limited"
  | "token_unreachable" | "token_refused" | "token_invalid" | "token_timeout" | "token_failed"
  | "call_unreachable" | "call_refused" | "call_invalid" | "call_timeout"
  | "open_timeout" | "connection_lost" | "hangup" | "not_connected" | "session_error";

/** What a RealtimeError is made of, besides its code and message. */
export interface RealtimeErrorDetails {
  cause?: unknown;
  retryable?: boolean;
  retryAfter?: number;
  status?: number;
  serverCode?: string;
  requestId?: string;
}

/** The one kind of error that this module throws and reports. */
export class RealtimeError extends Error {
  constructor(code: RealtimeErrorCode, message: string, details?: RealtimeErrorDetails);
  readonly name: "RealtimeError";
  readonly code: RealtimeErrorCode;
  /** What was thrown or received underneath: a DOMException, a TypeError of fetch, the parsed body of a refusal. */
  readonly cause: unknown;
  /** Whether the same attempt may succeed later, unchanged. The client itself retries these and no others. */
  readonly retryable: boolean;
  /** How long the server asks to wait, in seconds (Retry-After); undefined when it does not say. */
  readonly retryAfter: number | undefined;
  /** The HTTP status of the refusal, if there was an answer. */
  readonly status: number | undefined;
  /** `code` of the problem+json, of OpenAI's error body or of the error event. */
  readonly serverCode: string | undefined;
  /** The request id to quote to whoever runs the server (`X-Request-Id`, or `request_id` in the body). */
  readonly requestId: string | undefined;
}

/** A client secret, in the daemon's answer or OpenAI's own; or in the shape of the beta interface. */
export type TokenAnswer =
  & ({ value: string } | { client_secret: { value: string } })
  & {
    expires_at?: number;
    /** Where the offer goes; `https://api.openai.com/v1/realtime/calls` when left out. */
    calls_url?: string;
    session?: { id?: string; name?: string; type?: string; model?: string; [member: string]: unknown };
  };

/** Gets a fresh token for one attempt. It must never hand out the same twice; the signal ends the attempt. */
export type TokenFunction = (context: { signal: AbortSignal }) => Promise<TokenAnswer | string> | TokenAnswer | string;

/** What a reconnect policy is asked with. */
export interface RetryContext {
  /** 1 for the first retry since the connection was last good, which is one that lasted for ten seconds. */
  attempt: number;
  /** Whether the call was connected before. */
  reconnecting: boolean;
  /** What the attempt before failed with; always `retryable`. */
  error: RealtimeError;
}

/** Says how many milliseconds to wait before the next attempt, or null to give up. */
export type ReconnectPolicy = (context: RetryContext) => number | null;

export interface BackoffOptions {
  /** Waits in milliseconds, one for each attempt; when they are spent the policy gives up.
   *  Default: 0, 300, 1200, 2700, 4800, then five times 7000. From the third on, up to a second is added by chance. */
  delays?: readonly number[];
  /** How many retries there are while the call was never connected: somebody is looking. Default 2. */
  firstConnection?: number;
  /** The longest Retry-After that is waited for, in milliseconds; above it the policy gives up. Default 60000. */
  maxRetryAfter?: number;
}

/** The policy used by default: waits that grow, jitter from the third on, Retry-After honoured, an end. */
export function backoff(options?: BackoffOptions): ReconnectPolicy;

export interface RealtimeOptions {
  /** The token route's URL (asked with POST), or a function. Default `/api/realtime/token`. */
  token?: string | URL | TokenFunction;
  /** The session file's name, sent to the token route. Default: the server's `default`. */
  session?: string;
  /** Values for what the session file lets a request change, by path: `{"audio.output.voice": "cedar"}`. */
  overrides?: Record<string, unknown>;
  /** Values for the places in the instructions that the session file declares. */
  variables?: Record<string, unknown>;
  /** The `Authorization` field for the token route (`Bearer …`), or a function that is asked before every attempt. */
  authorization?: string | (() => string | Promise<string>);
  /** Whether the token request carries cookies to another origin. Default `same-origin`. `include` needs the daemon's
   *  `ALLOW_CREDENTIALS`; without it the browser hides every answer. */
  credentials?: RequestCredentials;
  /** Where the offer goes, instead of the token answer's `calls_url`. */
  callsUrl?: string | URL;
  /** More constraints for the microphone. Echo cancellation, noise suppression and gain control are on by default. */
  audio?: MediaTrackConstraints;
  /** The microphone to begin with, by device id; `false` to listen and type only, without asking for one. */
  microphone?: string | false;
  /** The element that plays the answers. Default: one that is never put into the page. */
  element?: HTMLAudioElement;
  /** The output to begin with, by device id. */
  output?: string;
  /** Begin muted. Default false. */
  muted?: boolean;
  /** 0 to 1. Default 1. */
  volume?: number;
  /** What happens after a retryable failure; `false` gives up at once. Default `backoff()`. */
  reconnect?: ReconnectPolicy | false;
  timeouts?: RealtimeTimeouts;
  /** For `new RTCPeerConnection`. OpenAI needs no ICE server. */
  rtc?: RTCConfiguration;
  /** For the client's ConnectionMonitor. */
  monitor?: MonitorOptions;
}

/** Time limits in milliseconds. The microphone has none: a user may think as long as they like about the question. */
export interface RealtimeTimeouts {
  /** For the token. Default 10000. */
  token?: number;
  /** For the SDP answer. Default 10000. */
  call?: number;
  /** From the SDP answer to the open data channel. Default 10000. */
  open?: number;
  /** How long `unstable` may last. Default 5000. */
  grace?: number;
}

/** One side's words in one conversation item, as far as they are known. */
export interface Transcript {
  readonly itemId: string;
  readonly role: "user" | "assistant" | "system";
  /** Empty while speech is not transcribed yet. */
  readonly text: string;
  /** Whether the text will not grow any more. */
  readonly final: boolean;
  /** The user spoke before it was said to the end; the text may hold more than was heard. */
  readonly interrupted: boolean;
  /** The transcription failed; the text is what there was. */
  readonly failed: boolean;
}

export interface DeviceList {
  readonly microphones: readonly MediaDeviceInfo[];
  /** Empty where the browser cannot choose an output. */
  readonly outputs: readonly MediaDeviceInfo[];
  /** The microphone in use or to be used; undefined for the browser's default. */
  readonly microphoneId: string | undefined;
  readonly outputId: string | undefined;
}

/** Loudness between 0 (silence) and 1 (full scale), as root mean square of the last 40 ms or so. */
export interface Levels {
  /** What is sent: 0 while muted. */
  readonly input: number;
  /** What is heard, behind the volume. */
  readonly output: number;
}

/** A RealtimeClient's or ConnectionMonitor's own event; what it is about stands in `detail`. */
export class RealtimeEvent<Type extends string = string, Detail = unknown> extends Event {
  constructor(type: Type, detail: Detail);
  readonly type: Type;
  readonly detail: Detail;
}

/** Every event of a RealtimeClient, with the type of its `detail`. Server events come under their own names, too. */
export type RealtimeEvents = {
  /** The state has changed. `reason` is there when it is `closed`. */
  statechange: { state: RealtimeState; previous: RealtimeState; reason?: ClosedReason; error?: RealtimeError };
  /** Something failed: an attempt (which may be retried: see `retry`), a device, an event of type `error`. */
  error: RealtimeError;
  /** Another attempt (the first is number 1) follows in `delay` milliseconds; `offline`: not before the browser is
   *  online again. */
  retry: { attempt: number; delay: number; offline: boolean; error: RealtimeError };
  /** Any server event, before the one under its own name, `error` included; legacy names are already translated.
   *  One that is newer than this file comes here and under its own name, too, without a type. For logs. */
  serverevent: ServerEvent;
  /** Any client event, as it was sent. For logs. */
  clientevent: ClientEvent;
  /** A transcript is new or has grown. */
  transcript: Transcript;
  /** Devices came or went, or another one is in use. `lost`: the microphone in use vanished and this one took over. */
  devices: DeviceList & { lost: boolean };
  mute: { muted: boolean };
  volume: { volume: number };
  /** `blocked`: the browser does not play without a click; call `startAudio()` in one. */
  playback: { blocked: boolean };
  /** The connection's quality has changed. */
  quality: QualityChange;
  /** A new measurement of the connection. */
  stats: ConnectionStats;
} & { [Type in Exclude<ServerEvent["type"], "error">]: Extract<ServerEvent, { type: Type }> };

/**
 * A voice call with a realtime model: from a microphone and a token to an open data channel, and back again after a
 * lost connection.
 *
 * ```js
 * const client = new RealtimeClient({ token: "/api/realtime/token" });
 * client.on("transcript", ({ role, text }) => console.log(role, text));
 * await client.connect();          // in a click, so that the browser lets it play
 * ```
 */
export class RealtimeClient extends EventTarget {
  constructor(options?: RealtimeOptions);

  readonly state: RealtimeState;
  /** Why it is `closed`; undefined in any other state. */
  readonly reason: ClosedReason | undefined;
  /** What it failed with, or what the attempt before this one did; undefined again once connected. */
  readonly error: RealtimeError | undefined;

  /**
   * Connects. However often it is called, there is one call: the same promise while it is under way, a resolved one
   * when connected. It resolves when the data channel is open and rejects with a RealtimeError when the call is closed
   * before. Aborting the signal ends the call in any phase before that; afterwards the signal means nothing.
   */
  connect(options?: { signal?: AbortSignal }): Promise<void>;
  /** Ends the call, in any phase, at once: no track, no connection and no timer is left when it returns. */
  disconnect(): void;

  /** Sends any client event; returns its `event_id`, made up when it has none. Throws `not_connected`. */
  send(event: ClientEvent): string;
  /** Says something in text and asks for an answer, cutting short one that is under way. Throws `not_connected`. */
  sendText(text: string, options?: { respond?: boolean; interrupt?: boolean }): void;
  /**
   * Ends the user's turn in a session with `turn_detection: null`: commits the audio, and asks for an answer unless the
   * session only transcribes. Throws `not_connected`.
   */
  commitAudio(options?: { respond?: boolean }): void;
  /** Sends `session.update`; `type` is added when left out. */
  updateSession(session: SessionUpdate): void;
  /** Cuts the answer short: no more is generated, and what is generated is not played. */
  interrupt(): void;

  readonly muted: boolean;
  /** Sends silence. It holds over a change of microphone and a reconnect. */
  mute(): void;
  unmute(): void;
  /** 0 to 1; of what is played, not of the whole device. Assigning anything else is a RangeError. */
  volume: number;

  /** Microphones and outputs. Labels are empty until the user has once allowed the microphone. */
  devices(): Promise<DeviceList>;
  /** Changes the microphone, without renegotiation; undefined for the browser's default. Rejects and keeps the old. */
  setMicrophone(deviceId: string | undefined): Promise<void>;
  /** Changes the output; undefined for the browser's default. Rejects with `unsupported` or `device_failed`. */
  setOutput(deviceId: string | undefined): Promise<void>;
  /** Whether the browser refuses to play without a click. */
  readonly playbackBlocked: boolean;
  /** Plays after all. Call it in a click. */
  startAudio(): Promise<void>;
  /** How loud it is now; ask for each frame you draw. The meters are made when first asked and end with the call. */
  levels(): Levels;

  /** Both sides' words by item, oldest first. A reconnect adds to them; a `connect()` after the end clears them. */
  readonly transcripts: readonly Transcript[];
  /** Measures the connection while there is one. */
  readonly monitor: ConnectionMonitor;
  /** The session as `session.created` or `session.updated` showed it last, else as the token's answer did. */
  readonly session: Record<string, unknown> | undefined;
  /** The call's id from `Location` (`rtc_…`), by which a server can hang up; undefined where it is not readable. */
  readonly callId: string | undefined;
  /** The connection underneath, for what this class does not do; another one after each reconnect. */
  readonly peerConnection: RTCPeerConnection | undefined;

  /** Calls the listener with each event's detail; returns what ends that. */
  on<Type extends keyof RealtimeEvents>(type: Type, listener: (detail: RealtimeEvents[Type]) => void): () => void;
  addEventListener<Type extends keyof RealtimeEvents>(
    type: Type,
    listener: ((event: RealtimeEvent<Type, RealtimeEvents[Type]>) => void) | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof RealtimeEvents>(
    type: Type,
    listener: ((event: RealtimeEvent<Type, RealtimeEvents[Type]>) => void) | null,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions,
  ): void;
}

/** `unknown` until two reports can be compared. */
export type Quality = "unknown" | "good" | "fair" | "poor";

/** One measurement; the counters are differences between it and the one before. */
export interface ConnectionStats {
  /** Milliseconds between the two reports. */
  readonly interval: number;
  /** Round trip in milliseconds. */
  readonly rtt: number | undefined;
  /** Of what is received, in milliseconds. */
  readonly jitter: number | undefined;
  /** Lost of what should have been received, 0 to 1. */
  readonly loss: number | undefined;
  /** Lost of what was sent, 0 to 1, as the other side reports it. */
  readonly remoteLoss: number | undefined;
  /** Bits a second. */
  readonly receivedBitrate: number;
  readonly sentBitrate: number;
  readonly quality: Quality;
}

export interface QualityChange {
  readonly quality: Quality;
  readonly previous: Quality;
  readonly stats: ConnectionStats;
}

export interface MonitorOptions {
  /** Milliseconds between two reports. Default 2000. */
  interval?: number;
  /** From here on quality is fair. Default `{ rtt: 250, jitter: 30, loss: 0.02 }`. */
  fair?: { rtt: number; jitter: number; loss: number };
  /** From here on it is poor. Default `{ rtt: 500, jitter: 60, loss: 0.08 }`. */
  poor?: { rtt: number; jitter: number; loss: number };
}

/** Measures a peer connection as differences between its reports, in Chromium's, Safari's and Firefox's shapes. */
export class ConnectionMonitor extends EventTarget {
  constructor(options?: MonitorOptions);
  readonly quality: Quality;
  /** The last measurement. */
  readonly stats: ConnectionStats | undefined;
  /** Begins with this connection, instead of any other. */
  start(
    connection: Pick<RTCPeerConnection, "getStats"> & Partial<Pick<RTCPeerConnection, "connectionState">>,
  ): void;
  /** Ends, with quality `unknown`. */
  stop(): void;
  /** Takes a report now. */
  sample(): Promise<ConnectionStats | undefined>;
  on<Type extends "quality" | "stats">(type: Type, listener: (detail: RealtimeEvents[Type]) => void): () => void;
}

interface ClientEventBase { event_id?: string }

export type ClientEvent =
  | SessionUpdateEvent
  | (ClientEventBase & { type: "input_audio_buffer.append"; audio: string })
  | (ClientEventBase & { type: "input_audio_buffer.commit" })
  | (ClientEventBase & { type: "input_audio_buffer.clear" })
  | (ClientEventBase & { type: "output_audio_buffer.clear" })
  | (ClientEventBase & { type: "conversation.item.create"; previous_item_id?: string | null; item: ConversationItem })
  | (ClientEventBase & { type: "conversation.item.retrieve"; item_id: string })
  | (ClientEventBase & {
    type: "conversation.item.truncate"; item_id: string; content_index: number; audio_end_ms: number;
  })
  | (ClientEventBase & { type: "conversation.item.delete"; item_id: string })
  | (ClientEventBase & { type: "response.create"; response?: Record<string, unknown> })
  | (ClientEventBase & { type: "response.cancel"; response_id?: string });

export interface SessionUpdateEvent extends ClientEventBase { type: "session.update"; session: SessionUpdate }

/** The members of a session that are to change; OpenAI's reference names them. */
export interface SessionUpdate { type?: "realtime" | "transcription"; [member: string]: unknown }

export interface ContentPart {
  type:
    | "input_text" | "input_audio" | "input_image" | "output_text" | "output_audio" | "text" | "audio" | (string & {});
  text?: string;
  audio?: string;
  transcript?: string | null;
  [member: string]: unknown;
}

export interface ConversationItem {
  id?: string;
  type: "message" | "function_call" | "function_call_output" | "mcp_call" | "mcp_list_tools" | (string & {});
  status?: "completed" | "incomplete" | "in_progress";
  role?: "user" | "assistant" | "system";
  content?: ContentPart[];
  /** Of function calls and their outputs. */
  call_id?: string;
  name?: string;
  arguments?: string;
  output?: string | null;
  [member: string]: unknown;
}

export interface RealtimeResponse {
  id?: string;
  status?: "completed" | "cancelled" | "failed" | "incomplete" | "in_progress";
  status_details?: Record<string, unknown> | null;
  output?: ConversationItem[];
  usage?: Record<string, unknown> | null;
  [member: string]: unknown;
}

export interface ServerErrorBody {
  type: string;
  message: string;
  code?: string | null;
  param?: string | null;
  /** The client event that it is about. */
  event_id?: string | null;
}

export interface RateLimit { name?: string; limit?: number; remaining?: number; reset_seconds?: number }

/** A server event of this type, with these members. */
type Server<Type extends string, Members = {}> = { type: Type; event_id?: string } & Members;
type OfItem = { item_id: string };
type OfContent = OfItem & { content_index: number };
type OfOutput = OfItem & { response_id: string; output_index: number };
type OfPart = OfOutput & { content_index: number };
type Session = { session: Record<string, unknown> };
type Added = { item: ConversationItem; previous_item_id?: string | null };

/** The 46 server events. */
export type ServerEvent =
  | Server<"error", { error: ServerErrorBody }>
  | Server<"session.created", Session>
  | Server<"session.updated", Session>
  | Server<"conversation.created", { conversation: { id?: string; object?: string } }>
  | Server<"conversation.item.added", Added>
  | Server<"conversation.item.done", Added>
  | Server<"conversation.item.created", Added>
  | Server<"conversation.item.retrieved", { item: ConversationItem }>
  | Server<"conversation.item.truncated", OfContent & { audio_end_ms: number }>
  | Server<"conversation.item.deleted", OfItem>
  | Server<"conversation.item.input_audio_transcription.delta", OfItem & {
    content_index?: number; delta?: string; logprobs?: unknown[] | null;
  }>
  | Server<"conversation.item.input_audio_transcription.completed", OfContent & {
    transcript: string; usage?: Record<string, unknown>; logprobs?: unknown[] | null;
  }>
  | Server<"conversation.item.input_audio_transcription.segment", OfContent & {
    id: string; text: string; speaker: string; start: number; end: number;
  }>
  | Server<"conversation.item.input_audio_transcription.failed", OfContent & { error: Partial<ServerErrorBody> }>
  | Server<"input_audio_buffer.committed", OfItem & { previous_item_id?: string | null }>
  | Server<"input_audio_buffer.cleared">
  | Server<"input_audio_buffer.speech_started", OfItem & { audio_start_ms: number }>
  | Server<"input_audio_buffer.speech_stopped", OfItem & { audio_end_ms: number }>
  | Server<"input_audio_buffer.timeout_triggered", OfItem & { audio_start_ms: number; audio_end_ms: number }>
  | Server<"input_audio_buffer.dtmf_event_received", { event: string; received_at: number }>
  | Server<"output_audio_buffer.started", { response_id: string }>
  | Server<"output_audio_buffer.stopped", { response_id: string }>
  | Server<"output_audio_buffer.cleared", { response_id: string }>
  | Server<"response.created", { response: RealtimeResponse }>
  | Server<"response.done", { response: RealtimeResponse }>
  | Server<"response.output_item.added", { response_id: string; output_index: number; item: ConversationItem }>
  | Server<"response.output_item.done", { response_id: string; output_index: number; item: ConversationItem }>
  | Server<"response.content_part.added", OfPart & { part: ContentPart }>
  | Server<"response.content_part.done", OfPart & { part: ContentPart }>
  | Server<"response.output_text.delta", OfPart & { delta: string }>
  | Server<"response.output_text.done", OfPart & { text: string }>
  | Server<"response.output_audio.delta", OfPart & { delta: string }>
  | Server<"response.output_audio.done", OfPart>
  | Server<"response.output_audio_transcript.delta", OfPart & { delta: string }>
  | Server<"response.output_audio_transcript.done", OfPart & { transcript: string }>
  | Server<"response.function_call_arguments.delta", OfOutput & { call_id: string; delta: string }>
  | Server<"response.function_call_arguments.done", OfOutput & { call_id: string; name?: string; arguments: string }>
  | Server<"response.mcp_call_arguments.delta", OfOutput & { delta: string }>
  | Server<"response.mcp_call_arguments.done", OfOutput & { arguments: string }>
  | Server<"response.mcp_call.in_progress", OfItem & { output_index: number }>
  | Server<"response.mcp_call.completed", OfItem & { output_index: number }>
  | Server<"response.mcp_call.failed", OfItem & { output_index: number }>
  | Server<"mcp_list_tools.in_progress", OfItem>
  | Server<"mcp_list_tools.completed", OfItem>
  | Server<"mcp_list_tools.failed", OfItem>
  | Server<"rate_limits.updated", { rate_limits: RateLimit[] }>;
