import assert from "node:assert/strict";
import test from "node:test";
import { browser, gate, NOTHING, problem, settle } from "./browser.mjs";

// Calls that a service creates: how they are created and renewed.
const URL_ = "/api/realtime/calls";
const ended = (reason) => problem(410, { code: "call_ended", detail: "The call has ended.", reason });

test("the offer goes to the service with its candidates and all that a token has", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({
    call: URL_, session: "shop", overrides: { "audio.output.voice": "cedar" }, variables: { name: "Ada" }, dcid: 3,
    authorization: () => "Bearer key", credentials: "include",
  });
  const [{ url, headers, body, credentials, method }] = fake.requests;
  assert.deepEqual([method, url, credentials], ["POST", URL_, "include"]);
  assert.deepEqual(headers, { Authorization: "Bearer key", "Content-Type": "application/json" });
  assert.deepEqual(JSON.parse(body), {
    sdp: "v=0 offer candidates", session: "shop", overrides: { "audio.output.voice": "cedar" },
    variables: { name: "Ada" }, dcid: 3,
  });
  assert.deepEqual([fake.peer.channel.negotiated, fake.peer.channel.id], [true, 3]);
  assert.deepEqual(client.session, { name: "default", type: "realtime", model: "gpt-realtime-2.1" });
  assert.deepEqual([client.callId, client.endsAt - fake.clock.now], ["call_1", 1_800_000]);
  assert.deepEqual(fake.states, ["idle", "requesting-microphone", "connecting", "connected"]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
  assert.equal(client.endsAt, undefined);
});

test("without a choice the body is the offer alone, and the data channel is announced in the offer", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  assert.deepEqual(JSON.parse(fake.requests[0].body), { sdp: "v=0 offer candidates" });
  assert.equal(fake.peer.channel.negotiated, undefined);
  client.disconnect();
});

test("candidates are waited for a second at most", async (t) => {
  const fake = browser(t);
  fake.Peer.gathers = false;
  const client = fake.client({ call: URL_ });
  client.connect().catch(() => {});
  await fake.clock.advance(999);
  assert.equal(fake.requests.length, 0);
  await fake.clock.advance(1);
  assert.equal(JSON.parse(fake.requests[0].body).sdp, "v=0 offer");
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("a call that ends while candidates are gathered sends nothing", async (t) => {
  const fake = browser(t);
  fake.Peer.gathers = false;
  let keys = 0;
  const client = fake.client({ call: URL_, authorization: () => `Bearer ${++keys}` });
  client.connect().catch(() => {});
  await settle();
  client.disconnect();
  await settle();
  assert.deepEqual([fake.requests, keys, fake.left()], [[], 0, NOTHING]);
});

test("token, callsUrl and dcid have no meaning beside call, or without it", (t) => {
  const fake = browser(t);
  for (const options of [{ call: URL_, token: "/t" }, { call: URL_, callsUrl: "/c" }, { dcid: 3 }]) {
    assert.throws(() => fake.client(options), TypeError);
  }
});

test("the addresses of lease and end come from the page's own URL, whatever the service calls it", async (t) => {
  for (const [url, lease] of [
    ["/proxy/calls", "/proxy/calls/call_1/lease"],
    ["/proxy/calls/", "/proxy/calls/call_1/lease"],
    ["https://app.example/v/calls?tenant=7#x", "https://app.example/v/calls/call_1/lease?tenant=7"],
    [new URL("https://app.example/calls"), "https://app.example/calls/call_1/lease"],
  ]) {
    await t.test(String(url), async (t) => {
      const fake = browser(t);
      const client = await fake.connected({ call: url });
      client.disconnect();
      assert.deepEqual(fake.requests.slice(1).map(({ url }) => url), [lease, lease.replace("/lease", "/end")]);
    });
  }
});

test("the lease is renewed at once, then thrice in its time, with the credentials of the call", async (t) => {
  const fake = browser(t);
  let keys = 0;
  const client = await fake.connected({ call: URL_, authorization: () => `Bearer ${++keys}`, credentials: "include" });
  assert.equal(fake.asked("lease").length, 1);
  fake.call.seconds_left = 1700;
  for (const count of [2, 3, 4]) {
    await fake.clock.advance(20_000);
    assert.equal(fake.asked("lease").length, count);
  }
  const { method, headers, body, credentials } = fake.asked("lease")[3];
  assert.deepEqual([method, headers, body, credentials], ["POST", { Authorization: "Bearer 5" }, undefined, "include"]);
  assert.deepEqual(fake.logged("lease").at(-1), { secondsLeft: 1700, leaseSeconds: 60 });
  assert.equal(client.endsAt, fake.clock.now + 1_700_000);
  client.disconnect();
  await fake.clock.advance(600_000);
  assert.equal(fake.asked("lease").length, 4);
});

test("a call without a lease is not renewed", async (t) => {
  const fake = browser(t);
  fake.call.lease_seconds = 0;
  const client = await fake.connected({ call: URL_ });
  await fake.clock.advance(600_000);
  assert.equal(fake.asked("lease").length, 0);
  client.disconnect();
  assert.equal(fake.asked("end").length, 1);
});

test("a call that takes longer than a third of its lease to open is renewed meanwhile", async (t) => {
  const fake = browser(t);
  fake.call.lease_seconds = 12;
  fake.Peer.opens = false;
  const client = fake.client({ call: URL_ });
  client.connect().catch(() => {});
  await fake.clock.advance(4_000);
  assert.equal(fake.asked("lease").length, 1);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("a page that is shown again renews at once, and a hidden one does not", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  for (const [state, count] of [["hidden", 1], ["visible", 2]]) {
    fake.document.visibilityState = state;
    fake.document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    assert.equal(fake.asked("lease").length, count);
  }
  client.disconnect();
  fake.document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.equal(fake.asked("lease").length, 2);
});

test("503 is tried again every 2 s, reported once, and the call goes on", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  const away = () => problem(503, { code: "limits_unavailable", detail: "Redis is away." }, { "Retry-After": "1" });
  fake.leaseAnswers = [away(), () => { throw new TypeError("Failed to fetch"); }, away()];
  await fake.clock.advance(20_000);
  await fake.clock.advance(4_000);
  assert.equal(fake.asked("lease").length, 4);
  assert.deepEqual(fake.logged("error").map(({ code, serverCode }) => [code, serverCode]),
    [["lease_refused", "limits_unavailable"]]);
  await fake.clock.advance(2_000);
  assert.equal(fake.logged("lease").length, 3);
  assert.deepEqual([client.state, client.error], ["connected", undefined]);
  await fake.clock.advance(19_000);
  assert.equal(fake.asked("lease").length, 5);
  client.disconnect();
});

test("each time that renewals begin to fail is reported", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  const away = () => problem(503, { code: "limits_unavailable" });
  fake.leaseAnswers = [away(), undefined, away()];
  await fake.clock.advance(20_000 + 2_000 + 20_000);
  assert.equal(fake.logged("error").length, 2);
  client.disconnect();
});

test("a call that has ended hears nothing more of its lease, and leaves no listener", async (t) => {
  const fake = browser(t);
  const signals = [];
  const { addEventListener } = fake.document;
  fake.document.addEventListener = (type, listener, options) => {
    signals.push(options.signal);
    addEventListener.call(fake.document, type, listener, options);
  };
  const client = await fake.connected({ call: URL_ });
  const { open, wait } = gate();
  fake.leaseAnswers = [async () => {
    await wait();
    return new Response(JSON.stringify(fake.call));
  }];
  await fake.clock.advance(20_000);
  const before = fake.logged("lease").length;
  client.disconnect();
  open();
  await settle();
  assert.deepEqual([fake.logged("lease").length, fake.left()], [before, NOTHING]);
  assert.ok(signals.length > 0 && signals.every(({ aborted }) => aborted));
});

test("a renewal without an answer is given up in time for another", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ call: URL_ });
  fake.leaseAnswers = [({ signal }) => new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  })];
  await fake.clock.advance(20_000 + 10_000 + 2_000);
  assert.equal(fake.asked("lease").length, 3);
  assert.deepEqual(fake.logged("error").map(({ code }) => code), ["lease_unreachable"]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});
