import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { browser, settle } from "./browser.mjs";

// The client's README has an example that answers function calls; this runs it.
const readme = readFileSync(new URL("../../../Sources/BrowserClient/README.md", import.meta.url), "utf8");
const example = readme.split("### Functions\n")[1].split("```js\n")[1].split("```")[0];

async function withFunctions(t) {
  const fake = browser(t);
  const client = await fake.connected();
  new Function("client", example)(client);
  return { fake, client };
}

const call = (call_id, name, members) => ({
  type: "function_call", id: `item_${call_id}`, status: "completed", call_id, name, arguments: JSON.stringify(members),
});
const done = (...output) => ({ type: "response.done", response: { id: "r", status: "completed", output } });

test("every function call is answered by its id, and then one response is requested", async (t) => {
  const { fake } = await withFunctions(t);
  fake.peer.receive(done(call("c1", "get_time", { zone: "UTC" }), call("c2", "get_time", { zone: "Asia/Tokyo" })));
  await settle();
  const [first, second, last, ...more] = fake.peer.channel.sent;
  assert.deepEqual([first.item.type, first.item.call_id, second.item.call_id], ["function_call_output", "c1", "c2"]);
  assert.match(JSON.parse(first.item.output), /^\d+:\d\d:\d\d/);
  assert.notEqual(first.item.output, second.item.output);
  assert.deepEqual([last.type, more], ["response.create", []]);
});

test("a function that fails or does not exist is answered with its error", async (t) => {
  const { fake } = await withFunctions(t);
  fake.peer.receive(done(call("c1", "get_time", { zone: "Nowhere" }), call("c2", "launch", {})));
  await settle();
  const outputs = fake.peer.channel.sent.slice(0, 2).map(({ item }) => JSON.parse(item.output));
  assert.match(outputs[0].error, /RangeError/);
  assert.match(outputs[1].error, /TypeError/);
});

test("an answer without a function call, or one that was cut short, requests nothing", async (t) => {
  const { fake } = await withFunctions(t);
  fake.peer.receive(done({ type: "message", id: "m", role: "assistant" }));
  const cancelled = done(call("c1", "get_time", { zone: "UTC" }));
  cancelled.response.status = "cancelled";
  fake.peer.receive(cancelled);
  await settle();
  assert.deepEqual(fake.peer.channel.sent, []);
});

test("a function call of one session is not answered in the next one, or after the call", async (t) => {
  const { fake, client } = await withFunctions(t);
  const { peer } = fake;
  peer.receive(done(call("c1", "get_time", { zone: "UTC" })));
  peer.change("failed");
  await settle();
  await fake.clock.advance(1);
  assert.deepEqual([fake.Peer.all.length, client.state], [2, "connected"]);
  assert.deepEqual([peer.channel.sent, fake.peer.channel.sent], [[], []]);
  fake.peer.receive(done(call("c2", "get_time", { zone: "UTC" })));
  client.disconnect();
  await settle();
  assert.deepEqual(fake.peer.channel.sent, []);
});

test("the table of errors has every code, once, and no other", () => {
  const declarations = readFileSync(new URL("../../../Sources/BrowserClient/realtime-client.d.ts", import.meta.url), "utf8");
  const declared = declarations.split("export type RealtimeErrorCode =")[1].split(";")[0].match(/(?<=")\w+/g);
  const rows = readme.split("## Errors\n")[1].split("## States\n")[0].matchAll(/^\| (`.*?`) \|/gm);
  const named = [...rows].slice(1).flatMap(([, cell]) => cell.match(/\w+/g));
  assert.deepEqual(named.sort(), declared.sort());
});

test("the first screen is a page of twelve lines", () => {
  const [before, page] = readme.split("```html\n");
  assert.ok(before.split("\n").length < 6);
  assert.equal(page.split("```")[0].trimEnd().split("\n").length, 12);
});
