// What a page in TypeScript and React does with the declarations; it is compiled, never run.
import RealtimeChat, {
  RealtimeVoiceChat, useLevels, useRealtime, type RealtimeCall, type RealtimeSnapshot, type RealtimeVoiceChatProps,
} from "../../../Sources/BrowserClient/react.js";

const props: RealtimeVoiceChatProps = { options: { token: "/api/realtime/token", session: "shop" }, title: "Ask us" };

export function Caller({ user }: { user: string }) {
  const call: RealtimeCall = useRealtime({ token: async () => `ek_${user}`, microphone: false });
  const { client, state, reason, error, retry, transcripts, muted, volume, playbackBlocked, quality, devices } = call;
  const snapshot: RealtimeSnapshot = call;
  const { input }: { input: number } = useLevels(client);
  const tokens: number | undefined = call.activity === "speaking" ? call.usage.responses?.total_tokens : undefined;
  const wait: number | undefined = retry?.delay;
  const labels: string[] | undefined = devices?.microphones.map(({ label }) => label);
  const ended: boolean = state === "closed" && reason === "failed" && error?.code === "rate_limited";
  // @ts-expect-error: no such state
  if (state === "open") return null;
  // @ts-expect-error: a snapshot is replaced, never changed
  snapshot.muted = true;
  // @ts-expect-error: there is no such option
  useRealtime({ sesion: "shop" });
  return (
    <main className={quality} hidden={ended || playbackBlocked}>
      <button onClick={() => { client.connect().catch(() => {}); }}>{muted ? volume : wait}</button>
      {labels} {input} {tokens}
      <ol>{transcripts.map(({ itemId, role, text }) => <li key={itemId} className={role}>{text}</li>)}</ol>
      <RealtimeVoiceChat {...props} className="chat" />
      <RealtimeChat />
      {/* @ts-expect-error: the title is words */}
      <RealtimeVoiceChat title={1} />
    </main>
  );
}
