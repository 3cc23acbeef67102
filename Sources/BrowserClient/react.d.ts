// The public interface of react.js, and the only place where its types are written: the module imports them from here,
// and `tsc --checkJs` checks one against the other. It needs the types of React (`@types/react`).
import type { ReactElement } from "react";
import type {
  Activity, CallUsage, ClosedReason, Levels, Quality, RealtimeClient, RealtimeError, RealtimeEvents, RealtimeOptions,
  RealtimeState, Transcript,
} from "./realtime-client.js";

/** The state of a call, for a component to render. A change makes a new object. */
export interface RealtimeSnapshot {
  readonly state: RealtimeState;
  /** Why it is `closed`; undefined in any other state. */
  readonly reason: ClosedReason | undefined;
  /** The error of the call or of the last attempt; undefined again once connected. */
  readonly error: RealtimeError | undefined;
  /** The next attempt, while the client waits for it. */
  readonly retry: RealtimeEvents["retry"] | undefined;
  /** The transcripts of both sides by item, oldest first. */
  readonly transcripts: readonly Transcript[];
  readonly muted: boolean;
  readonly volume: number;
  /** True if the browser requires a click before it plays audio: call `client.startAudio()` in one. */
  readonly playbackBlocked: boolean;
  readonly quality: Quality;
  /** The devices; undefined until the microphone is open. */
  readonly devices: RealtimeEvents["devices"] | undefined;
  /** With the option `call`: when the service ends the call at the latest, as `Date.now()` has it. */
  readonly endsAt: number | undefined;
  /** Who speaks. */
  readonly activity: Activity;
  /** What OpenAI reports as used in this call, summed. */
  readonly usage: CallUsage;
}

/** The client, which is the same for as long as the component is mounted, and the state of its call. */
export interface RealtimeCall extends RealtimeSnapshot {
  readonly client: RealtimeClient;
}

/**
 * A call that lives as long as the component: unmounting ends it, in any phase. The options of the first render are
 * used, except that of `token` and `authorization`, if they are functions, the latest is called. Another `session`,
 * `token` or `call` is a warning on the console: give the component another `key`.
 */
export function useRealtime(options?: RealtimeOptions): RealtimeCall;

/**
 * The levels of both sides, for each frame while the call is connected; otherwise 0. Use it in a small component of its
 * own, because it is rendered with each frame.
 */
export function useLevels(client: RealtimeClient): Levels;

export interface RealtimeVoiceChatProps {
  /** The options of the client; those of the first render are used, as with `useRealtime`. */
  options?: RealtimeOptions;
  /** The heading. Default "Voice chat". */
  title?: string;
  /** The class of the enclosing section. Default "realtime-voice-chat". */
  className?: string;
}

/** A call with buttons, a transcript and a text field: plain elements that you style by their classes. */
export function RealtimeVoiceChat(props: RealtimeVoiceChatProps): ReactElement;

export default RealtimeVoiceChat;
