import assert from "node:assert/strict";
import test from "node:test";
import { RealtimeClient } from "../../../Sources/BrowserClient/realtime-client.js";
import { browser, NOTHING, problem, refusal } from "./browser.mjs";

const silent = () => new Promise(() => {});
for (const [phase, code, hold] of [
  ["token", "token_timeout", (fake) => { fake.tokenAnswers = [silent]; }],
  ["call", "call_timeout", (fake) => { fake.callAnswers = [silent]; }],
  ["open", "open_timeout", (fake) => { fake.Peer.opens = false; }],
]) {
  test(`the ${phase} has a time limit`, async (t) => {
    const fake = browser(t);
    hold(fake);
    const client = fake.client({ reconnect: false, timeouts: { [phase]: 4000 } });
    const connecting = assert.rejects(client.connect(), refusal(code, { retryable: true }));
    await fake.clock.advance(3999);
    assert.equal(client.state, "connecting");
    await fake.clock.advance(1);
    await connecting;
    assert.deepEqual([client.state, client.reason], ["closed", "failed"]);
    assert.deepEqual(fake.left(), NOTHING);
  });
}

for (const [name, code] of [
  ["NotAllowedError", "microphone_denied"], ["NotFoundError", "microphone_missing"], ["NotReadableError", "microphone_busy"],
]) {
  test(`${name} is ${code}, and is not tried again`, async (t) => {
    const fake = browser(t);
    const cause = new DOMException("no", name);
    fake.devices.answers = [cause];
    const client = fake.client();
    await assert.rejects(client.connect(), refusal(code, { cause, retryable: false }));
    assert.deepEqual([client.state, client.reason, client.error.code], ["closed", "failed", code]);
    assert.equal(fake.requests.length, 0);
    assert.deepEqual(fake.left(), NOTHING);
  });
}

test("a page that may not use microphones gets an error that says so", async (t) => {
  const fake = browser(t);
  delete fake.navigator.mediaDevices;
  await assert.rejects(fake.client().connect(), refusal("unsupported"));
});

for (const status of [400, 401, 403, 404]) {
  test(`${status} of the token route is an error with its message and the origin of the page, and is not tried again`, async (t) => {
    const fake = browser(t);
    fake.tokenAnswers = [problem(status, { code: "origin_not_allowed", detail: "Not you.", request_id: "r1" })];
    const client = fake.client();
    await assert.rejects(client.connect(), refusal("token_refused", {
      status, message: "Not you. This page: https://page.example", serverCode: "origin_not_allowed", requestId: "r1", retryable: false,
    }));
    await fake.clock.advance(60_000);
    assert.equal(fake.requests.length, 1);
    assert.deepEqual(fake.left(), NOTHING);
  });
}

test("401 of the call has OpenAI's message, and is not tried again", async (t) => {
  const fake = browser(t);
  const body = { error: { message: "Token expired.", code: "ephemeral_token_expired" } };
  fake.callAnswers = [new Response(JSON.stringify(body), { status: 401, headers: { "x-request-id": "r2" } })];
  await assert.rejects(fake.client().connect(), refusal("call_refused", {
    status: 401, message: "Token expired.", serverCode: "ephemeral_token_expired", requestId: "r2",
  }));
  assert.equal(fake.tokens, 1);
  assert.deepEqual(fake.left(), NOTHING);
});

for (const [what, body] of [["no JSON", "<html>"], ["no secret", "{}"], ["an empty secret", '{"value":""}']]) {
  test(`a token answer with ${what} is invalid`, async (t) => {
    const fake = browser(t);
    fake.tokenAnswers = [new Response(body)];
    await assert.rejects(fake.client().connect(), refusal("token_invalid"));
  });
}

test("a page in place of the token names its address, status and type, and the likely cause", async (t) => {
  const fake = browser(t);
  const page = new Response("<html>Log in</html>", { headers: { "Content-Type": "text/html" } });
  Object.defineProperties(page, { url: { value: "https://login.example/" }, redirected: { value: true } });
  fake.tokenAnswers = [page];
  await assert.rejects(fake.client().connect(), refusal("token_invalid", {
    status: 200,
    message: "https://login.example/, to which the token route redirects, answered 200 with text/html, not JSON. "
      + "Is it the token route? A proxy may send its login page, or a web server its start page.",
  }));
});

test("an option that does not exist is a TypeError with the nearest name", (t) => {
  const fake = browser(t);
  for (const [options, message] of [
    [{ sesion: "a" }, "sesion is not an option; did you mean session?"],
    [{ callsURL: "a" }, "callsURL is not an option; did you mean callsUrl?"],
    [{ timeouts: { opne: 1 } }, "opne is not a timeout; did you mean open?"],
    [{ temperature: 1 }, "temperature is not an option"],
  ]) assert.throws(() => fake.client(options), { name: "TypeError", message });
});

test("a failure that nobody listens to is a warning on the console", async (t) => {
  const fake = browser(t);
  const warn = t.mock.method(console, "warn", () => {});
  fake.tokenAnswers = [problem(403, { code: "origin_not_allowed", detail: "No." }), problem(403, { detail: "No." })];
  const client = new RealtimeClient();
  await assert.rejects(client.connect());
  assert.equal(warn.mock.callCount(), 1);
  assert.equal(warn.mock.calls[0].arguments[1], client.error);
  client.on("error", () => {});
  await assert.rejects(client.connect());
  assert.equal(warn.mock.callCount(), 1);
});

test("an answer that is not SDP is invalid", async (t) => {
  const fake = browser(t);
  fake.callAnswers = [new Response("hello")];
  await assert.rejects(fake.client().connect(), refusal("call_invalid"));
  assert.deepEqual(fake.left(), NOTHING);
});

test("the error that a token function throws is the cause, and decides whether to try again", async (t) => {
  const fake = browser(t);
  const cause = new Error("logged out");
  await assert.rejects(fake.client({ token: () => { throw cause; } }).connect(), refusal("token_failed", { cause }));
  let asked = 0;
  const client = fake.client({ token: () => {
    if (++asked === 1) throw Object.assign(new Error("busy"), { retryable: true });
    return "ek_2";
  } });
  const connecting = client.connect();
  await fake.clock.advance(0);
  await connecting;
  assert.equal(asked, 2);
});
