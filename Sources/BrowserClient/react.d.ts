// The public interface of react.js, and the only place where its types are written: the module imports them from here,
// and `tsc --checkJs` holds the two against each other. It needs the types of React (`@types/react`).
import type { ReactElement } from "react";
import type {
  ClosedReason, Quality, RealtimeClient, RealtimeError, RealtimeEvents, RealtimeOptions, RealtimeState, Transcript,
} from "./realtime-client.js";

/** What a component shows of a call. It is replaced, never changed. */
export interface RealtimeSnapshot {
  readonly state: RealtimeState;
  /** Why it is `closed`; undefined in any other state. */
  readonly reason: ClosedReason | undefined;
  /** What the call or the last attempt failed with; undefined again once connected. */
  readonly error: RealtimeError | undefined;
  /** The attempt that is waited for, if one is. */
  readonly retry: RealtimeEvents["retry"] | undefined;
  /** Both sides' words by item, oldest first. */
  readonly transcripts: readonly Transcript[];
  readonly muted: boolean;
  readonly volume: number;
  /** Whether the browser wants a click before it plays: `client.startAudio()`. */
  readonly playbackBlocked: boolean;
  readonly quality: Quality;
  /** Known once the microphone is open. */
  readonly devices: RealtimeEvents["devices"] | undefined;
}

/** What a component has of its call: the client, which is the same for as long as it is mounted, and what it shows. */
export interface RealtimeCall extends RealtimeSnapshot {
  readonly client: RealtimeClient;
}

/**
 * A call that lives as long as the component: unmounting ends it, in any phase. The options of the first render count,
 * but for `token` and `authorization` when they are functions: the latest are called.
 */
export function useRealtime(options?: RealtimeOptions): RealtimeCall;

export interface RealtimeVoiceChatProps {
  /** For the client; those of the first render count, as with `useRealtime`. */
  options?: RealtimeOptions;
  /** The heading. Default "Voice chat". */
  title?: string;
  /** The class of the section around it all. Default "realtime-voice-chat". */
  className?: string;
}

/** A call with buttons, a transcript and a line to type in; plain elements to be styled by their classes. */
export function RealtimeVoiceChat(props: RealtimeVoiceChatProps): ReactElement;

export default RealtimeVoiceChat;
