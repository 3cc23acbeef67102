import assert from "node:assert/strict";
import test from "node:test";
import { browser, settle } from "./browser.mjs";

const shown = (client) => client.transcripts.map(({ role, text, final }) => `${role}${final ? "" : "…"}: ${text}`);

test("both sides are transcribed by item, in the conversation's order", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const events = [
    { type: "conversation.item.added", item: { id: "u", type: "message", role: "user", content: [{ type: "input_audio", transcript: null }] } },
    { type: "conversation.item.added", previous_item_id: "u", item: { id: "a", type: "message", role: "assistant", status: "in_progress", content: [] } },
    { type: "response.output_audio_transcript.delta", item_id: "a", content_index: 0, delta: "Good " },
    { type: "conversation.item.input_audio_transcription.delta", item_id: "u", content_index: 0, delta: "Hel" },
    { type: "response.output_audio_transcript.delta", item_id: "a", content_index: 0, delta: "day" },
  ];
  for (const event of events) fake.peer.receive(event);
  assert.deepEqual(shown(client), ["user…: Hel", "assistant…: Good day"]);
  const before = client.transcripts;
  fake.peer.receive({ type: "conversation.item.input_audio_transcription.completed", item_id: "u", content_index: 0, transcript: "Hello." });
  fake.peer.receive({ type: "response.output_audio_transcript.done", item_id: "a", content_index: 0, transcript: "Good day." });
  fake.peer.receive({ type: "response.output_item.done", item: { id: "a", type: "message", role: "assistant", status: "completed", content: [{ type: "output_audio", transcript: "Good day." }] } });
  fake.peer.receive({ type: "response.done", response: { status: "completed" } });
  assert.deepEqual(shown(client), ["user: Hello.", "assistant: Good day."]);
  assert.notEqual(client.transcripts, before);
  assert.deepEqual(fake.logged("transcript").at(-1), client.transcripts[1]);
});

test("what the user said has its place, even when it is announced late", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const say = (id, role, text, previous_item_id) => fake.peer.receive({
    type: "conversation.item.added", previous_item_id, item: { id, type: "message", role, content: [{ text }] },
  });
  say("1", "user", "one", null);
  say("3", "assistant", "three", "1");
  say("2", "user", "two", "1");
  assert.deepEqual(client.transcripts.map(({ text }) => text), ["one", "two", "three"]);
});

test("text turns, several parts, and legacy names are transcribed, too", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.peer.receive({ type: "conversation.item.created", item: { id: "u", type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] } });
  fake.peer.receive({ type: "response.text.delta", item_id: "a", content_index: 0, delta: "Hel" });
  fake.peer.receive({ type: "response.text.done", item_id: "a", content_index: 0, text: "Hello " });
  fake.peer.receive({ type: "response.audio_transcript.delta", item_id: "a", content_index: 1, delta: "there" });
  assert.deepEqual(shown(client), ["user: Hi", "assistant…: Hello there"]);
  fake.peer.receive({ type: "response.done", response: { status: "completed" } });
  assert.deepEqual(shown(client), ["user: Hi", "assistant: Hello there"]);
});

test("an answer that is cut short, and speech that could not be transcribed, say so", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const delta = (item_id) => fake.peer.receive({ type: "response.output_audio_transcript.delta", item_id, content_index: 0, delta: "x" });
  delta("a");
  fake.peer.receive({ type: "conversation.item.truncated", item_id: "a", content_index: 0, audio_end_ms: 5 });
  delta("b");
  fake.peer.receive({ type: "response.done", response: { status: "cancelled" } });
  fake.peer.receive({ type: "conversation.item.input_audio_transcription.failed", item_id: "c", content_index: 0, error: {} });
  assert.deepEqual(client.transcripts.map(({ final, interrupted, failed }) => [final, interrupted, failed]), [
    [true, true, false], [true, true, false], [true, false, true],
  ]);
});

test("transcripts outlive a reconnect, and end with the next call", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.peer.receive({ type: "response.output_text.delta", item_id: "a", content_index: 0, delta: "one" });
  fake.peer.change("failed");
  await fake.clock.advance(0);
  fake.peer.receive({ type: "response.output_text.delta", item_id: "b", content_index: 0, delta: "two" });
  assert.equal(client.transcripts.length, 2);
  client.disconnect();
  assert.equal(client.transcripts.length, 2);
  await client.connect();
  await settle();
  assert.equal(client.transcripts.length, 0);
});

const message = (id, role = "user", content = [{ text: id }]) => ({ id, type: "message", role, content });

/** A random number generator that repeats, below `bound` (a linear congruence, Numerical Recipes). */
function generator(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

test("transcripts follow the chain of the items, in whatever order these are announced: 5,000 schedules", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  for (let seed = 1; seed <= 5_000; seed++) {
    const random = generator(seed);
    const chain = Array.from({ length: 2 + random(7) }, (_, index) => ({ id: `${index}`, isCall: random(4) === 0 }));
    const events = chain.flatMap(({ id, isCall }, index) => {
      const previous_item_id = chain[index - 1]?.id ?? null;
      const item = isCall ? { id, type: "function_call" } : message(id);
      const announced = ["added", "done"].map((step) => ({ type: `conversation.item.${step}`, item, previous_item_id }));
      return isCall ? announced : [...announced, { type: "input_audio_buffer.committed", item_id: id, previous_item_id }];
    });
    for (let last = events.length - 1; last > 0; last--) {
      const other = random(last + 1);
      [events[last], events[other]] = [events[other], events[last]];
    }
    for (const event of events) fake.peer.receive(event);
    const expected = chain.filter(({ isCall }) => !isCall).map(({ id }) => id);
    assert.deepEqual(client.transcripts.map(({ itemId }) => itemId), expected, `seed ${seed}`);
    client.disconnect();
    await client.connect();
  }
});

test("the first item of a conversation is first, even when it is announced last", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const added = (item, previous_item_id) => fake.peer.receive({ type: "conversation.item.added", item, previous_item_id });
  added(message("2"), "1");
  added({ id: "1", type: "function_call" }, "0");
  added(message("3"), "2");
  added(message("0"), null);
  assert.deepEqual(client.transcripts.map(({ itemId }) => itemId), ["0", "2", "3"]);
});

test("an item that is deleted leaves the transcripts, and those after it keep their places", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const added = (id, previous_item_id) =>
    fake.peer.receive({ type: "conversation.item.added", item: message(id), previous_item_id });
  added("0", null);
  added("1", "0");
  added("3", "2");
  fake.peer.receive({ type: "conversation.item.deleted", item_id: "1" });
  fake.peer.receive({ type: "conversation.item.deleted", item_id: "unknown" });
  assert.deepEqual([fake.logged("transcript").at(-1).itemId, fake.logged("transcript").at(-1).deleted], ["1", true]);
  added("2", "1");
  assert.deepEqual(client.transcripts.map(({ itemId }) => itemId), ["0", "2", "3"]);
});

test("a lost connection and the end of a call settle what is open", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const speak = (id) => {
    fake.peer.receive({ type: "conversation.item.input_audio_transcription.delta", item_id: `u${id}`, delta: "Hel" });
    fake.peer.receive({ type: "response.output_audio_transcript.delta", item_id: `a${id}`, delta: "Good" });
  };
  const states = () => client.transcripts.map(({ itemId, final, interrupted }) => [itemId, final, interrupted]);
  speak(1);
  fake.peer.change("failed");
  await fake.clock.advance(0);
  assert.deepEqual(states(), [["u1", true, false], ["a1", true, true]]);
  speak(2);
  // A first item has no predecessor; those of the connection before stay before it.
  fake.peer.receive({ type: "conversation.item.added", previous_item_id: null, item: message("u2") });
  client.disconnect();
  assert.deepEqual(states(), [["u1", true, false], ["a1", true, true], ["u2", true, false], ["a2", true, true]]);
});

test("speech in a session that does not transcribe the user is final once its item is done", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const item = message("u", "user", [{ type: "input_audio", transcript: null }]);
  const done = (id) => fake.peer.receive({ type: "conversation.item.done", item: { ...item, id } });
  done("1");
  fake.peer.receive({ type: "session.created", session: { type: "realtime", audio: { input: { transcription: null } } } });
  fake.peer.receive({ type: "conversation.item.added", item: { ...item, id: "2" } });
  assert.deepEqual(client.transcripts.map(({ final }) => final), [false, false]);
  done("2");
  fake.peer.receive({ type: "session.updated", session: { type: "realtime", audio: { input: { transcription: {} } } } });
  done("3");
  assert.deepEqual(client.transcripts.map(({ final }) => final), [false, true, false]);
});
