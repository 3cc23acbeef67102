import assert from "node:assert/strict";
import test from "node:test";
import { browser, NOTHING, problem, settle } from "./browser.mjs";

// Live sessions, which a service creates: what the client makes of their events, and what they lack.
const LISTS = { data_channel: { allowed_client_events: ["session.close", "session.input_audio.mute"] } };
const started = (session) => ({ type: "session.started", session: { id: "live_1", model: "gpt-live-1", ...session } });
const said = (side, delta, start_ms, end_ms) => ({ type: `session.${side}_transcript.delta`, delta, start_ms, end_ms });

function live(t) {
  const fake = browser(t);
  Object.assign(fake.call, { type: "live", session: "shop", model: "gpt-live-1" });
  return fake;
}

/** A client whose live session has started. */
async function connected(t, session, options) {
  const fake = live(t);
  const client = fake.client({ call: "/api/realtime/calls", ...options });
  const connecting = client.connect();
  await settle();
  fake.peer.receive(started(session));
  await connecting;
  await settle();
  return { fake, client };
}

const lines = (client) => client.transcripts.map(({ role, text, final }) => `${role}${final ? "" : "…"}: ${text}`);

test("it is connected when the session has started, not before", async (t) => {
  const fake = live(t);
  const client = fake.client({ call: "/api/realtime/calls" });
  client.connect().catch(() => {});
  await settle();
  assert.deepEqual([client.state, client.session],
    ["connecting", { name: "shop", type: "live", model: "gpt-live-1" }]);
  assert.throws(() => client.send({ type: "session.close" }), { code: "not_connected" });
  fake.peer.receive({ type: "info", code: "data_channel_permissions" });
  await settle();
  assert.equal(client.state, "connecting");
  fake.peer.receive(started());
  await settle();
  assert.deepEqual([client.state, client.session],
    ["connected", { type: "live", id: "live_1", model: "gpt-live-1" }]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("a session that does not start in 30 s is ended, and the error names the list that may withhold the event", async (t) => {
  const fake = live(t);
  const client = fake.client({ call: "/api/realtime/calls", reconnect: false });
  const failure = assert.rejects(client.connect(), { code: "open_timeout", message: /allowed_server_events/ });
  await fake.clock.advance(29_999);
  assert.equal(client.state, "connecting");
  await fake.clock.advance(1);
  await failure;
  assert.deepEqual([fake.asked("end").length, fake.left()], [1, NOTHING]);
});

test("both sides are written down, in lines that end with a pause", async (t) => {
  const { fake, client } = await connected(t);
  for (const piece of [
    said("input", " What is", 0, 400), said("input", " the time?", 400, 900),
    said("output", "It is", 1500, 1800), said("output", " noon.", 1800, 2200),
    said("output", " Anything else?", 5000, 5600),
  ]) fake.peer.receive(piece);
  assert.deepEqual(lines(client), [
    "user: What is the time?", "assistant: It is noon.", "assistant…: Anything else?",
  ]);
  await fake.clock.advance(1500);
  assert.deepEqual(lines(client).at(-1), "assistant: Anything else?");
  assert.deepEqual(client.transcripts.filter(({ interrupted, failed }) => interrupted || failed), []);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("a new line begins when the speaker changes, but a word in between does not break a sentence", async (t) => {
  const { fake, client } = await connected(t);
  for (const piece of [
    said("output", "I would take", 0, 900), said("input", "Mhm.", 800, 1000), said("output", " the train", 950, 1500),
    said("input", "And the bus?", 1600, 2400), said("output", "That is slower.", 2600, 3400),
  ]) fake.peer.receive(piece);
  assert.deepEqual(lines(client), [
    "assistant: I would take the train", "user: Mhm.", "user…: And the bus?", "assistant…: That is slower.",
  ]);
  client.disconnect();
});

test("without times the line changes with the speaker", async (t) => {
  const { fake, client } = await connected(t);
  for (const [side, delta] of [["input", "Hello"], ["output", "Hello."], ["input", " "], ["input", "Bye"]]) {
    fake.peer.receive({ type: `session.${side}_transcript.delta`, delta });
  }
  assert.deepEqual(lines(client), ["user: Hello", "assistant…: Hello.", "user…: Bye"]);
  client.disconnect();
});

test("a call that ends while somebody speaks settles the line, and leaves no timer", async (t) => {
  const { fake, client } = await connected(t);
  fake.peer.receive(said("output", "It is", 0, 300));
  client.disconnect();
  assert.deepEqual([lines(client), fake.left()], [["assistant: It is"], NOTHING]);
});

test("the lines of a reconnect follow those before", async (t) => {
  const { fake, client } = await connected(t);
  fake.peer.receive(said("output", "One", 0, 300));
  let type;
  fake.callAnswers = [() => { type = client.session.type; }];
  fake.peer.change("failed");
  await fake.clock.advance(0);
  assert.equal(type, "live");
  fake.peer.receive(started());
  fake.peer.receive(said("output", "two", 0, 300));
  await fake.clock.advance(1500);
  assert.deepEqual(client.transcripts.map(({ text, final, interrupted }) => [text, final, interrupted]),
    [["One", true, true], ["two", true, false]]);
  assert.equal(new Set(client.transcripts.map(({ itemId }) => itemId)).size, 2);
  client.disconnect();
});

test("its events arrive under their own names and as serverevent, and errors as errors", async (t) => {
  const { fake, client } = await connected(t);
  const own = [];
  const all = [];
  client.on("serverevent", ({ type }) => all.push(type));
  const types = ["session.updated", "session.paused", "session.resumed", "session.input_audio.muted",
    "session.delegation.created", "response.event", "session.usage.updated", "session.commentary.appended"];
  for (const type of types) client.on(type, (event) => own.push(event.type));
  for (const type of types) fake.peer.receive({ type });
  fake.peer.receive({ type: "error", error: { code: "forbidden", message: "Not allowed." } });
  assert.deepEqual([own, all], [types, [...types, "error"]]);
  assert.deepEqual(fake.logged("error").map(({ code, serverCode }) => [code, serverCode]),
    [["session_error", "forbidden"]]);
  assert.equal(client.state, "connected");
  client.disconnect();
});

test("what a live session lacks, or does not allow, is an error at once, and nothing is sent", async (t) => {
  const { fake, client } = await connected(t, { client: LISTS });
  for (const [work, message] of [
    [() => client.interrupt(), /has no interrupt/],
    [() => client.commitAudio(), /has no input_audio_buffer.commit/],
    [() => client.sendText("Hello"), /allowed_client_events.*session.instructions.append/],
    [() => client.sendText("Hello", { interrupt: true }), /has no interrupt/],
    [() => client.updateSession({ delegation: {} }), /allowed_client_events.*session.update/],
    [() => client.send({ type: "response.cancel" }), /has no response.cancel/],
  ]) assert.throws(work, { code: "unsupported", message });
  assert.deepEqual([fake.peer.channel.sent, client.transcripts], [[], []]);
  client.send({ type: "session.input_audio.mute" });
  assert.equal(fake.peer.channel.sent.length, 1);
  client.mute();
  assert.deepEqual([client.muted, fake.peer.channel.sent.length], [true, 1]);
  client.disconnect();
});

test("only delegation and triggers can change", async (t) => {
  const { fake, client } = await connected(t);
  const delegation = { type: "client" };
  client.updateSession({ delegation });
  assert.deepEqual(fake.peer.channel.sent.map(({ type, session }) => [type, session]),
    [["session.update", { delegation }]]);
  assert.throws(() => client.updateSession({ instructions: "Sing." }), { code: "unsupported", message: /instructions/ });
  client.disconnect();
});

for (const [name, session, respond, events] of [
  ["instructions, which the model acts on", {}, true,
    [{ type: "session.instructions.append", content: "Hello", delegation_id: null }]],
  ["a thought, which it does not speak", {}, false,
    [{ type: "session.thinking.append", content: "Hello", delegation_id: null }]],
  ["an item with a response, if a model does the thinking", { delegation: { type: "responses" } }, true,
    [{ type: "response.item.create", item: {
      type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }],
    } }, { type: "response.create" }]],
]) {
  test(`a text is ${name}, and in the transcripts`, async (t) => {
    const { fake, client } = await connected(t, session);
    client.sendText("Hello", { respond });
    assert.deepEqual(fake.peer.channel.sent.map(({ event_id, ...event }) => event), events);
    assert.deepEqual(lines(client), ["user: Hello"]);
    client.disconnect();
  });
}

for (const [told, answer, error] of [
  ["close_requested", undefined, undefined],
  ["close_requested", "deadline", "deadline"],
  ["expired", undefined, "expired"],
  ["content", "operator", "operator"],
]) {
  test(`session.closed with ${told} ends the call${answer ? `, and the service says ${answer}` : ""}`, async (t) => {
    const { fake, client } = await connected(t);
    if (answer) fake.leaseAnswers = [problem(410, { code: "call_ended", detail: "Over.", reason: answer })];
    const usage = { seconds: 42 };
    let closed;
    client.on("session.closed", (event) => { closed = event; });
    fake.peer.receive({ type: "session.closed", reason: told, usage });
    await settle();
    assert.deepEqual([client.state, client.reason, client.error?.code, client.error?.reason],
      ["closed", "hangup", error && "call_ended", error]);
    if (error && !answer) assert.equal(client.error.cause, closed);
    assert.deepEqual([closed.usage, fake.asked("end").length, fake.left()], [usage, answer ? 0 : 1, NOTHING]);
  });
}
