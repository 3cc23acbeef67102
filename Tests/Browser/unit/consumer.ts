// What a page in TypeScript does with the declarations; it is compiled, never run.
import {
  backoff, ConnectionMonitor, RealtimeClient, RealtimeError, RealtimeEvent,
  type ClientEvent, type RealtimeOptions, type ServerEvent, type Transcript,
} from "../../../Sources/BrowserClient/realtime-client.js";
import { DeviceCheck, microphonePermission } from "../../../Sources/BrowserClient/device-check.js";
import { parrot } from "../../../Sources/BrowserClient/sandbox-peer.js";
import { TestServer } from "../../../Sources/BrowserClient/test-server.js";

const options: RealtimeOptions = {
  token: async ({ signal }) => (await fetch("/token", { signal })).json(),
  session: "shop",
  overrides: { "audio.output.voice": "cedar" },
  authorization: async () => "Bearer key",
  audio: { channelCount: 1 },
  microphone: false,
  reconnect: ({ attempt, error }) => attempt > 3 || error.status === 500 ? null : (error.retryAfter ?? 1) * 1000,
  timeouts: { open: 5000 },
};
const client = new RealtimeClient(options);

client.addEventListener("statechange", ({ detail }) => {
  const state: "idle" | "requesting-microphone" | "connecting" | "connected" | "unstable" | "reconnecting" | "closed" =
    detail.state;
  if (detail.reason === "hangup") console.log(state, detail.error?.serverCode);
});
client.addEventListener("response.function_call_arguments.done", (event) => JSON.parse(event.detail.arguments));
const end: () => void = client.on("response.output_audio_transcript.delta", ({ item_id, delta }) => item_id + delta);
client.on("error", (error) => { if (error instanceof RealtimeError && error.code === "rate_limited") error.retryAfter; });
client.on("serverevent", (event) => { if (event.type === "rate_limits.updated") event.rate_limits[0]?.remaining; });
client.on("quality", ({ quality, stats }) => quality === "poor" && stats.rtt);
client.on("session.output_transcript.delta", ({ delta, start_ms }) => delta.length + (start_ms ?? 0));
client.on("session.closed", ({ reason, usage }) => `${reason} ${usage?.seconds}`);
client.on("session.of_tomorrow", ({ delta }) => String(delta));
client.on("lease", ({ secondsLeft, leaseSeconds }) => secondsLeft - leaseSeconds);
client.on("error", ({ code, reason }) => { if (code === "call_ended") console.log(reason?.length); });
const called = new RealtimeClient({ call: "/api/realtime/calls", session: "live", dcid: 0 });
new RealtimeClient({ answer: parrot });
new RealtimeClient({
  token: false,
  answer: async ({ offer, signal }) => (await fetch("/offer", { method: "POST", body: offer, signal })).text(),
});
const turn = async ({ signal }: { signal: AbortSignal }) => (await fetch("/turn", { signal })).json();
new RealtimeClient({ greet: "Say hello.", wakeLock: true, rtc: turn });
new RealtimeClient({ microphone: new MediaStream() }).on("activity", ({ activity }) => activity === "speaking");
client.on("usage", ({ responses }) => (responses?.input_token_details?.cached_tokens ?? 0) + 1);
// @ts-expect-error: no such activity
if (client.activity === "singing") client.disconnect();
const left: number | undefined = called.endsAt && called.endsAt - Date.now();
// @ts-expect-error: the client has no such event
client.on("statechanged", () => {});
// @ts-expect-error: an item is missing
client.send({ type: "conversation.item.create" });
// @ts-expect-error: the state is the client's own
client.state = "idle";
// @ts-expect-error: no code that a RealtimeError has
new RealtimeError("oops", "");

const events: ClientEvent[] = [
  { type: "session.update", session: { type: "realtime" } }, { type: "input_audio_buffer.append", audio: "" },
  { type: "input_audio_buffer.commit" }, { type: "input_audio_buffer.clear" }, { type: "output_audio_buffer.clear" },
  { type: "conversation.item.create", item: { type: "function_call_output", call_id: "c", output: "{}" } },
  { type: "conversation.item.retrieve", item_id: "i" },
  { type: "conversation.item.truncate", item_id: "i", content_index: 0, audio_end_ms: 1 },
  { type: "session.input_audio.mute" }, { type: "session.thinking.append", content: "", delegation_id: null },
  { type: "conversation.item.delete", item_id: "i" }, { type: "response.create" }, { type: "response.cancel" },
];
const words = ({ role, text }: Transcript) => `${role}: ${text}`;
const custom: RealtimeEvent<"x", number> = new RealtimeEvent("x", 1);
const monitor = new ConnectionMonitor({ interval: 1000 });

export async function check(): Promise<string | undefined> {
  const check = new DeviceCheck({ audio: { channelCount: 1 } });
  if (await microphonePermission() !== "denied") await check.start();
  await check.playTone();
  check.output = check.hasHeard && check.level() > 0.5 ? "loud" : undefined;
  check.stop();
  return check.microphone?.deviceId;
}

export async function test(): Promise<unknown> {
  const server = new TestServer({ session: { type: "live" } });
  await server.connected();
  server.refuse(429, { retryAfter: 1 });
  const output: string = await server.calls("add", { one: 1 });
  server.restore();
  return JSON.parse(output).sum ?? server.sent[0]?.type;
}

export async function talk(signal: AbortSignal, connection: RTCPeerConnection, event: ServerEvent): Promise<string[]> {
  await client.connect({ signal });
  client.sendText("Hello", { respond: false });
  client.updateSession({ instructions: "Be brief." });
  client.volume = 0.5;
  await client.setMicrophone((await client.devices()).microphones[0]?.deviceId);
  monitor.start(connection);
  const ids: string[] = events.map((event) => client.send(event));
  end();
  client.disconnect();
  backoff({ delays: [0] });
  return [...ids, ...client.transcripts.map(words), custom.type, event.type];
}
