import assert from "node:assert/strict";
import test from "node:test";
import { browser, NOTHING, settle } from "./browser.mjs";

const created = (members) => ({ type: "session.created", session: { type: "realtime", ...members } });
const message = (id, role, text, previous_item_id) => ({
  type: "conversation.item.done", previous_item_id,
  item: { id, type: "message", role, status: "completed", content: [{ text }] },
});

async function talked(t, options) {
  const fake = browser(t);
  const client = await fake.connected(options);
  fake.peer.receive(created());
  fake.peer.receive(message("a", "user", "My name is Ann.", null));
  fake.peer.receive(message("b", "assistant", "Hello Ann.", "a"));
  client.updateSession({ instructions: "Be brief.", audio: { output: { voice: "cedar" } } });
  client.updateSession({ audio: { output: { speed: 1.2 } } });
  return { fake, client };
}

async function reconnected(fake) {
  fake.peer.change("failed");
  await fake.clock.advance(400);
  fake.peer.receive(created());
  await settle();
  return fake.peer.channel.sent;
}

test("after a reconnect the new session is told what was said, and how the session was changed", async (t) => {
  const { fake, client } = await talked(t);
  const sent = await reconnected(fake);
  assert.deepEqual(sent.map(({ type, item, session }) => [type, item?.id, item?.role, item?.content ?? session]), [
    ["conversation.item.create", "a", "user", [{ type: "input_text", text: "My name is Ann." }]],
    ["conversation.item.create", "b", "assistant", [{ type: "output_text", text: "Hello Ann." }]],
    ["session.update", undefined, undefined, {
      type: "realtime", instructions: "Be brief.", audio: { output: { voice: "cedar", speed: 1.2 } },
    }],
  ]);
  assert.deepEqual(fake.logged("restored"), [{ items: 2, omitted: 0, updated: true }]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("what is restored is not shown twice, and is restored again after the next reconnect", async (t) => {
  const { fake, client } = await talked(t);
  await reconnected(fake);
  fake.peer.receive({ ...message("a", "user", "My name is Ann.", null), type: "conversation.item.added" });
  fake.peer.receive({ ...message("b", "assistant", "Hello Ann.", "a"), type: "conversation.item.added" });
  fake.peer.receive(message("c", "user", "And now?", "b"));
  assert.deepEqual(client.transcripts.map(({ itemId }) => itemId), ["a", "b", "c"]);
  const sent = await reconnected(fake);
  assert.deepEqual(sent.map(({ item }) => item?.id), ["a", "b", "c", undefined]);
});

test("the newest items are restored, within bounds", async (t) => {
  const { fake } = await talked(t, { restore: { items: 1 } });
  const sent = await reconnected(fake);
  assert.deepEqual(sent.map(({ item }) => item?.id), ["b", undefined]);
  assert.deepEqual(fake.logged("restored"), [{ items: 1, omitted: 1, updated: true }]);
});

test("nothing is restored if the page does not want it", async (t) => {
  const { fake } = await talked(t, { restore: false });
  assert.deepEqual([await reconnected(fake), fake.logged("restored")], [[], []]);
});

test("a session is replaced in a pause before it ends, without an error, and remembers", async (t) => {
  const { fake, client } = await talked(t);
  fake.peer.receive(created({ expires_at: fake.clock.now / 1000 + 3600 }));
  await fake.clock.advance(3_530_000);
  fake.peer.receive({ type: "response.created", response: {} });
  await fake.clock.advance(20_000);
  assert.equal(fake.Peer.all.length, 1);
  fake.peer.receive({ type: "response.done", response: {} });
  await fake.clock.advance(1500);
  assert.deepEqual([fake.Peer.all.length, client.state], [2, "connected"]);
  assert.deepEqual(fake.logged("error"), []);
  assert.deepEqual(fake.logged("retry").map(({ error, delay }) => [error.code, delay]), [["session_renewed", 0]]);
  fake.peer.receive(created());
  assert.equal(fake.peer.channel.sent.length, 3);
});

test("a session that talks to its end is replaced at the last moment", async (t) => {
  const { fake } = await talked(t);
  fake.peer.receive(created({ expires_at: fake.clock.now / 1000 + 70 }));
  fake.peer.receive({ type: "response.created", response: {} });
  await fake.clock.advance(64_000);
  assert.equal(fake.Peer.all.length, 1);
  await fake.clock.advance(3000);
  assert.equal(fake.Peer.all.length, 2);
});

test("a microphone that the system mutes is an interruption, and is opened again when the page is back", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  await settle();
  const [track] = fake.devices.tracks;
  track.muted = true;
  await fake.clock.advance(1000);
  assert.deepEqual(fake.logged("interruption"), [{ active: true }]);
  fake.document.visibilityState = "hidden";
  await fake.clock.advance(60_000);
  assert.equal(fake.devices.tracks.length, 1);
  fake.document.visibilityState = "visible";
  fake.document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.deepEqual(fake.devices.tracks.map(({ readyState }) => readyState), ["ended", "live"]);
  assert.equal(fake.peer.transceiver.sender.track, fake.devices.tracks[1]);
  await fake.clock.advance(1000);
  assert.deepEqual(fake.logged("interruption"), [{ active: true }, { active: false }]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("an element and an audio context that the system stopped play again, or ask for a click", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  client.levels();
  await settle();
  client.levels();
  const [element] = fake.Element.all;
  const [context] = fake.Context.all;
  Object.assign(context, { resume: async () => { context.state = "running"; } });
  element.paused = true;
  context.state = "interrupted";
  await fake.clock.advance(1000);
  assert.deepEqual([element.paused, context.state], [false, "running"]);
  element.paused = true;
  fake.Element.refuses = true;
  await fake.clock.advance(5000);
  assert.deepEqual([client.playbackBlocked, element.plays], [true, 3]);
});

test("a new default microphone is followed, unless the page has chosen one", async (t) => {
  const fake = browser(t);
  fake.devices.list = [{ kind: "audioinput", deviceId: "default", groupId: "desk", label: "Default" }];
  const client = await fake.connected();
  await settle();
  fake.devices.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.equal(fake.devices.tracks.length, 1);
  fake.devices.list = [{ kind: "audioinput", deviceId: "default", groupId: "head", label: "Default" }];
  fake.devices.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.equal(fake.devices.tracks.length, 2);
  await client.setMicrophone("head");
  fake.devices.list = [{ kind: "audioinput", deviceId: "default", groupId: "desk", label: "Default" }];
  fake.devices.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.equal(fake.devices.tracks.length, 3);
});

test("a microphone that comes back after the last one ended is taken", async (t) => {
  const fake = browser(t);
  await fake.connected();
  await settle();
  fake.devices.answers = [new DOMException("none", "NotFoundError")];
  fake.devices.tracks[0].vanish();
  await settle();
  assert.deepEqual(fake.logged("error").map(({ code }) => code), ["microphone_ended"]);
  fake.devices.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.equal(fake.peer.transceiver.sender.track, fake.devices.tracks[1]);
});

const call = (call_id, name, members) => ({
  type: "function_call", id: `item_${call_id}`, status: "completed", call_id, name, arguments: JSON.stringify(members),
});
const done = (status, ...output) => ({ type: "response.done", response: { id: "r", status, output } });
const begun = { type: "response.created", response: { id: "r" } };

test("the page's functions run, and one response is requested for all results", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ tools: {
    add: async ({ one, other }) => one + other, greet: ({ name }) => `Hello ${name}`, fail: () => { throw new Error("no"); },
  } });
  await settle();
  fake.peer.receive(done("completed", call("1", "add", { one: 1, other: 2 }), call("2", "greet", { name: "Ann" }),
    call("3", "fail", {}), call("4", "toString", {})));
  await settle();
  const [sum, text, failure, unknown, last, ...more] = fake.peer.channel.sent;
  assert.deepEqual([sum.item.call_id, sum.item.output, text.item.output], ["1", "3", "Hello Ann"]);
  assert.match(failure.item.output, /Error: no/);
  assert.match(unknown.item.output, /No function has the name toString/);
  assert.deepEqual([last.type, more], ["response.create", []]);
  fake.peer.receive(done("cancelled", call("5", "add", {})));
  await settle();
  assert.equal(fake.peer.channel.sent.length, 5);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("the response for a function is held back while another one is under way, and dropped with its session", async (t) => {
  const fake = browser(t);
  let finish;
  await fake.connected({ tools: { wait: () => new Promise((resolve) => { finish = resolve; }) } });
  await settle();
  fake.peer.receive(done("completed", call("1", "wait", {})));
  await settle();
  fake.peer.receive(begun);
  finish("done");
  await settle();
  assert.deepEqual(fake.peer.channel.sent.map(({ type }) => type), ["conversation.item.create"]);
  fake.peer.receive(done("completed"));
  assert.deepEqual(fake.peer.channel.sent.map(({ type }) => type), ["conversation.item.create", "response.create"]);
  fake.peer.receive(done("completed", call("2", "wait", {})));
  await settle();
  fake.peer.change("failed");
  await fake.clock.advance(400);
  finish("late");
  await settle();
  assert.deepEqual(fake.peer.channel.sent, []);
});

test("a result that is too large for one event is an error for the model", async (t) => {
  const fake = browser(t);
  await fake.connected({ tools: { read: () => "x".repeat(2000) } });
  await settle();
  fake.peer.sctp = { maxMessageSize: 1000 };
  fake.peer.receive(done("completed", call("1", "read", {})));
  await settle();
  const [result, next] = fake.peer.channel.sent;
  assert.match(JSON.parse(result.item.output).error, /RealtimeError: An event of \d+ characters exceeds 1000 bytes/);
  assert.deepEqual([result.item.call_id, next.type, fake.logged("error")], ["1", "response.create", []]);
});
