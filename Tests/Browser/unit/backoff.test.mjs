import assert from "node:assert/strict";
import test from "node:test";
import { backoff } from "../../../Sources/BrowserClient/realtime-client.js";
import { browser } from "./browser.mjs";

const lost = (details) => ({ attempt: 1, reconnecting: true, error: { retryable: true, ...details } });

test("the waits grow, at random from the third on, and end", (t) => {
  browser(t);
  const policy = backoff();
  const waits = Array.from({ length: 11 }, (_, index) => policy({ ...lost(), attempt: index + 1 }));
  assert.deepEqual(waits, [0, 300, 1700, 3200, 5300, 7500, 7500, 7500, 7500, 7500, null]);
});

test("no wait is shorter than Retry-After, and above its cap the client gives up", (t) => {
  browser(t);
  assert.equal(backoff()(lost({ retryAfter: 12 })), 12_500);
  assert.equal(backoff()(lost({ retryAfter: 61 })), null);
  assert.equal(backoff({ maxRetryAfter: 90_000 })(lost({ retryAfter: 61 })), 61_500);
});

test("a 429 whose Retry-After the page cannot read is a second", (t) => {
  browser(t);
  assert.equal(backoff()(lost({ status: 429 })), 1_500);
  assert.equal(backoff()(lost({ status: 429, retryAfter: 3 })), 3_500);
});

test("before a call was ever connected there are two retries", () => {
  const tries = [1, 2, 3].map((attempt) => backoff()({ ...lost(), attempt, reconnecting: false }) !== null);
  assert.deepEqual(tries, [true, true, false]);
});
