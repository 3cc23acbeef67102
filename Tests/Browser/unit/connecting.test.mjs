import assert from "node:assert/strict";
import test from "node:test";
import { RealtimeClient } from "../../../Sources/BrowserClient/realtime-client.js";
import { browser, gate, NOTHING, problem, refusal, settle } from "./browser.mjs";

test("creating a client uses nothing of the browser", () => {
  const client = new RealtimeClient();
  assert.equal(client.state, "idle");
  assert.equal(client.muted, false);
  assert.deepEqual(client.transcripts, []);
  client.disconnect();
  assert.equal(client.state, "idle");
});

test("it goes from the click to the conversation, and back to nothing", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  assert.deepEqual(fake.states, ["idle", "requesting-microphone", "connecting", "connected"]);
  assert.equal(client.callId, "rtc_1");
  assert.equal(client.peerConnection, fake.peer);
  assert.equal(fake.peer.channel.label, "oai-events");
  assert.equal(fake.left().tracks, 1);

  client.disconnect();
  assert.deepEqual([client.state, client.reason, client.error], ["closed", "disconnected", undefined]);
  assert.deepEqual(fake.left(), NOTHING);
  assert.deepEqual(fake.logged("error"), []);
});

test("the microphone is requested before the token, and without a sample rate", async (t) => {
  const fake = browser(t);
  const { open, wait } = gate();
  fake.devices.answers = [wait];
  const client = fake.client({ audio: { channelCount: 1 } });
  const connecting = client.connect();
  await settle();
  assert.equal(fake.requests.length, 0);
  assert.deepEqual(fake.devices.asked, [{
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  }]);
  open();
  await connecting;
  assert.equal(fake.requests[0].url, "/api/realtime/token");
});

test("without a microphone no permission is requested, and the call still carries sound both ways", async (t) => {
  const fake = browser(t);
  await fake.connected({ microphone: false });
  assert.deepEqual(fake.states, ["idle", "connecting", "connected"]);
  assert.equal(fake.devices.asked.length, 0);
  assert.equal(fake.peer.transceiver.direction, "sendrecv");
});

test("the offer is sent with nothing but the token, to the calls URL of the answer", async (t) => {
  const fake = browser(t);
  fake.tokenAnswers = [new Response(JSON.stringify({ value: "ek_x", calls_url: "https://eu.example/v1/realtime/calls" }))];
  await fake.connected();
  const { url, method, headers, body } = fake.requests[1];
  assert.deepEqual([url, method, body], ["https://eu.example/v1/realtime/calls", "POST", "v=0 offer"]);
  assert.deepEqual(headers, { Authorization: "Bearer ek_x", "Content-Type": "application/sdp" });
});

const answers = {
  "the daemon's": { value: "ek_a", expires_at: 1, client_secret: { value: "ek_a" } },
  "OpenAI's": { value: "ek_a", expires_at: 1 },
  "the beta interface's": { client_secret: { value: "ek_a", expires_at: 1 } },
};
for (const [whose, answer] of Object.entries(answers)) {
  test(`it reads ${whose} token answer, from a URL and from a function`, async (t) => {
    const fake = browser(t);
    fake.tokenAnswers = [new Response(JSON.stringify(answer))];
    await fake.connected();
    await fake.connected({ token: async () => answer });
    const calls = fake.requests.filter(({ url }) => url.includes("/calls"));
    assert.deepEqual(calls.map(({ headers }) => headers.Authorization), ["Bearer ek_a", "Bearer ek_a"]);
    assert.equal(calls[0].url, "https://api.openai.com/v1/realtime/calls");
  });
}

test("a token function may return only the secret", async (t) => {
  const fake = browser(t);
  await fake.connected({ token: () => "ek_s", callsUrl: new URL("https://azure.example/calls") });
  assert.equal(fake.requests[0].url, "https://azure.example/calls");
  assert.equal(fake.requests[0].headers.Authorization, "Bearer ek_s");
});

test("session, overrides, variables and authorization go to the token route; without them there is no body", async (t) => {
  const fake = browser(t);
  await fake.connected();
  assert.equal(fake.requests[0].body, undefined);
  assert.deepEqual(fake.requests[0].headers, {});
  fake.requests.length = 0;
  let asked = 0;
  await fake.connected({
    session: "shop", overrides: { "audio.output.voice": "cedar" }, variables: { customer: "Ann" },
    authorization: async () => `Bearer key-${++asked}`, credentials: "include",
  });
  const { headers, body, credentials } = fake.requests[0];
  assert.deepEqual(headers, { Authorization: "Bearer key-1", "Content-Type": "application/json" });
  assert.deepEqual(JSON.parse(body), {
    session: "shop", overrides: { "audio.output.voice": "cedar" }, variables: { customer: "Ann" },
  });
  assert.equal(credentials, "include");
});

test("however often it is called, there is one call and one promise", async (t) => {
  const fake = browser(t);
  const client = fake.client();
  const first = client.connect();
  assert.equal(client.connect(), first);
  await first;
  await client.connect();
  assert.equal(fake.devices.asked.length, 1);
  assert.equal(fake.Peer.all.length, 1);
  client.disconnect();
  await client.connect();
  assert.equal(fake.Peer.all.length, 2);
  assert.equal(fake.left().tracks, 1);
});

const phases = {
  microphone: (fake, wait) => { fake.devices.answers = [wait]; },
  token: (fake, wait) => { fake.tokenAnswers = [wait]; },
  offer: (fake, wait) => { fake.Peer.pauses.offer = wait; },
  "local description": (fake, wait) => { fake.Peer.pauses.local = wait; },
  call: (fake, wait) => { fake.callAnswers = [wait]; },
  "remote description": (fake, wait) => { fake.Peer.pauses.remote = wait; },
  opening: (fake) => { fake.Peer.opens = false; },
};
const ways = {
  "disconnect()": [(client) => client.disconnect(), "disconnected"],
  "its signal": [(client, fake, controller) => controller.abort(), "aborted"],
  "the page's end": [(client, fake) => fake.page.dispatchEvent(new Event("pagehide")), "page-hidden"],
};
for (const [phase, hold] of Object.entries(phases)) {
  for (const [way, [end, reason]] of Object.entries(ways)) {
    test(`${way} ends it during ${phase}, and nothing is left, then or later`, async (t) => {
      const fake = browser(t);
      const { open, wait } = gate();
      hold(fake, wait);
      const client = fake.client();
      const controller = new AbortController();
      const connecting = assert.rejects(client.connect({ signal: controller.signal }), refusal("aborted"));
      await settle();
      assert.notEqual(client.state, "connected");
      end(client, fake, controller);
      assert.deepEqual([client.state, client.reason], ["closed", reason]);
      assert.deepEqual(fake.left(), NOTHING);
      await connecting;
      open();
      await fake.clock.advance(60_000);
      assert.deepEqual(fake.left(), NOTHING);
      assert.equal(client.state, "closed");
      assert.deepEqual(fake.logged("error"), []);
    });
  }

  test(`what was begun before the end, during ${phase}, does not disturb the next call`, async (t) => {
    const fake = browser(t);
    const { open, wait } = gate();
    hold(fake, wait);
    const client = fake.client();
    const first = assert.rejects(client.connect(), refusal("aborted"));
    await settle();
    client.disconnect();
    fake.Peer.opens = true;
    fake.Peer.pauses = {};
    const second = client.connect();
    await settle();
    open();
    await Promise.all([first, second]);
    await settle();
    assert.equal(client.state, "connected");
    assert.deepEqual([fake.left().tracks, fake.left().peers], [1, 1]);
  });
}

test("a listener that disconnects at any change of state is obeyed", async (t) => {
  for (const at of ["requesting-microphone", "connecting", "connected"]) {
    const fake = browser(t);
    const client = fake.client();
    client.on("statechange", ({ state }) => { if (state === at) client.disconnect(); });
    await client.connect().catch(() => {});
    await settle();
    assert.equal(client.state, "closed", at);
    assert.deepEqual(fake.left(), NOTHING);
  }
});

test("a signal that is aborted beforehand begins nothing, and one that is aborted afterwards ends nothing", async (t) => {
  const fake = browser(t);
  const client = fake.client();
  await assert.rejects(client.connect({ signal: AbortSignal.abort() }), refusal("aborted"));
  assert.equal(client.state, "idle");
  const controller = new AbortController();
  await client.connect({ signal: controller.signal });
  await settle();
  controller.abort();
  assert.equal(client.state, "connected");
});

test("the page's own answer takes the place of the calls URL, with or without a token", async (t) => {
  const fake = browser(t);
  const asked = [];
  const answer = async (call) => { asked.push(call); return "v=0 answer"; };
  const client = await fake.connected({ answer });
  assert.deepEqual([client.state, fake.requests.length], ["connected", 1]);
  const { signal, ...call } = asked[0];
  assert.deepEqual(call, {
    offer: "v=0 offer", token: "ek_1", session: { type: "realtime", model: "gpt-realtime-2.1" },
    sandbox: false, dcid: undefined,
  });
  assert.ok(signal instanceof AbortSignal);
  client.disconnect();
  const other = await fake.connected({ answer, token: false });
  assert.deepEqual([other.state, fake.requests.length, asked[1].token], ["connected", 1, undefined]);
  assert.throws(() => fake.client({ token: false }), TypeError);
});

test("a call goes its usual way if the page's function has no answer, and fails if it throws", async (t) => {
  const fake = browser(t);
  fake.tokenAnswers.push(problem(200, { value: "ek", sandbox: true }));
  const client = await fake.connected({ answer: ({ sandbox }) => { if (!sandbox) throw new Error("not there"); } });
  assert.deepEqual([client.state, fake.requests.length], ["connected", 2]);
  client.disconnect();
  await assert.rejects(client.connect(), { code: "call_failed", message: "not there", retryable: false });
  assert.deepEqual(fake.left(), NOTHING);
});

test("a data channel that opens before the connection says so is no unstable connection", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.peer.change("connecting");
  fake.peer.change("connected");
  assert.deepEqual(fake.states, ["idle", "requesting-microphone", "connecting", "connected"]);
  client.disconnect();
});
