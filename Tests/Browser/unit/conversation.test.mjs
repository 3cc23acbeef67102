import assert from "node:assert/strict";
import test from "node:test";
import { RealtimeError } from "../../../Sources/BrowserClient/realtime-client.js";
import { browser } from "./browser.mjs";

const SERVER_EVENTS = `error session.created session.updated conversation.created conversation.item.added
  conversation.item.done conversation.item.created conversation.item.retrieved conversation.item.truncated
  conversation.item.deleted conversation.item.input_audio_transcription.delta
  conversation.item.input_audio_transcription.completed conversation.item.input_audio_transcription.segment
  conversation.item.input_audio_transcription.failed input_audio_buffer.committed input_audio_buffer.cleared
  input_audio_buffer.speech_started input_audio_buffer.speech_stopped input_audio_buffer.timeout_triggered
  input_audio_buffer.dtmf_event_received output_audio_buffer.started output_audio_buffer.stopped
  output_audio_buffer.cleared response.created response.done response.output_item.added response.output_item.done
  response.content_part.added response.content_part.done response.output_text.delta response.output_text.done
  response.output_audio.delta response.output_audio.done response.output_audio_transcript.delta
  response.output_audio_transcript.done response.function_call_arguments.delta response.function_call_arguments.done
  response.mcp_call_arguments.delta response.mcp_call_arguments.done response.mcp_call.in_progress
  response.mcp_call.completed response.mcp_call.failed mcp_list_tools.in_progress mcp_list_tools.completed
  mcp_list_tools.failed rate_limits.updated`.split(/\s+/);

const CLIENT_EVENTS = `session.update input_audio_buffer.append input_audio_buffer.commit input_audio_buffer.clear
  output_audio_buffer.clear conversation.item.create conversation.item.retrieve conversation.item.truncate
  conversation.item.delete response.create response.cancel`.split(/\s+/);

const minimal = (type) => ({
  type, event_id: `of ${type}`, item_id: "i1", item: { type: "function_call", id: "f1" }, session: {}, response: {},
  error: { type: "server_error", message: "m" }, delta: "", text: "", transcript: "",
});

test("all 46 server events arrive under their own names and as serverevent", async (t) => {
  assert.equal(SERVER_EVENTS.length, 46);
  const fake = browser(t);
  const client = await fake.connected();
  const own = [];
  const all = [];
  client.on("serverevent", (event) => all.push(event.type));
  for (const type of SERVER_EVENTS) {
    client.addEventListener(type, ({ detail }) => own.push(type === "error" ? detail.cause.type : detail.type));
  }
  for (const type of SERVER_EVENTS) fake.peer.receive(minimal(type));
  assert.deepEqual(own, SERVER_EVENTS);
  assert.deepEqual(all, SERVER_EVENTS);
});

const legacy = {
  "response.text.delta": "response.output_text.delta",
  "response.text.done": "response.output_text.done",
  "response.audio.delta": "response.output_audio.delta",
  "response.audio.done": "response.output_audio.done",
  "response.audio_transcript.delta": "response.output_audio_transcript.delta",
  "response.audio_transcript.done": "response.output_audio_transcript.done",
};
for (const [old, type] of Object.entries(legacy)) {
  test(`${old} arrives as ${type}`, async (t) => {
    const fake = browser(t);
    const client = await fake.connected();
    const seen = [];
    client.on(type, (event) => seen.push(event.type));
    client.on(old, () => seen.push(old));
    fake.peer.receive(minimal(old));
    assert.deepEqual(seen, [type]);
  });
}

test("conversation.item.created of a server without the newer name arrives as .added, too", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const seen = [];
  client.on("serverevent", ({ type }) => seen.push(type));
  fake.peer.receive(minimal("conversation.item.created"));
  fake.peer.receive(minimal("conversation.item.added"));
  fake.peer.receive(minimal("conversation.item.created"));
  assert.deepEqual(seen, [
    "conversation.item.created", "conversation.item.added", "conversation.item.added", "conversation.item.created",
  ]);
});

test("an unknown event arrives under its name; one without a name, or with a name of the client's, does not", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const seen = [];
  client.on("response.brand_new", () => seen.push("new"));
  client.on("statechange", () => seen.push("statechange"));
  for (const event of [{ type: "response.brand_new" }, { type: "statechange" }, { no: "type" }, "not JSON", "7"]) {
    fake.peer.receive(event);
  }
  assert.deepEqual(seen, ["new"]);
  assert.equal(client.state, "connected");
});

test("an error event is a RealtimeError, and the call goes on", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.peer.receive({ type: "error", error: { type: "invalid_request_error", code: "unknown_parameter", message: "No." } });
  const [error] = fake.logged("error");
  assert.deepEqual([error.code, error.serverCode, error.message], ["session_error", "unknown_parameter", "No."]);
  assert.deepEqual([client.state, client.error], ["connected", undefined]);
});

test("all 11 client events are sent as they are, with an id", async (t) => {
  assert.equal(CLIENT_EVENTS.length, 11);
  const fake = browser(t);
  const client = await fake.connected();
  const logged = [];
  client.on("clientevent", (event) => logged.push(event));
  const ids = CLIENT_EVENTS.map((type) => client.send({ type }));
  assert.deepEqual(fake.peer.channel.sent, CLIENT_EVENTS.map((type, index) => ({ type, event_id: ids[index] })));
  assert.deepEqual(logged, fake.peer.channel.sent);
  assert.equal(new Set(ids).size, 11);
  assert.equal(client.send({ type: "response.create", event_id: "mine" }), "mine");
});

test("nothing can be sent without a connection", async (t) => {
  const fake = browser(t);
  const client = fake.client();
  const attempts = [
    () => client.send({ type: "response.create" }), () => client.sendText("hello"), () => client.commitAudio(),
  ];
  for (const attempt of attempts) {
    assert.throws(attempt, { code: "not_connected" });
  }
  client.interrupt();
});

const types = (fake) => fake.peer.channel.sent.map(({ type }) => type);

test("a text is an item and a request for an answer, unless the page wants none", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  client.sendText("Hello");
  client.sendText("By the way", { respond: false });
  assert.deepEqual(types(fake), ["conversation.item.create", "response.create", "conversation.item.create"]);
  assert.deepEqual(fake.peer.channel.sent[0].item, {
    type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }],
  });
});

test("without turn detection the page ends a turn: the audio is committed and an answer requested", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  client.commitAudio();
  client.commitAudio({ respond: false });
  assert.deepEqual(types(fake), ["input_audio_buffer.commit", "response.create", "input_audio_buffer.commit"]);
});

test("a text cuts an answer short, and interrupt() sends only what the server would accept", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  client.interrupt();
  fake.peer.receive({ type: "response.created", response: { id: "r" } });
  fake.peer.receive({ type: "output_audio_buffer.started", response_id: "r" });
  client.sendText("Stop");
  client.interrupt();
  assert.deepEqual(types(fake), [
    "response.cancel", "output_audio_buffer.clear", "conversation.item.create", "response.create",
  ]);
  fake.peer.receive({ type: "output_audio_buffer.started", response_id: "r" });
  fake.peer.receive({ type: "response.done", response: { id: "r" } });
  client.interrupt();
  assert.deepEqual(types(fake).slice(4), ["output_audio_buffer.clear"]);
});

for (const [session, sent] of [
  [{ type: "realtime" }, { type: "realtime", instructions: "Be brief." }],
  [{ type: "transcription" }, { type: "transcription", instructions: "Be brief." }],
  [{ type: "translation" }, { instructions: "Be brief." }],
  [undefined, { type: "realtime", instructions: "Be brief." }],
]) {
  test(`session.update in ${session?.type ?? "an unknown"} session has its type`, async (t) => {
    const fake = browser(t);
    const client = await fake.connected({ token: () => ({ value: "ek_1", session }) });
    client.updateSession({ instructions: "Be brief." });
    assert.deepEqual(fake.peer.channel.sent[0].session, sent);
  });
}

test("the session is the one that the server sent last", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  assert.equal(client.session.model, "gpt-realtime-2.1");
  fake.peer.receive({ type: "session.created", session: { id: "sess_1", type: "realtime" } });
  assert.equal(client.session.id, "sess_1");
});

test("an event that the data channel cannot send is an error with the limit", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.peer.sctp = { maxMessageSize: 1_000 };
  const text = (length) => () => client.send({
    type: "conversation.item.create",
    item: { id: "i", type: "message", role: "user", content: [{ text: "ä".repeat(length) }] },
  });
  text(400)();
  for (const length of [500, 1_000]) assert.throws(text(length), { code: "event_too_large", message: /exceeds 1000 bytes/ });
  assert.equal(fake.peer.channel.sent.length, 1);
});

test("on() returns the function that removes the listener", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const seen = [];
  const end = client.on("session.created", () => seen.push(1));
  fake.peer.receive(minimal("session.created"));
  end();
  fake.peer.receive(minimal("session.created"));
  assert.equal(seen.length, 1);
});
