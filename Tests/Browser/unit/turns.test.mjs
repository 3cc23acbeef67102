import assert from "node:assert/strict";
import test from "node:test";
import { browser, NOTHING, settle } from "./browser.mjs";

const created = { type: "session.created", session: { type: "realtime" } };
const event = (type, members) => ({ type, ...members });
const done = (usage, output = []) => event("response.done", { response: { id: "r", status: "completed", output, usage } });

async function call(t, options) {
  const fake = browser(t);
  const client = await fake.connected(options);
  await settle();
  return { fake, client, sent: () => fake.peer.channel.sent };
}

test("the activity says who speaks, from the first word to the last", async (t) => {
  const { fake, client } = await call(t);
  assert.equal(client.activity, "listening");
  const seen = [
    created, event("input_audio_buffer.speech_started"), event("input_audio_buffer.speech_stopped"),
    event("response.created", { response: {} }), event("output_audio_buffer.started"), done(),
    event("input_audio_buffer.speech_started"), event("output_audio_buffer.cleared"), event("input_audio_buffer.committed"),
  ].map((each) => {
    fake.peer.receive(each);
    return client.activity;
  });
  assert.deepEqual(seen, [
    "listening", "hearing", "listening", "thinking", "speaking", "speaking", "hearing", "hearing", "listening",
  ]);
  assert.deepEqual(fake.logged("activity").slice(0, 3), [
    { activity: "listening", previous: "idle" }, { activity: "hearing", previous: "listening" },
    { activity: "listening", previous: "hearing" },
  ]);
});

test("a call that is lost or ended while somebody speaks is idle, and begins again in silence", async (t) => {
  const fake = browser(t);
  const client = fake.client();
  const ends = [];
  client.on("statechange", ({ state }) => { if (state === "closed") ends.push(client.activity); });
  await client.connect();
  await settle();
  fake.peer.receive(event("output_audio_buffer.started"));
  fake.tokenAnswers = [new Response("", { status: 503 })];
  fake.peer.change("failed");
  await settle();
  assert.deepEqual([client.state, client.activity], ["reconnecting", "idle"]);
  await fake.clock.advance(2000);
  assert.deepEqual([client.state, client.activity], ["connected", "listening"]);
  fake.peer.receive(event("input_audio_buffer.speech_started"));
  client.disconnect();
  assert.deepEqual(ends, ["idle"]);
  assert.deepEqual(fake.logged("activity").at(-1), { activity: "idle", previous: "hearing" });
  assert.deepEqual(fake.left(), NOTHING);
});

test("in a session without turns the activity follows the pieces of text, until nothing is said", async (t) => {
  const { fake, client } = await call(t);
  fake.peer.receive(event("session.input_transcript.delta", { delta: "Hello" }));
  assert.equal(client.activity, "hearing");
  await fake.clock.advance(1000);
  fake.peer.receive(event("session.output_transcript.delta", { delta: "Good" }));
  await fake.clock.advance(1000);
  fake.peer.receive(event("session.output_transcript.delta", { delta: " day" }));
  await fake.clock.advance(1000);
  assert.equal(client.activity, "speaking");
  await fake.clock.advance(600);
  assert.equal(client.activity, "listening");
  fake.peer.receive(event("session.output_transcript.delta", { delta: "." }));
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("the assistant thinks while a function of the page runs, and until its answer begins", async (t) => {
  let finish;
  const { fake, client } = await call(t, { tools: { wait: () => new Promise((resolve) => { finish = resolve; }) } });
  const item = { type: "function_call", call_id: "1", name: "wait", arguments: "{}" };
  fake.peer.receive(event("response.created", { response: {} }));
  fake.peer.receive(done(undefined, [item]));
  assert.equal(client.activity, "thinking");
  finish("done");
  await settle();
  assert.equal(client.activity, "thinking");
  fake.peer.receive(event("response.created", { response: {} }));
  fake.peer.receive(done());
  assert.equal(client.activity, "listening");
});

test("the assistant greets first, once in a call, and again in the next one", async (t) => {
  const { fake, client, sent } = await call(t, { greet: true });
  assert.deepEqual(sent().map(({ type, response }) => [type, response]), [["response.create", undefined]]);
  fake.peer.receive(created);
  fake.peer.change("failed");
  await fake.clock.advance(400);
  fake.peer.receive(created);
  await settle();
  assert.deepEqual([fake.Peer.all.length, sent()], [2, []]);
  client.disconnect();
  await client.connect();
  await settle();
  assert.equal(sent().length, 1);
});

test("the greeting follows the page's instructions, and only where somebody can greet", async (t) => {
  const { sent } = await call(t, { greet: "Say hello to Ann." });
  assert.deepEqual(sent()[0].response, { instructions: "Say hello to Ann." });
  const fake = browser(t);
  const session = { type: "transcription" };
  fake.tokenAnswers = [new Response(JSON.stringify({ value: "ek_1", session }))];
  await fake.connected({ greet: true });
  await settle();
  assert.deepEqual([fake.peer.channel.sent, fake.logged("error")], [[], []]);
});

/** A live session that has started, in a call of the service. */
async function live(t, allowed, options) {
  const fake = browser(t);
  fake.call.type = "live";
  const client = fake.client({ call: "/api/realtime/calls", ...options });
  const connecting = client.connect();
  await fake.clock.advance(0);
  const settings = { data_channel: { allowed_client_events: allowed } };
  fake.peer.receive(event("session.started", { session: { client: settings } }));
  await connecting;
  await settle();
  return { fake, client, sent: () => fake.peer.channel.sent };
}

test("a live session is instructed to greet, or the client says that it allows no instructions", async (t) => {
  for (const [allowed, texts, errors] of [
    [["session.instructions.append"], ["Greet the user."], []], [["session.close"], [], ["unsupported"]],
  ]) {
    const { fake, sent } = await live(t, allowed, { greet: true });
    assert.deepEqual(sent().map(({ content }) => content), texts);
    assert.deepEqual(fake.logged("error").map(({ code }) => code), errors);
  }
});

test("the functions of a live session run when its response is complete, and not when it fails", async (t) => {
  const tools = { add: ({ one, other }) => one + other };
  const { fake, client, sent } = await live(t, ["response.item.create", "response.create"], { tools });
  const inner = (type, members) => fake.peer.receive(event("response.event", { event: { type, ...members } }));
  const asks = (call_id, one) => inner("response.output_item.done", {
    item: { type: "function_call", call_id, name: "add", arguments: JSON.stringify({ one, other: 1 }) },
  });
  asks("0", 0);
  inner("response.failed");
  asks("1", 1);
  asks("2", 2);
  await settle();
  assert.deepEqual(sent(), []);
  inner("response.completed", { response: { output: [], usage: { total_tokens: 9 } } });
  await settle();
  assert.deepEqual(sent().map(({ type, item }) => [type, item?.call_id, item?.output]), [
    ["response.item.create", "1", "2"], ["response.item.create", "2", "3"], ["response.create", undefined, undefined],
  ]);
  assert.deepEqual(client.usage, { responses: { total_tokens: 9 } });
});

test("delegations of a live session that go on at once keep their functions apart, and broken ones are dropped", async (t) => {
  const { fake, sent } = await live(t, ["response.item.create", "response.create"], { tools: { double: ({ of }) => 2 * of } });
  const inner = (delegation_id, type, members) =>
    fake.peer.receive(event("response.event", { delegation_id, event: { type, ...members } }));
  const asks = (delegation, of) => inner(delegation, "response.output_item.done", {
    item: { type: "function_call", call_id: String(of), name: "double", arguments: JSON.stringify({ of }) },
  });
  asks("one", 1);
  asks("two", 2);
  inner("one", "response.incomplete");
  asks("three", 3);
  inner("two", "response.completed");
  inner("one", "response.completed");
  inner("three", "response.created");
  inner("three", "response.completed");
  await settle();
  assert.deepEqual(sent().map(({ type, item }) => [type, item?.output]), [["response.item.create", "4"], ["response.create", undefined]]);
});

test("in a live session the assistant thinks while a function runs, whatever is said, and until it answers", async (t) => {
  let finish;
  const tools = { wait: () => new Promise((resolve) => { finish = resolve; }) };
  const { fake, client } = await live(t, ["response.item.create", "response.create"], { tools });
  const item = { type: "function_call", call_id: "1", name: "wait", arguments: "{}" };
  fake.peer.receive(event("response.event", { event: { type: "response.output_item.done", item } }));
  fake.peer.receive(event("response.event", { event: { type: "response.completed" } }));
  fake.peer.receive(event("session.output_transcript.delta", { delta: "One moment." }));
  assert.equal(client.activity, "speaking");
  await fake.clock.advance(1600);
  assert.equal(client.activity, "thinking");
  finish("done");
  await settle();
  assert.equal(client.activity, "thinking");
  fake.peer.receive(event("session.output_transcript.delta", { delta: "It is noon." }));
  await fake.clock.advance(1600);
  assert.equal(client.activity, "listening");
});

test("a live session that does not accept the output of a function is an error of the client", async (t) => {
  const { fake, client } = await live(t, ["session.close"], { tools: { now: () => "noon" } });
  const item = { type: "function_call", call_id: "1", name: "now", arguments: "{}" };
  fake.peer.receive(event("response.event", { event: { type: "response.output_item.done", item } }));
  fake.peer.receive(event("response.event", { event: { type: "response.completed" } }));
  await settle();
  assert.deepEqual(fake.logged("error").map(({ code }) => code), ["unsupported"]);
  assert.equal(client.activity, "listening");
});

test("a result that JSON does not know is an error for the model, not one of the call", async (t) => {
  const { fake, sent } = await call(t, { tools: { count: () => 10n } });
  fake.peer.receive(done(undefined, [{ type: "function_call", call_id: "1", name: "count", arguments: "{}" }]));
  await settle();
  assert.match(sent()[0].item.output, /^{"error":"TypeError: .*BigInt/);
  assert.deepEqual([sent()[1].type, fake.logged("error")], ["response.create", []]);
});

test("what OpenAI reports as used is summed over the sessions of a call, and is empty at the next call", async (t) => {
  const { fake, client } = await call(t);
  const usage = (input) => ({
    total_tokens: input + 5, input_tokens: input, output_tokens: 5, input_token_details: { cached_tokens: input / 2 },
  });
  assert.deepEqual(client.usage, {});
  fake.peer.receive(done(usage(10)));
  fake.peer.receive(done(null));
  fake.peer.change("failed");
  await fake.clock.advance(400);
  fake.peer.receive(done(usage(20)));
  const transcribed = { item_id: "a", content_index: 0, transcript: "Hi", usage: { type: "duration", seconds: 1.5 } };
  fake.peer.receive(event("conversation.item.input_audio_transcription.completed", transcribed));
  const sum = {
    responses: { total_tokens: 40, input_tokens: 30, output_tokens: 10, input_token_details: { cached_tokens: 15 } },
    transcription: { seconds: 1.5 },
  };
  client.disconnect();
  assert.deepEqual(client.usage, sum);
  assert.deepEqual([fake.logged("usage").length, fake.logged("usage").at(-1)], [3, sum]);
  await client.connect();
  await settle();
  assert.deepEqual(client.usage, {});
});

test("the seconds of a live session replace those before, and add up over sessions", async (t) => {
  const { fake, client } = await call(t);
  for (const seconds of [10, 20]) fake.peer.receive(event("session.usage.updated", { usage: { seconds } }));
  fake.peer.receive(event("session.started", { session: {} }));
  fake.peer.receive(event("session.usage.updated", { usage: { seconds: 5 } }));
  fake.peer.receive(event("session.closed", { reason: "expired", usage: { seconds: 7 } }));
  assert.deepEqual(client.usage, { live: { seconds: 27 } });
});
