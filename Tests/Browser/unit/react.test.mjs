import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { browser, gate, NOTHING, settle } from "./browser.mjs";

// React is the machine's, so it is bundled for the test and never committed.
const folder = mkdtempSync(join(tmpdir(), "react-"));
const bundle = join(folder, "bundle.cjs");
const entry = `
  export { createElement, StrictMode, useEffect } from "react";
  export { act, create } from "react-test-renderer";
  export { RealtimeVoiceChat, useLevels, useRealtime } from "./react.js";`;
const { status, stderr } = spawnSync("esbuild", ["--bundle", "--format=cjs", `--outfile=${bundle}`], {
  cwd: fileURLToPath(new URL("../../../Sources/BrowserClient/", import.meta.url)),
  env: { ...process.env, NODE_PATH: "/usr/share/nodejs:/usr/lib/nodejs" }, input: entry, encoding: "utf8",
});
assert.equal(status, 0, stderr);
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
// React's act() opens channels and never closes them, which would keep the process from ending.
const channels = [];
globalThis.MessageChannel = class extends MessageChannel {
  constructor() {
    super();
    channels.push(this);
  }
};
const { default: { act, create, createElement, RealtimeVoiceChat, StrictMode, useEffect, useLevels, useRealtime } } =
  await import(pathToFileURL(bundle));
test.after(() => {
  for (const { port1 } of channels) port1.close();
  rmSync(folder, { recursive: true });
});

const strict = (element) => createElement(StrictMode, null, element);
async function mount(element) {
  let root;
  await act(async () => { root = create(strict(element), { unstable_isConcurrent: true }); });
  return root;
}
const button = (root, label) => root.root.findAll(({ type, children }) => type === "button" && children[0] === label)[0];
const click = (root, label) => act(async () => {
  button(root, label).props.onClick();
  await settle();
  await settle();
});

test("mounting twice, as StrictMode does, starts nothing", async (t) => {
  const fake = browser(t);
  const root = await mount(createElement(RealtimeVoiceChat));
  assert.deepEqual([fake.devices.asked.length, fake.requests.length], [0, 0]);
  await act(async () => root.unmount());
  assert.deepEqual(fake.left(), NOTHING);
});

test("a click connects and another disconnects, in the same button", async (t) => {
  const fake = browser(t);
  const root = await mount(createElement(RealtimeVoiceChat));
  await click(root, "Connect");
  assert.equal(root.root.findByProps({ role: "status" }).children[0], "Connected");
  assert.equal(fake.Peer.all.length, 1);
  await click(root, "Disconnect");
  assert.equal(root.root.findByProps({ role: "status" }).children[0], "The call has ended");
  assert.deepEqual(fake.left(), NOTHING);
  await act(async () => root.unmount());
});

for (const [phase, hold] of [
  ["the microphone", (fake, wait) => { fake.devices.answers = [wait]; }],
  ["the token", (fake, wait) => { fake.tokenAnswers = [wait]; }],
  ["the answer", (fake, wait) => { fake.callAnswers = [wait]; }],
]) {
  test(`unmounting while it waits for ${phase} ends the call`, async (t) => {
    const fake = browser(t);
    const { open, wait } = gate();
    hold(fake, wait);
    const root = await mount(createElement(RealtimeVoiceChat));
    await click(root, "Connect");
    await act(async () => root.unmount());
    assert.deepEqual(fake.left(), NOTHING);
    open();
    await fake.clock.advance(60_000);
    assert.deepEqual(fake.left(), NOTHING);
  });
}

test("a component that connects when it mounts has one call under StrictMode", async (t) => {
  const fake = browser(t);
  const Caller = () => {
    const { client, state } = useRealtime();
    useEffect(() => { client.connect().catch(() => {}); }, [client]);
    return state;
  };
  const root = await mount(createElement(Caller));
  await act(async () => { for (let round = 0; round < 3; round++) await settle(); });
  assert.equal(root.toJSON(), "connected");
  // The first mount's call was over before it came to ask.
  assert.equal(fake.devices.asked.length, 1);
  assert.deepEqual([fake.left().tracks, fake.left().peers], [1, 1]);
  await act(async () => root.unmount());
  assert.deepEqual(fake.left(), NOTHING);
});

test("the transcript, an error and the wait before the next try are shown", async (t) => {
  const fake = browser(t);
  fake.tokenAnswers = [new Response('{"detail":"Too many."}', { status: 429, headers: { "Retry-After": "7" } })];
  const root = await mount(createElement(RealtimeVoiceChat));
  await click(root, "Connect");
  assert.deepEqual(root.root.findByProps({ role: "status" }).children, ["Connecting…", " Next attempt in 8 s."]);
  assert.deepEqual(root.root.findByProps({ role: "alert" }).children, ["Too many."]);
  await act(() => fake.clock.advance(8000));
  assert.deepEqual(root.root.findByProps({ role: "status" }).children, ["Connected"]);
  await act(async () => {
    fake.peer.receive({ type: "response.output_text.delta", item_id: "a", content_index: 0, delta: "Good day" });
  });
  assert.equal(root.root.findByProps({ role: "log" }).findByType("li").children[1], "Good day");
  await act(async () => root.unmount());
});

test("the latest token function is called, not the first", async (t) => {
  const fake = browser(t);
  let client;
  const Caller = ({ user }) => {
    ({ client } = useRealtime({ token: () => `ek_${user}` }));
    return null;
  };
  const root = await mount(createElement(Caller, { user: "one" }));
  await act(async () => root.update(strict(createElement(Caller, { user: "two" }))));
  await act(() => client.connect());
  assert.equal(fake.requests[0].headers.Authorization, "Bearer ek_two");
  await act(async () => root.unmount());
});

test("a call of the service shows when it ends, why it has ended, and ends with the component", async (t) => {
  const fake = browser(t);
  const root = await mount(createElement(RealtimeVoiceChat, { options: { call: "/api/realtime/calls" } }));
  const texts = () => root.root.findAll(({ type }) => type === "p").map(({ children }) => children.join(""));
  await click(root, "Connect");
  const time = new Date(fake.clock.now + 1_800_000).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
  assert.deepEqual(texts(), ["Connected", `Ends by ${time}`, ""]);
  fake.leaseAnswers = [new Response(JSON.stringify({ detail: "The call has ended: deadline.", reason: "deadline" }), {
    status: 410,
  })];
  await act(async () => fake.clock.advance(20_000));
  assert.deepEqual(texts(), ["The call has ended", "The call has ended: deadline."]);
  await click(root, "Connect");
  await act(async () => root.unmount());
  assert.deepEqual([fake.asked("end").length, fake.left()], [1, NOTHING]);
});

test("the hook says who speaks and what was used, and the component shows the former to a style sheet", async (t) => {
  const fake = browser(t);
  let client, usage;
  const Caller = () => {
    const call = useRealtime();
    useEffect(() => { call.client.connect().catch(() => {}); }, [call.client]);
    ({ client, usage } = call);
    return call.activity;
  };
  const root = await mount(createElement(Caller));
  const receive = (event) => act(async () => fake.peer.receive(event));
  await act(async () => { for (let round = 0; round < 5; round++) await settle(); });
  assert.equal(root.toJSON(), "listening");
  await receive({ type: "output_audio_buffer.started", response_id: "r" });
  assert.equal(root.toJSON(), "speaking");
  await receive({ type: "response.done", response: { usage: { total_tokens: 3 } } });
  assert.deepEqual(usage, { responses: { total_tokens: 3 } });
  await act(async () => { client.disconnect(); });
  assert.deepEqual(usage, { responses: { total_tokens: 3 } });
  await act(async () => { client.connect().catch(() => {}); });
  assert.deepEqual(usage, {});
  await act(async () => root.unmount());
  const chat = await mount(createElement(RealtimeVoiceChat));
  assert.equal(chat.root.findByType("section").props["data-activity"], "idle");
  await act(async () => chat.unmount());
});

test("levels are measured for each frame while the call is connected, and not before and after it", async (t) => {
  const fake = browser(t);
  const frames = new Map();
  let next = 1;
  globalThis.requestAnimationFrame = (work) => frames.set(next, work) && next++;
  globalThis.cancelAnimationFrame = (frame) => frames.delete(frame);
  t.after(() => { delete globalThis.requestAnimationFrame; delete globalThis.cancelAnimationFrame; });
  const draw = () => act(async () => {
    const due = [...frames.values()];
    frames.clear();
    for (const work of due) work();
    await settle();
  });
  let client;
  const Meter = () => JSON.stringify(useLevels(client));
  const Caller = () => {
    ({ client } = useRealtime());
    return createElement(Meter);
  };
  const root = await mount(createElement(Caller));
  assert.equal(frames.size, 0);
  await act(() => client.connect());
  for (let round = 0; round < 3; round++) await draw();
  assert.deepEqual(JSON.parse(root.toJSON()), { input: 0.5, output: 0.5 });
  await act(async () => client.disconnect());
  assert.deepEqual([JSON.parse(root.toJSON()), frames.size], [{ input: 0, output: 0 }, 0]);
  await act(() => client.connect());
  await act(async () => root.unmount());
  assert.deepEqual([frames.size, fake.left()], [0, NOTHING]);
});

test("another session is a warning, because it has no effect", async (t) => {
  browser(t);
  const warn = t.mock.method(console, "warn", () => {});
  const Caller = ({ session }) => {
    useRealtime({ session, token: () => "ek_1" });
    return null;
  };
  const root = await mount(createElement(Caller, { session: "shop" }));
  await act(async () => root.update(strict(createElement(Caller, { session: "shop" }))));
  assert.equal(warn.mock.callCount(), 0);
  await act(async () => root.update(strict(createElement(Caller, { session: "help" }))));
  assert.match(warn.mock.calls[0].arguments[0], /session has changed, without effect/);
  await act(async () => root.unmount());
});
