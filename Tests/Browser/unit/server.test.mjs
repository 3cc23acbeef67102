// The test server that the library gives to its users: it is used here as an application's tests use it, without the
// fake browser of the other tests.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { RealtimeClient } from "../../../Sources/BrowserClient/realtime-client.js";
import { DeviceCheck } from "../../../Sources/BrowserClient/device-check.js";
import { TestServer } from "../../../Sources/BrowserClient/test-server.js";

/** A server and a client that are gone after the test. */
function begin(t, { server: settings, ...options } = {}) {
  const server = new TestServer(settings);
  const client = new RealtimeClient(options);
  client.on("error", () => {});
  t.after(() => {
    client.disconnect();
    server.restore();
  });
  return { server, client };
}

const connect = async (t, options) => {
  const both = begin(t, options);
  both.client.connect().catch(() => {});
  await both.server.connected();
  return both;
};
const lines = ({ transcripts }) => transcripts.map(({ role, text, final }) => [role, text, final]);

test("a conversation has its transcripts, its activity and its usage, without a browser", async (t) => {
  const { server, client } = await connect(t);
  const seen = [];
  client.on("activity", ({ activity }) => seen.push(activity));
  server.hears("What does it cost?");
  server.says("20 euros.");
  assert.deepEqual(lines(client), [["user", "What does it cost?", true], ["assistant", "20 euros.", true]]);
  assert.deepEqual(seen, ["hearing", "listening", "thinking", "speaking", "listening"]);
  assert.equal(client.usage.responses.total_tokens, 2);
  client.sendText("Thanks");
  assert.deepEqual(server.sent.map(({ type }) => type), ["conversation.item.create", "response.create"]);
});

test("a function of the page is called, and its output comes back", async (t) => {
  const { server } = await connect(t, { tools: { get_price: ({ item }) => ({ item, price: 20 }) } });
  assert.deepEqual(JSON.parse(await server.calls("get_price", { item: "lamp" })), { item: "lamp", price: 20 });
  await Promise.resolve();
  assert.equal(server.sent.at(-1).type, "response.create");
});

test("a lost connection is made again, and the session knows what was said", async (t) => {
  const { server, client } = await connect(t);
  server.hears("My name is Ann.");
  server.lose();
  await server.connected();
  assert.deepEqual([server.connections, client.state], [2, "connected"]);
  assert.deepEqual(server.sent.map(({ item }) => item.content[0].text), ["My name is Ann."]);
});

test("the server hangs up, refuses, and refuses the microphone", async (t) => {
  const { server, client } = await connect(t);
  server.hangUp();
  await new Promise((resolve) => client.on("statechange", ({ state }) => { if (state === "closed") resolve(); }));
  assert.equal(client.reason, "hangup");
  server.refuse(403, { code: "origin_not_allowed", detail: "Not you." });
  await assert.rejects(client.connect(), { code: "token_refused", status: 403, serverCode: "origin_not_allowed" });
  server.refuse(429, { retryAfter: 3600 });
  await assert.rejects(client.connect(), { code: "rate_limited", retryAfter: 3600 });
  server.refuseMicrophone();
  await assert.rejects(client.connect(), { code: "microphone_denied" });
  assert.throws(() => server.says("Hello?"), /No call is connected/);
});

test("a call of the service, and a live one, work the same", async (t) => {
  const { server, client } = await connect(t, { call: "/api/realtime/calls", server: { session: { type: "live" } } });
  server.hears("Hello?");
  server.says("Good day.");
  assert.deepEqual(lines(client), [["user", "Hello?", false], ["assistant", "Good day.", false]]);
  assert.equal(client.callId, "call_test");
});

test("a device check works as with a browser", async (t) => {
  begin(t);
  const check = new DeviceCheck();
  await check.start();
  assert.deepEqual([check.microphone.label, check.level()], ["Test microphone", 0]);
  await check.playTone();
  check.stop();
});

test("what is not the server's goes its way, and everything is there again afterwards", async (t) => {
  const before = Object.getOwnPropertyNames(globalThis).sort();
  const { fetch } = globalThis;
  globalThis.fetch = async () => new Response("the page's own");
  t.after(() => { globalThis.fetch = fetch; });
  const { server, client } = begin(t, { token: "/my/token", server: { token: "/my/token" } });
  assert.equal(await (await globalThis.fetch("/elsewhere")).text(), "the page's own");
  await client.connect();
  client.disconnect();
  server.restore();
  assert.equal(await (await globalThis.fetch("/my/token")).text(), "the page's own");
  assert.deepEqual(Object.getOwnPropertyNames(globalThis).sort(), before);
});

test("the README's unit test works", async (t) => {
  const readme = readFileSync(new URL("../../../Sources/BrowserClient/README.md", import.meta.url), "utf8");
  const [, example] = readme.split('import { TestServer } from "ephemerald-client/test-server";\n');
  const AsyncFunction = (async () => {}).constructor;
  const body = new AsyncFunction("TestServer", "startCall", "assert", example.split("```")[0]);
  const texts = [];
  let client;
  await body(TestServer, () => {
    client = new RealtimeClient({ tools: { get_price: ({ item }) => `${item.length * 5} euros` } });
    client.on("transcript", ({ text }) => texts.push(text));
    client.connect().then(() => t.after(() => client.disconnect()));
  }, assert);
  assert.deepEqual([texts.at(-1), globalThis.RTCPeerConnection], ["It costs 20 euros.", undefined]);
});
