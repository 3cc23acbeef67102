import assert from "node:assert/strict";
import test from "node:test";
import { browser, NOTHING, problem, settle } from "./browser.mjs";

test("disconnected is unstable, and recovers by itself", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.peer.change("disconnected");
  assert.equal(client.state, "unstable");
  await client.connect();
  await fake.clock.advance(4999);
  fake.peer.change("connected");
  await fake.clock.advance(60_000);
  assert.equal(client.state, "connected");
  assert.equal(fake.Peer.all.length, 1);
});

test("after the grace there is a new connection with a new token and the same microphone", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const [old] = fake.Peer.all;
  const { track } = old.transceiver.sender;
  fake.peer.change("disconnected");
  await fake.clock.advance(5000);
  assert.deepEqual(fake.states.slice(3), ["connected", "unstable", "reconnecting", "connected"]);
  assert.equal(old.connectionState, "closed");
  assert.equal(fake.tokens, 2);
  assert.equal(fake.requests.at(-1).headers.Authorization, "Bearer ek_2");
  assert.equal(fake.peer.transceiver.sender.track, track);
  assert.equal(fake.devices.asked.length, 1);
  assert.equal(client.error, undefined);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("failed is lost at once", async (t) => {
  const fake = browser(t);
  await fake.connected();
  fake.peer.change("failed");
  await fake.clock.advance(0);
  assert.deepEqual(fake.states.slice(3), ["connected", "reconnecting", "connected"]);
  assert.deepEqual(fake.logged("error").map(({ code }) => code), ["connection_lost"]);
});

test("connect() during a reconnect waits for it, and fails with it", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.Peer.opens = false;
  fake.peer.change("failed");
  await settle();
  const again = client.connect();
  client.disconnect();
  await assert.rejects(again, { code: "aborted" });
  assert.deepEqual(fake.left(), NOTHING);
});

test("the server's hang-up ends the call at once", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.peer.hangUp();
  await settle();
  assert.deepEqual([client.state, client.reason, client.error], ["closed", "hangup", undefined]);
  assert.deepEqual(fake.left(), NOTHING);
  await fake.clock.advance(60_000);
  assert.equal(fake.tokens, 1);
});

test("a channel that closes after the connection is gone is a loss", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.peer.change("disconnected");
  fake.peer.hangUp();
  await fake.clock.advance(0);
  assert.equal(client.state, "connected");
  assert.equal(fake.tokens, 2);
});

test("a session that has expired is hung up, with the server's message", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.peer.receive({ type: "error", error: { code: "session_expired", message: "Sixty minutes." } });
  await settle();
  assert.deepEqual([client.reason, client.error.serverCode], ["hangup", "session_expired"]);
  assert.equal(fake.logged("error").length, 1);
});

test("429 is reported with its wait, and then tried again", async (t) => {
  const fake = browser(t);
  fake.tokenAnswers = [problem(429, { code: "rate_limited", detail: "Too many." }, { "Retry-After": "7" })];
  const client = fake.client();
  const connecting = client.connect();
  await settle();
  const [error] = fake.logged("error");
  assert.deepEqual([error.code, error.retryAfter, error.status, error.retryable], ["rate_limited", 7, 429, true]);
  assert.deepEqual(fake.logged("retry"), [{ attempt: 1, delay: 7500, offline: false, error }]);
  assert.equal(client.state, "connecting");
  await fake.clock.advance(7499);
  assert.equal(fake.requests.length, 1);
  await fake.clock.advance(1);
  await connecting;
  assert.equal(client.error, undefined);
});

test("429 during a reconnect is waited for, too, even with a date", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const date = new Date(fake.clock.now + 20_000).toUTCString();
  fake.tokenAnswers = [problem(429, {}, { "Retry-After": date })];
  fake.peer.change("failed");
  await fake.clock.advance(19_000);
  assert.equal(client.state, "reconnecting");
  await fake.clock.advance(2_000);
  assert.equal(client.state, "connected");
});

test("429 for money is not tried again", async (t) => {
  const fake = browser(t);
  fake.callAnswers = [new Response('{"error":{"code":"insufficient_quota","message":"Pay."}}', { status: 429 })];
  await assert.rejects(fake.client().connect(), { code: "rate_limited", serverCode: "insufficient_quota", message: "Pay." });
  assert.equal(fake.tokens, 1);
});

test("500 of the call is tried again with a fresh token", async (t) => {
  const fake = browser(t);
  fake.callAnswers = [new Response("oops", { status: 500 })];
  const connecting = fake.client().connect();
  await fake.clock.advance(0);
  await connecting;
  assert.equal(fake.requests.at(-1).headers.Authorization, "Bearer ek_2");
  assert.equal(fake.logged("error")[0].code, "call_refused");
});

test("a 502 that the daemon calls lasting is not tried again", async (t) => {
  for (const code of ["upstream_auth", "upstream_quota", "upstream_rejected", "upstream_not_found"]) {
    const fake = browser(t);
    fake.tokenAnswers = [problem(502, { code })];
    await assert.rejects(fake.client().connect(), { code: "token_refused", serverCode: code, retryable: false });
    assert.equal(fake.requests.length, 1);
  }
});

test("4xx during a reconnect is the end", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.tokenAnswers = [problem(401, { code: "authentication_failed" })];
  fake.peer.change("failed");
  await fake.clock.advance(60_000);
  assert.deepEqual([client.state, client.reason, client.error.status], ["closed", "failed", 401]);
  assert.deepEqual(fake.left(), NOTHING);
});

test("no answer is tried again until the waits are spent", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.tokenAnswers = Array.from({ length: 20 }, () => () => { throw new TypeError("Failed to fetch"); });
  fake.peer.change("failed");
  await fake.clock.advance(120_000);
  assert.deepEqual([client.state, client.error.code], ["closed", "token_unreachable"]);
  assert.equal(fake.logged("retry").length, 10);
  assert.deepEqual(fake.left(), NOTHING);
});

test("a connection that lasted restarts the waits; one that did not does not", async (t) => {
  const fake = browser(t);
  await fake.connected();
  for (const lasted of [1000, 1000, 20_000, 1000]) {
    await fake.clock.advance(lasted);
    fake.peer.change("failed");
    await fake.clock.advance(5000);
  }
  assert.deepEqual(fake.logged("retry").map(({ attempt }) => attempt), [1, 2, 1, 2]);
});

test("offline it pauses, and goes on when the browser is back", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.navigator.onLine = false;
  fake.peer.change("failed");
  await fake.clock.advance(600_000);
  assert.equal(client.state, "reconnecting");
  assert.equal(fake.logged("retry")[0].offline, true);
  assert.equal(fake.tokens, 1);
  fake.navigator.onLine = true;
  fake.page.dispatchEvent(new Event("online"));
  await settle();
  await settle();
  assert.equal(client.state, "connected");
});

test("a pause, online or off, ends with the call", async (t) => {
  for (const onLine of [true, false]) {
    const fake = browser(t);
    const client = await fake.connected({ reconnect: () => 1000 });
    fake.navigator.onLine = onLine;
    fake.peer.change("failed");
    await fake.clock.advance(onLine ? 500 : 5000);
    assert.equal(client.state, "reconnecting");
    client.disconnect();
    assert.deepEqual(fake.left(), NOTHING);
    fake.page.dispatchEvent(new Event("online"));
    await fake.clock.advance(60_000);
    assert.equal(fake.tokens, 1);
  }
});

test("with reconnect: false a loss is the end", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ reconnect: false });
  fake.peer.change("failed");
  await settle();
  assert.deepEqual([client.state, client.reason, client.error.code], ["closed", "failed", "connection_lost"]);
});

test("a custom policy is called with the attempt and the error", async (t) => {
  const fake = browser(t);
  const asked = [];
  const client = await fake.connected({ reconnect: (context) => {
    asked.push(context);
    return null;
  } });
  fake.peer.change("failed");
  await settle();
  assert.equal(client.state, "closed");
  assert.deepEqual(asked.map(({ attempt, reconnecting, error }) => [attempt, reconnecting, error.code]), [
    [1, true, "connection_lost"],
  ]);
});

test("fifty calls leave nothing", async (t) => {
  const fake = browser(t);
  const client = fake.client();
  for (let call = 0; call < 50; call++) {
    await client.connect();
    await settle();
    client.levels();
    await settle();
    client.levels();
    client.disconnect();
    assert.deepEqual(fake.left(), NOTHING);
  }
});
