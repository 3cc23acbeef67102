import assert from "node:assert/strict";
import test from "node:test";
import { browser, gate, NOTHING, problem, settle } from "./browser.mjs";

// Calls that a service creates: how they end, and what the service refuses.
const URL_ = "/api/realtime/calls";
const ended = (reason) => problem(410, { code: "call_ended", detail: "The call has ended.", reason });

test("410 ends the call with the service's reason, and nothing is tried again", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  fake.leaseAnswers = [ended("deadline")];
  await fake.clock.advance(20_000);
  assert.deepEqual([client.state, client.reason, client.error.code, client.error.reason],
    ["closed", "hangup", "call_ended", "deadline"]);
  assert.deepEqual([fake.left(), fake.asked("lease").length, fake.asked("end").length], [NOTHING, 2, 0]);
});

test("when the other side hangs up, the service is asked why", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  fake.leaseAnswers = [ended("operator")];
  fake.peer.hangUp();
  await settle();
  assert.deepEqual([client.state, client.reason, client.error.reason], ["closed", "hangup", "operator"]);
  assert.deepEqual([fake.left(), fake.asked("end").length], [NOTHING, 0]);
});

test("a hang-up that the service knows nothing of is an ordinary one, and frees the service's place", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  fake.peer.hangUp();
  await settle();
  assert.deepEqual([client.state, client.reason, client.error], ["closed", "hangup", undefined]);
  assert.deepEqual([fake.left(), fake.asked("end").length], [NOTHING, 1]);
});

test("a service that does not say why a call ended is waited for 2 s", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  fake.leaseAnswers = [({ signal }) => new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  })];
  fake.peer.hangUp();
  await fake.clock.advance(1_999);
  assert.equal(client.state, "connected");
  await fake.clock.advance(1);
  assert.deepEqual([client.state, client.reason, client.error], ["closed", "hangup", undefined]);
  assert.deepEqual(fake.left(), NOTHING);
});

test("404 ends the call only after a whole lease: a proxy can cause it for a while", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  const unknown = () => problem(404, { code: "call_not_found", detail: "There is no such call." });
  fake.leaseAnswers = [unknown(), unknown()];
  await fake.clock.advance(60_000);
  assert.deepEqual([client.state, fake.asked("lease").length], ["connected", 4]);
  fake.leaseAnswers = [unknown(), unknown(), unknown()];
  await fake.clock.advance(60_000);
  assert.deepEqual([client.state, client.error.code, client.error.status], ["closed", "call_ended", 404]);
  assert.deepEqual(fake.left(), NOTHING);
});

for (const [name, end] of [
  ["disconnect()", (fake, client) => client.disconnect()],
  ["leaving the page", (fake) => fake.page.dispatchEvent(new Event("pagehide"))],
]) {
  test(`${name} ends the call at the service by a request that needs no preflight`, async (t) => {
    const fake = browser(t);
    const client = await fake.connected({ call: URL_, authorization: "Bearer key", credentials: "include" });
    end(fake, client);
    assert.equal(client.state, "closed");
    assert.deepEqual(fake.asked("end"), [{
      url: `${URL_}/call_1/end`, method: "POST", keepalive: true, credentials: "include",
    }]);
    assert.deepEqual([fake.beacons, fake.left()], [[], NOTHING]);
  });
}

test("a browser whose fetch cannot outlive the page sends a beacon", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  const { Request } = globalThis;
  globalThis.Request = class {};
  t.after(() => { globalThis.Request = Request; });
  client.disconnect();
  assert.deepEqual([fake.beacons, fake.asked("end")], [[`${URL_}/call_1/end`], []]);
});

test("an answer that arrives after the end is for a call that is ended at once", async (t) => {
  const fake = browser(t);
  const { open, wait } = gate();
  fake.callAnswers = [async () => {
    await wait();
    return new Response(JSON.stringify({ sdp: "v=0 answer", call: fake.call }), { status: 201 });
  }];
  const client = fake.client({ call: URL_ });
  client.connect().catch(() => {});
  await settle();
  client.disconnect();
  open();
  await settle();
  assert.deepEqual([fake.asked("end").length, fake.asked("lease").length, fake.left()], [1, 0, NOTHING]);
});

test("a lost connection ends its call before another is created", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  fake.call = { ...fake.call, url: `${URL_}/call_2` };
  fake.peer.change("failed");
  await fake.clock.advance(0);
  assert.deepEqual(fake.requests.map(({ url }) => url), [
    URL_, `${URL_}/call_1/lease`, `${URL_}/call_1/lease`, `${URL_}/call_1/end`, URL_, `${URL_}/call_2/lease`,
  ]);
  assert.deepEqual(fake.states.slice(-2), ["reconnecting", "connected"]);
  assert.equal(client.callId, "call_2");
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("a connection that is lost because the service ended the call is not replaced", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  fake.leaseAnswers = [ended("operator")];
  fake.peer.change("failed");
  await settle();
  assert.deepEqual([client.state, client.reason, client.error.reason], ["closed", "hangup", "operator"]);
  assert.deepEqual([fake.asked("calls").length, fake.left()], [1, NOTHING]);
});

test("a connection that was lost for longer than the lease is replaced", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  fake.leaseAnswers = [ended("lease")];
  fake.peer.change("failed");
  await fake.clock.advance(0);
  assert.deepEqual([client.state, fake.asked("calls").length], ["connected", 2]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("a call that does not open is ended, and tried again", async (t) => {
  const fake = browser(t);
  fake.Peer.opens = false;
  const client = fake.client({ call: URL_ });
  client.connect().catch(() => {});
  await fake.clock.advance(10_000);
  assert.deepEqual([fake.asked("end").length, fake.asked("calls").length], [1, 2]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

for (const [status, code, retries] of [
  [409, "token_required", 0], [409, "call_required", 0], [400, "invalid_offer", 0], [503, "limits_unavailable", 2],
]) {
  test(`${status} ${code} is call_refused${retries ? ", and tried again" : ""}`, async (t) => {
    const fake = browser(t);
    fake.callAnswers = Array.from({ length: 3 }, () => problem(status, { code, detail: "No." }));
    const client = fake.client({ call: URL_ });
    const failure = assert.rejects(client.connect(), { code: "call_refused", serverCode: code, message: "No." });
    await fake.clock.advance(10_000);
    await failure;
    assert.equal(fake.requests.length, 1 + retries);
  });
}

test("too many calls at once are waited for", async (t) => {
  const fake = browser(t);
  fake.callAnswers = [problem(429, { code: "too_many_calls", detail: "Wait." }, { "Retry-After": "10" })];
  const client = fake.client({ call: URL_ });
  client.connect().catch(() => {});
  await fake.clock.advance(11_000);
  assert.deepEqual(fake.logged("error").map(({ code, serverCode }) => [code, serverCode]),
    [["rate_limited", "too_many_calls"]]);
  assert.equal(client.state, "connected");
  client.disconnect();
});

test("a service has 15 s to answer, because it waits for OpenAI", async (t) => {
  const fake = browser(t);
  fake.callAnswers = [({ signal }) => new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  })];
  const client = fake.client({ call: URL_, reconnect: false });
  const failure = assert.rejects(client.connect(), { code: "call_timeout" });
  await fake.clock.advance(14_999);
  assert.equal(client.state, "connecting");
  await fake.clock.advance(1);
  await failure;
});

test("an answer that is not the service's names its address and the likely cause", async (t) => {
  const fake = browser(t);
  fake.callAnswers = [
    new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } }),
    new Response(JSON.stringify({ sdp: "v=0 answer" })),
  ];
  await assert.rejects(fake.client({ call: URL_ }).connect(), { code: "call_invalid", message: /text\/html.*call route/ });
  await assert.rejects(fake.client({ call: URL_ }).connect(), { code: "call_invalid", message: /no call/ });
});

test("the page's own answer takes the place of the service's, whose call goes on", async (t) => {
  const fake = browser(t);
  const asked = [];
  fake.callAnswers.push(() => new Response(JSON.stringify({ sdp: "of nobody", call: fake.call, sandbox: true })));
  const client = await fake.connected({
    call: "/api/realtime/calls", dcid: 3, answer: (call) => { asked.push(call); return "v=0 answer"; },
  });
  assert.deepEqual([client.state, client.callId], ["connected", "call_1"]);
  const { offer, token, sandbox, dcid, session } = asked[0];
  assert.deepEqual([offer, token, sandbox, dcid, session.type], ["v=0 offer candidates", undefined, true, 3, "realtime"]);
  client.disconnect();
  assert.equal(fake.asked("end").length, 1);
});
