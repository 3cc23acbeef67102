// The public interface of realtime-client.js, and the only place where its types are written: the module imports them
// from here, and `tsc --checkJs` checks one against the other.

/**
 * The state of a call.
 *
 * | state | meaning |
 * |---|---|
 * | `idle` | never connected |
 * | `requesting-microphone` | the browser may be waiting for the user's permission |
 * | `connecting` | the first connection is being made: token, offer, data channel, and the waits between attempts |
 * | `connected` | the data channel is open, and a live session has started |
 * | `unstable` | connected, but nothing arrives; it recovers by itself, or is `reconnecting` after `timeouts.grace` |
 * | `reconnecting` | the connection was lost; a new one, with a new token or call, is being made or waited for |
 * | `closed` | the call has ended, with a reason; `connect()` starts a new one |
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
 * | `hangup` | the server ended the call; `error` says why, if it is known (`call_ended`, `session_expired`) |
 * | `failed` | `error` says why; there are no more attempts |
 * | `page-hidden` | the page was left (`pagehide`) |
 */
export type ClosedReason = "disconnected" | "aborted" | "hangup" | "failed" | "page-hidden";

/**
 * The code of an error, for programs.
 *
 * | code | meaning | `retryable` |
 * |---|---|---|
 * | `aborted` | `disconnect()`, a signal or leaving the page ended the call | no |
 * | `unsupported` | the browser has no WebRTC or cannot choose an output; or a live session lacks this command | no |
 * | `microphone_denied` | the user or a policy refused the microphone | no |
 * | `microphone_missing` | there is no microphone, or not the requested one | no |
 * | `microphone_busy` | the microphone exists but cannot be opened: another program uses it | no |
 * | `microphone_ended` | it was disconnected during the call, and no other replaces it; the call continues | no |
 * | `device_failed` | an output could not be chosen | no |
 * | `rate_limited` | 429 from the token route or the calls URL; `retryAfter` is the wait | yes |
 * | `token_unreachable` | no answer, or one that CORS hides: offline, or cookies that the server does not allow | yes |
 * | `token_refused` | the token route refused: see `status` and `serverCode` (`origin_not_allowed`) | from 500 on |
 * | `token_invalid` | the answer contains no client secret, or the token function returned none | no |
 * | `token_timeout` | no token within `timeouts.token` | yes |
 * | `token_failed` | the function of `token`, `authorization` or `rtc` threw | no, unless `cause.retryable` is true |
 * | `call_unreachable` | no answer from the calls URL | yes |
 * | `call_refused` | the calls URL refused: OpenAI with 401 for a token that is used or expired | from 500 on |
 * | `call_invalid` | the answer is not a usable SDP, or not that of a service | no |
 * | `call_failed` | the `answer` function threw | no, unless `cause.retryable` is true |
 * | `call_timeout` | no SDP answer within `timeouts.call` | yes |
 * | `call_ended` | the service, or OpenAI in a live session, ended the call and said why: see `reason` | no |
 * | `lease_unreachable` | no answer to a renewal of the lease; the client tries again, and the call continues | yes |
 * | `lease_refused` | the lease was not renewed; the client tries again, and the call continues | from 500 on |
 * | `open_timeout` | the data channel did not open within `timeouts.open`, or a live session in 30 s | yes |
 * | `session_renewed` | only in `retry`: the session was about to end, and another one takes its place | yes |
 * | `connection_lost` | the connection failed, or did not recover within `timeouts.grace` | yes |
 * | `hangup` | the server ended the call before it was open | no |
 * | `not_connected` | an event cannot be sent, because the data channel is not open | no |
 * | `event_too_large` | an event is longer than the data channel can send; OpenAI's accepts 256 KiB | no |
 * | `session_error` | the server sent an `error` event; `serverCode` is its code, `cause` the event | no |
 */
export type RealtimeErrorCode =
  | "aborted" | "unsupported"
  | "microphone_denied" | "microphone_missing" | "microphone_busy" | "microphone_ended" | "device_failed"
  | "rate_limited"
  | "token_unreachable" | "token_refused" | "token_invalid" | "token_timeout" | "token_failed"
  | "call_unreachable" | "call_refused" | "call_invalid" | "call_failed" | "call_timeout" | "call_ended"
  | "lease_unreachable" | "lease_refused"
  | "open_timeout" | "session_renewed" | "connection_lost" | "hangup" | "not_connected" | "event_too_large"
  | "session_error";

/** The members of a RealtimeError besides its code and message. */
export interface RealtimeErrorDetails {
  cause?: unknown;
  retryable?: boolean;
  retryAfter?: number;
  status?: number;
  serverCode?: string;
  requestId?: string;
  reason?: string;
}

/** The one kind of error that this module throws and reports. */
export class RealtimeError extends Error {
  constructor(code: RealtimeErrorCode, message: string, details?: RealtimeErrorDetails);
  readonly name: "RealtimeError";
  readonly code: RealtimeErrorCode;
  /** The underlying cause: a DOMException, a TypeError of fetch, or the parsed body of a refusal. */
  readonly cause: unknown;
  /** True if the same attempt may succeed later. The client retries only these errors. */
  readonly retryable: boolean;
  /** The seconds to wait, from the server's `Retry-After`; undefined if it sends none. */
  readonly retryAfter: number | undefined;
  /** The HTTP status of the refusal, if there was an answer. */
  readonly status: number | undefined;
  /** `code` of the problem+json, of OpenAI's error body or of the error event. */
  readonly serverCode: string | undefined;
  /** The request id, to quote to the operator of the server (`X-Request-Id`, or `request_id` in the body). */
  readonly requestId: string | undefined;
  /** Why the call was ended, with `call_ended`. By the service: `deadline`, `lease` (it was not renewed in time),
   *  `client` (somebody with its id), `operator`, `exit`, `unanswered` or `unrecorded`. By a live session: `expired`,
   *  `content`, `remote_hangup` or `connection_lost`. */
  readonly reason: string | undefined;
}

/** A client secret, as the daemon and OpenAI answer it, or in the shape of the beta interface. */
export type TokenAnswer =
  & ({ value: string } | { client_secret: { value: string } })
  & {
    expires_at?: number;
    /** The URL that the offer is sent to. Default `https://api.openai.com/v1/realtime/calls`. */
    calls_url?: string;
    /** True if the service is a sandbox, whose calls nobody answers but the `answer` option. */
    sandbox?: boolean;
    session?: { id?: string; name?: string; type?: string; model?: string; [member: string]: unknown };
  };

/** Gets a fresh token for one attempt. It must never return the same token twice. The signal ends the attempt. */
export type TokenFunction = (context: { signal: AbortSignal }) => Promise<TokenAnswer | string> | TokenAnswer | string;

/** Answers the offer of one attempt: returns the SDP, or nothing for the usual way. With `call` it is called after the
 *  service has created the call, and the offer has the browser's addresses. The signal ends the attempt. */
export type AnswerFunction = (call: {
  offer: string;
  /** The client secret; undefined with `call` and with `token: false`. */
  token: string | undefined;
  session: Record<string, unknown> | undefined;
  /** True if the service is a sandbox. */
  sandbox: boolean;
  dcid: number | undefined;
  signal: AbortSignal;
}) => Promise<string | undefined | void> | string | undefined | void;

/** The argument of a reconnect policy. */
export interface RetryContext {
  /** The number of this retry since the last connection that lasted ten seconds; the first is 1. */
  attempt: number;
  /** True if the call was connected before. */
  reconnecting: boolean;
  /** The error of the previous attempt; always `retryable`. */
  error: RealtimeError;
}

/** Returns the milliseconds to wait before the next attempt, or null to give up. */
export type ReconnectPolicy = (context: RetryContext) => number | null;

export interface BackoffOptions {
  /** Waits in milliseconds, one for each attempt; after the last one the policy gives up. Default: 0, 300, 1200, 2700,
   *  4800, then five times 7000. From the third on, a random time of up to a second is added. */
  delays?: readonly number[];
  /** The number of retries before the call is connected for the first time, because a user is waiting. Default 2. */
  firstConnection?: number;
  /** The longest `Retry-After` that the policy waits for, in milliseconds; above it, it gives up. Default 60000. */
  maxRetryAfter?: number;
}

/** The default policy: growing waits, with jitter from the third on. It honours `Retry-After`. */
export function backoff(options?: BackoffOptions): ReconnectPolicy;

export interface RealtimeOptions {
  /** The URL of the token route, requested by POST, or a function. Default `/api/realtime/token`. `false` for no token,
   *  with `answer`. */
  token?: string | URL | TokenFunction | false;
  /** Answers the offer in place of the calls URL: for a server of your own, and `parrot` of `sandbox-peer.js`. */
  answer?: AnswerFunction;
  /** The URL of the service's route for calls (`/api/realtime/calls`), instead of `token`: the service creates the
   *  call, keeps it as long as the client renews its lease, and ends it. Sessions of the type `live` have no other
   *  way. */
  call?: string | URL;
  /** With `call`: the stream of the data channel, 0 to 65534, which is then agreed on without a round trip. */
  dcid?: number;
  /** The session file's name, sent to the token route or that for calls. Default: the server's `default`. */
  session?: string;
  /** Values for the members that the session file allows a request to change: `{"audio.output.voice": "cedar"}`. */
  overrides?: Record<string, unknown>;
  /** Values for the variables of the instructions that the session file declares. */
  variables?: Record<string, unknown>;
  /** The `Authorization` field for the token route or that for calls (`Bearer …`), or a function that is called before
   *  every attempt and every renewal. */
  authorization?: string | (() => string | Promise<string>);
  /** The `credentials` of requests to the server. Default `same-origin`. With `include` they carry cookies to another
   *  origin, which needs the daemon's `ALLOW_CREDENTIALS`; without that the browser hides every answer. */
  credentials?: RequestCredentials;
  /** The URL that the offer is sent to, instead of the token answer's `calls_url`. */
  callsUrl?: string | URL;
  /** More constraints for the microphone. Echo cancellation, noise suppression and gain control are on by default. */
  audio?: MediaTrackConstraints;
  /** The device id of the first microphone; or a stream of the page, of which the call sends a clone, so that mute and
   *  the end of the call leave it as it is; or `false` to listen and type only, without requesting a microphone. */
  microphone?: string | MediaStream | false;
  /** The element that plays the answers. Default: an element that is not in the page. */
  element?: HTMLAudioElement;
  /** The device id of the first output. */
  output?: string;
  /** True to start muted. Default false. */
  muted?: boolean;
  /** The volume, 0 to 1. Default 1. */
  volume?: number;
  /** The policy after a retryable failure; `false` gives up at once. Default `backoff()`. */
  reconnect?: ReconnectPolicy | false;
  /** What the model is told again after a reconnect: the final transcripts, and every `session.update`. Default: the
   *  last 50 items, at most 20000 characters. A session whose `expires_at` is near is then replaced in a pause, too.
   *  `false` for neither. */
  restore?: RestoreOptions | boolean;
  /** Functions of the page, by the names in the session's `tools`. Each runs when the model calls it, with the
   *  arguments as an object. The results, or the errors, are sent, and then one response is requested, as soon as none
   *  is under way. A live session must list the events for this; its functions run when the response of its backend
   *  model is complete. */
  tools?: Tools;
  /** Has the assistant speak first when the call is first connected, not after a reconnect: `true`, or instructions,
   *  which replace those of the session for this response. A live session adds them to its own, and must allow
   *  `session.instructions.append`. */
  greet?: boolean | string;
  /** Whether the screen stays on during a call, because a phone that locks itself takes the microphone away. Default:
   *  where touch is the main input. */
  wakeLock?: boolean;
  timeouts?: RealtimeTimeouts;
  /** The configuration of `RTCPeerConnection`, or a function that is called for each attempt, before the token is
   *  fetched, for short-lived TURN credentials; it has `timeouts.token`. OpenAI needs no ICE server. */
  rtc?: RTCConfiguration | ((context: { signal: AbortSignal }) => RTCConfiguration | Promise<RTCConfiguration>);
  /** The options of the client's ConnectionMonitor. */
  monitor?: MonitorOptions;
}

/** Functions that the model may call; a result that is no text is sent as JSON. */
export type Tools = Record<string, (members: any) => unknown>;

/**
 * Who speaks in a call.
 *
 * | activity | meaning |
 * |---|---|
 * | `idle` | the call is not connected |
 * | `listening` | nobody speaks |
 * | `hearing` | the user speaks |
 * | `thinking` | a response is under way but not heard, or a function of `tools` runs |
 * | `speaking` | the assistant is heard |
 */
export type Activity = "idle" | "listening" | "hearing" | "thinking" | "speaking";

/** What OpenAI reports as used in a call, summed over its sessions, under OpenAI's names. */
export interface CallUsage {
  /** The tokens of all responses; in live sessions those of the backend model. */
  readonly responses?: TokenUsage;
  /** The transcription of what the user said: tokens, or seconds, as the model is billed. */
  readonly transcription?: TokenUsage & { readonly seconds?: number };
  /** The seconds of live sessions. */
  readonly live?: { readonly seconds?: number; readonly active_seconds?: number; readonly paused_seconds?: number };
}

export interface TokenUsage {
  readonly total_tokens?: number;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly input_token_details?: {
    readonly text_tokens?: number; readonly audio_tokens?: number; readonly image_tokens?: number;
    readonly cached_tokens?: number; readonly [name: string]: unknown;
  };
  readonly output_token_details?: {
    readonly text_tokens?: number; readonly audio_tokens?: number; readonly [name: string]: unknown;
  };
}

/** How much of a conversation is restored at most: the newest items. */
export interface RestoreOptions {
  items?: number;
  characters?: number;
}

/** Time limits in milliseconds. The permission prompt for the microphone has no limit. */
export interface RealtimeTimeouts {
  /** The limit for the token. Default 10000. */
  token?: number;
  /** The limit for the SDP answer. Default 10000, with `call` 15000. */
  call?: number;
  /** The limit from the SDP answer to the open data channel. Default 10000. */
  open?: number;
  /** How long `unstable` may last. Default 5000. */
  grace?: number;
}

/** The transcript of one conversation item, as far as it is known. */
export interface Transcript {
  readonly itemId: string;
  readonly role: "user" | "assistant" | "system";
  /** The text; empty until speech is transcribed. */
  readonly text: string;
  /** True if no more text will come: it is complete, or its connection has ended. Speech in a session that does not
   *  transcribe the user is final without text. */
  readonly final: boolean;
  /** True if it was cut short, by the user or by a lost connection; the text may contain more than was heard. */
  readonly interrupted: boolean;
  /** True if the transcription failed; the text is what had arrived by then. */
  readonly failed: boolean;
  /** True in the event `transcript` for an item that was deleted: `transcripts` does not have it any more. */
  readonly deleted?: true;
}

export interface DeviceList {
  readonly microphones: readonly MediaDeviceInfo[];
  /** Empty where the browser cannot choose an output. */
  readonly outputs: readonly MediaDeviceInfo[];
  /** The microphone in use or to be used; undefined for the browser's default, and for a stream of the page. */
  readonly microphoneId: string | undefined;
  readonly outputId: string | undefined;
}

/** Loudness between 0 (silence) and 1 (full scale), as root mean square of the last 40 ms or so. */
export interface Levels {
  /** The level of the sent audio; 0 while muted. */
  readonly input: number;
  /** The level of the audio that is heard, after `volume` is applied. */
  readonly output: number;
}

/** An event of a RealtimeClient or ConnectionMonitor; `detail` has its data. */
export class RealtimeEvent<Type extends string = string, Detail = unknown> extends Event {
  constructor(type: Type, detail: Detail);
  readonly type: Type;
  readonly detail: Detail;
}

/** Every event of a RealtimeClient, with the type of its `detail`. Server events come under their own names, too. */
export type RealtimeEvents = {
  /** The state has changed. `reason` is present if it is `closed`. */
  statechange: { state: RealtimeState; previous: RealtimeState; reason?: ClosedReason; error?: RealtimeError };
  /** Something failed: an attempt (which may be retried: see `retry`), a device, an event of type `error`. */
  error: RealtimeError;
  /** Another attempt (the first is number 1) follows in `delay` milliseconds; if `offline` is true, not before the
   *  browser is online again. */
  retry: { attempt: number; delay: number; offline: boolean; error: RealtimeError };
  /** Any server event, before the same event under its own name, `error` included; legacy names are already translated.
   *  Events that are newer than this file are emitted here and under their own names, too, without a type. For logs. */
  serverevent: ServerEvent | LiveServerEvent;
  /** Any client event, as it was sent. For logs. */
  clientevent: ClientEvent;
  /** A transcript is new, has changed, has another place in `transcripts`, or was deleted. */
  transcript: Transcript;
  /** Devices were connected or disconnected, or another one is in use. `lost`: the microphone in use was disconnected,
   *  and this one has replaced it. */
  devices: DeviceList & { lost: boolean };
  mute: { muted: boolean };
  /** The system has muted the microphone (`active`), for example for a phone call or by a key of a headset, or no
   *  longer does. The client opens it again when it can. */
  interruption: { active: boolean };
  /** After a reconnect the model was told again: so many items; `omitted` are older ones that were left out. `updated`:
   *  the changes of the session, too. */
  restored: { items: number; omitted: number; updated: boolean };
  volume: { volume: number };
  /** Who speaks has changed. */
  activity: { activity: Activity; previous: Activity };
  /** OpenAI has reported what was used: the new value of `usage`. */
  usage: CallUsage;
  /** With `call`: the call was created, or its lease renewed. `secondsLeft` are those until the service ends the call,
   *  `leaseSeconds` those until it does so without another renewal, or 0. */
  lease: { secondsLeft: number; leaseSeconds: number };
  /** `blocked`: the browser does not play audio without a click; call `startAudio()` in one. */
  playback: { blocked: boolean };
  /** The connection's quality has changed. */
  quality: QualityChange;
  /** A new measurement of the connection. */
  stats: ConnectionStats;
} & { [Type in Exclude<ServerEvent["type"], "error">]: Extract<ServerEvent, { type: Type }> }
  & { [Type in Exclude<LiveServerEvent["type"], "info">]: Extract<LiveServerEvent, { type: Type }> };

/**
 * A voice call with a realtime or live model. It opens the microphone, gets a token or has the service create the call,
 * connects, and reconnects after a lost connection.
 *
 * ```js
 * const client = new RealtimeClient({ token: "/api/realtime/token" });
 * client.on("transcript", ({ role, text }) => console.log(role, text));
 * await client.connect();          // in a click, so that the browser allows audio
 * ```
 */
export class RealtimeClient extends EventTarget {
  /** An option that does not exist is a TypeError, which names the nearest one. */
  constructor(options?: RealtimeOptions);

  readonly state: RealtimeState;
  /** Why the call is `closed`; undefined in any other state. */
  readonly reason: ClosedReason | undefined;
  /** The error of the call, or of the previous attempt; undefined again once connected. */
  readonly error: RealtimeError | undefined;

  /**
   * Connects. Repeated calls return the same promise while the client connects, and a resolved one when connected, so
   * there is never more than one voice call. The promise resolves when the data channel is open, and rejects with a
   * RealtimeError if the voice call ends before. Until then, aborting the signal ends the voice call; afterwards the
   * signal has no effect.
   */
  connect(options?: { signal?: AbortSignal }): Promise<void>;
  /** Ends the call at once, in any phase. When it returns, no track, connection or timer is left. */
  disconnect(): void;

  /** Sends any client event; returns its `event_id`, which is generated if it has none. Throws `not_connected` and
   *  `event_too_large`. */
  send(event: ClientEvent): string;
  /** Sends a text message, interrupts a current answer, and requests a new one. Throws `not_connected`. A live session
   *  cannot be interrupted, and must allow text: otherwise it throws `unsupported`. */
  sendText(text: string, options?: { respond?: boolean; interrupt?: boolean }): void;
  /**
   * Ends the user's turn in a session with `turn_detection: null`: commits the audio, and requests an answer unless the
   * session only transcribes. Throws `not_connected`, and `unsupported` in a live session.
   */
  commitAudio(options?: { respond?: boolean }): void;
  /** Sends `session.update`; adds `type` if it is left out. A live session can change only `delegation` and `triggers`,
   *  and must allow it; anything else is `unsupported`. */
  updateSession(session: SessionUpdate): void;
  /** Interrupts the answer: generation stops, and what has been generated is not played. Throws `unsupported` in a live
   *  session, which users interrupt by talking. */
  interrupt(): void;

  readonly muted: boolean;
  /** Sends silence, also after a change of microphone and a reconnect. */
  mute(): void;
  unmute(): void;
  /** The volume of this call, 0 to 1; the device's volume does not change. Assigning anything else is a RangeError. */
  volume: number;

  /** Microphones and outputs. Labels are empty until the user has allowed the microphone once. */
  devices(): Promise<DeviceList>;
  /** Changes the microphone, without renegotiation; undefined for the browser's default, or a stream of the page. On
   *  failure it rejects, and the old microphone stays in use. */
  setMicrophone(source: string | MediaStream | undefined): Promise<void>;
  /** Changes the output; undefined for the browser's default. Rejects with `unsupported` or `device_failed`. */
  setOutput(deviceId: string | undefined): Promise<void>;
  /** True if the browser refuses to play audio without a click. */
  readonly playbackBlocked: boolean;
  /** Starts playback that the browser blocked. Call it in a click. */
  startAudio(): Promise<void>;
  /** The current levels; call it for each frame that you draw. The meters start with the first call of this method, and
   *  end with the voice call. */
  levels(): Levels;

  /** The transcripts of both sides by item, in the order of the conversation. A reconnect keeps them; `connect()` after
   *  the end of a call clears them. */
  readonly transcripts: readonly Transcript[];
  /** Who speaks. In a live session, and in a translation, it follows the pieces of text. */
  readonly activity: Activity;
  /** What OpenAI reports as used in this call, summed. It is kept until the next call is connected. */
  readonly usage: CallUsage;
  /** Measures the connection while there is one. */
  readonly monitor: ConnectionMonitor;
  /** The session of the last `session.created`, `session.started` or `session.updated`; before these, that of the
   *  server's answer. The `type` of a live session is `live`. */
  readonly session: Record<string, unknown> | undefined;
  /** The call's id from `Location` (`rtc_…`), with which a server can hang up; undefined if it cannot be read. With
   *  `call` the service's own id: a secret with which anybody can end the call. */
  readonly callId: string | undefined;
  /** With `call`: when the service ends the call at the latest, as `Date.now()` has it. */
  readonly endsAt: number | undefined;
  /** The current peer connection, for anything that this class does not offer. Each reconnect makes a new one. */
  readonly peerConnection: RTCPeerConnection | undefined;

  /** Calls the listener with the detail of each event; returns a function that removes the listener. */
  on<Type extends keyof RealtimeEvents>(type: Type, listener: (detail: RealtimeEvents[Type]) => void): () => void;
  /** Events of other servers, and events that are newer than this file. */
  on(type: `${string}.${string}`, listener: (event: UntypedEvent) => void): () => void;
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

/** One measurement. Counters are differences from the previous measurement. */
export interface ConnectionStats {
  /** The milliseconds between the two reports. */
  readonly interval: number;
  /** The round-trip time in milliseconds. */
  readonly rtt: number | undefined;
  /** The jitter of the received audio, in milliseconds. */
  readonly jitter: number | undefined;
  /** The share of the packets sent to this browser that were lost, 0 to 1. */
  readonly loss: number | undefined;
  /** The share of the packets sent by this browser that were lost, 0 to 1, as the other side reports it. */
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
  /** The values from which quality is fair. Default `{ rtt: 250, jitter: 30, loss: 0.02 }`. */
  fair?: { rtt: number; jitter: number; loss: number };
  /** The values from which quality is poor. Default `{ rtt: 500, jitter: 60, loss: 0.08 }`. */
  poor?: { rtt: number; jitter: number; loss: number };
}

/** Measures a peer connection by comparing its reports, in the formats of Chromium, Safari and Firefox. */
export class ConnectionMonitor extends EventTarget {
  constructor(options?: MonitorOptions);
  readonly quality: Quality;
  /** The last measurement. */
  readonly stats: ConnectionStats | undefined;
  /** Starts measuring this connection, and stops measuring any other. */
  start(
    connection: Pick<RTCPeerConnection, "getStats"> & Partial<Pick<RTCPeerConnection, "connectionState">>,
  ): void;
  /** Stops measuring; quality becomes `unknown`. */
  stop(): void;
  /** Reads a report now. */
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
  | (ClientEventBase & { type: "response.cancel"; response_id?: string })
  | LiveClientEvent;

/** The client events of a live session besides `session.update` and `response.create`. */
export type LiveClientEvent =
  | (ClientEventBase & { type: "session.close" | "session.input_audio.mute" | "session.input_audio.unmute" })
  | (ClientEventBase & {
    type: "session.instructions.append" | "session.thinking.append" | "session.commentary.append";
    content: string; delegation_id: string | null;
  })
  | (ClientEventBase & { type: "response.item.create"; item: ConversationItem })
  | ({ event_id: string } & {
    type: "decision.create" | "decision.item.create" | "decision.item.delete"; [member: string]: unknown;
  });

export interface SessionUpdateEvent extends ClientEventBase { type: "session.update"; session: SessionUpdate }

/** The members of a session to change; see OpenAI's reference. */
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
  /** The id that connects a function call with its output. */
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
  /** The `event_id` of the client event that caused it. */
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

/** A server event that has no type here. */
export interface UntypedEvent { type: string; event_id?: string; [member: string]: unknown }

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

type Timed = { start_ms?: number; end_ms?: number };
type Usage = { usage?: { seconds?: number; active_seconds?: number; paused_seconds?: number } };

/** The server events of a live session besides `error` and `session.updated`. */
export type LiveServerEvent =
  | Server<"session.started", Session>
  | Server<"session.paused">
  | Server<"session.resumed">
  | Server<"session.input_audio.muted">
  | Server<"session.input_audio.unmuted">
  | Server<"session.input_transcript.delta", Timed & { delta: string }>
  | Server<"session.output_transcript.delta", Timed & { delta: string }>
  | Server<"session.delegation.created", {
    delegation: { id: string; type: string; target?: unknown; response_id?: string }; offset_ms?: number;
  }>
  | Server<"response.event", { event: { type: string; [member: string]: unknown }; delegation_id?: string | null }>
  | Server<"session.instructions.appended", Timed>
  | Server<"session.thinking.appended", Timed>
  | Server<"session.commentary.appended", Timed>
  | Server<"session.usage.updated", Usage & { context_window?: { usage_ratio?: number } }>
  | Server<"session.closed", Usage & { reason: string; session?: Record<string, unknown> }>
  | Server<"decision.event", { event: Record<string, unknown>; delegation_id?: string | null; trigger_id?: string }>
  | Server<"decision.item.created", { [member: string]: unknown }>
  | Server<"decision.item.deleted", { [member: string]: unknown }>
  | Server<"info", { code?: string; message?: string }>;
