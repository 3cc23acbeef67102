import assert from "node:assert/strict";
import test from "node:test";
import { browser } from "./browser.mjs";

// Sessions that are not conversations: the parts of the client that are useful in them.
const CALLS = "https://api.openai.com/v1/realtime/translations/calls";
const token = (type, more) => ({ token: () => ({ value: "ek_1", session: { type }, ...more }) });

test("a transcription session's text is the user's, in transcripts", async (t) => {
  const fake = browser(t);
  const client = await fake.connected(token("transcription"));
  const place = { item_id: "a", content_index: 0 };
  fake.peer.receive({ type: "session.created", session: { id: "sess_1", type: "transcription" } });
  fake.peer.receive({ type: "input_audio_buffer.committed", item_id: "a", previous_item_id: null });
  fake.peer.receive({ type: "conversation.item.input_audio_transcription.delta", ...place, delta: "Good" });
  assert.deepEqual(client.transcripts.map(({ role, text, final }) => [role, text, final]), [["user", "Good", false]]);
  fake.peer.receive({ type: "conversation.item.input_audio_transcription.completed", ...place, transcript: "Good day" });
  assert.deepEqual(client.transcripts.map(({ role, text, final }) => [role, text, final]), [["user", "Good day", true]]);
  client.interrupt();
  assert.deepEqual(fake.peer.channel.sent, []);
  client.commitAudio();
  assert.deepEqual(fake.peer.channel.sent.map(({ type }) => type), ["input_audio_buffer.commit"]);
  client.updateSession({ audio: {} });
  assert.deepEqual(fake.peer.channel.sent[1].session, { type: "transcription", audio: {} });
});

test("a translation session's offer goes where the token's answer says, and its sound is played", async (t) => {
  const fake = browser(t);
  await fake.connected(token("translation", { calls_url: CALLS }));
  assert.deepEqual(fake.requests.map(({ url }) => url), [CALLS]);
  assert.ok(fake.Element.all[0].srcObject);
});

test("a translation session's text arrives as events and is in no transcript", async (t) => {
  const fake = browser(t);
  const client = await fake.connected(token("translation", { calls_url: CALLS }));
  const own = [];
  const all = [];
  client.on("serverevent", ({ type }) => all.push(type));
  const words = ["session.input_transcript.delta", "session.output_transcript.delta"];
  for (const type of words) client.on(type, ({ delta }) => own.push(delta));
  for (const type of words) fake.peer.receive({ type, delta: `of ${type}` });
  assert.deepEqual([own, all], [words.map((type) => `of ${type}`), words]);
  assert.deepEqual(client.transcripts, []);
  client.interrupt();
  assert.deepEqual(fake.peer.channel.sent, []);
});
