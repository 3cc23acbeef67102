import assert from "node:assert/strict";
import test from "node:test";
import { ConnectionMonitor } from "../../../Sources/BrowserClient/realtime-client.js";
import { browser, settle } from "./browser.mjs";

/** A report after this many seconds of a call with these properties. */
function report(browserName, seconds, { rtt = 0.04, jitter = 0.004, lost = 0, remoteLost = 0 } = {}) {
  const timestamp = 1000 * seconds;
  const firefox = browserName === "Firefox";
  const pair = firefox
    ? { selected: true, nominated: true }
    : { nominated: true, totalRoundTripTime: rtt * seconds, responsesReceived: seconds, currentRoundTripTime: rtt };
  const stats = [
    { id: "old", type: "candidate-pair", nominated: true, totalRoundTripTime: 99, responsesReceived: 1, timestamp },
    { id: "pair", type: "candidate-pair", timestamp, ...pair },
    { id: "in", type: "inbound-rtp", kind: "audio", timestamp, packetsReceived: 50 * seconds - lost, packetsLost: lost, jitter, bytesReceived: 4000 * seconds },
    { id: "out", type: "outbound-rtp", kind: "audio", timestamp, packetsSent: 50 * seconds, bytesSent: 5000 * seconds },
    { id: "remote", type: "remote-inbound-rtp", kind: "audio", timestamp, packetsLost: remoteLost, roundTripTime: rtt,
      totalRoundTripTime: rtt * seconds, roundTripTimeMeasurements: seconds },
    ...(firefox ? [] : [{ id: "T", type: "transport", selectedCandidatePairId: "pair", timestamp }]),
  ];
  return new Map(stats.map((stat) => [stat.id, stat]));
}

const connection = (reports) => ({ getStats: async () => reports.length > 1 ? reports.shift() : reports[0] });
const rounded = (value) => Math.round(value * 1000) / 1000;

for (const name of ["Chromium", "Firefox"]) {
  test(`it measures differences between reports of ${name}`, async (t) => {
    const fake = browser(t);
    const monitor = new ConnectionMonitor();
    monitor.start(connection([
      report(name, 10, { lost: 400 }), report(name, 12, { lost: 410, remoteLost: 1, jitter: 0.01 }),
    ]));
    await settle();
    assert.equal(monitor.stats, undefined);
    await fake.clock.advance(2000);
    const { rtt, jitter, loss, remoteLoss, ...rest } = monitor.stats;
    assert.deepEqual([rtt, jitter, loss, remoteLoss].map(rounded), [40, 10, 0.1, 0.01]);
    assert.deepEqual(rest, { interval: 2000, receivedBitrate: 32_000, sentBitrate: 40_000, quality: "poor" });
    monitor.stop();
    assert.equal(fake.clock.timers.size, 0);
  });
}

for (const [quality, now] of [
  ["good", {}], ["fair", { lost: 3 }], ["fair", { jitter: 0.04 }], ["fair", { remoteLost: 3 }],
  ["poor", { lost: 20 }], ["poor", { jitter: 0.1 }],
]) {
  test(`${JSON.stringify(now)} is ${quality}`, async (t) => {
    browser(t);
    const monitor = new ConnectionMonitor();
    monitor.start(connection([report("Chromium", 10), report("Chromium", 12, now)]));
    await settle();
    assert.equal((await monitor.sample()).quality, quality);
    monitor.stop();
  });
}

test("a long round trip is fair, and a longer one poor", async (t) => {
  browser(t);
  for (const [rtt, quality] of [[0.3, "fair"], [0.6, "poor"]]) {
    const monitor = new ConnectionMonitor();
    monitor.start(connection([report("Firefox", 10, { rtt }), report("Firefox", 12, { rtt })]));
    await settle();
    assert.equal((await monitor.sample()).quality, quality);
    monitor.stop();
  }
});

test("custom limits are used", async (t) => {
  browser(t);
  const monitor = new ConnectionMonitor({ fair: { rtt: 10, jitter: 10, loss: 1 } });
  monitor.start(connection([report("Chromium", 10), report("Chromium", 12)]));
  await settle();
  assert.equal((await monitor.sample()).quality, "fair");
  monitor.stop();
});

test("duplicates, and a member that appears late, do not count as loss", async (t) => {
  browser(t);
  const first = report("Chromium", 10, { lost: 5 });
  first.delete("remote");
  const monitor = new ConnectionMonitor();
  monitor.start(connection([first, report("Chromium", 12, { lost: 3, remoteLost: 500 })]));
  await settle();
  const { loss, remoteLoss } = await monitor.sample();
  assert.deepEqual([loss, remoteLoss], [0, 0]);
  monitor.stop();
});

test("an empty report leaves the quality unknown", async (t) => {
  browser(t);
  const monitor = new ConnectionMonitor();
  monitor.start(connection([new Map()]));
  await settle();
  assert.equal((await monitor.sample()).quality, "unknown");
  monitor.stop();
});

test("quality changes are events, and so is every measurement", async (t) => {
  const fake = browser(t);
  const monitor = new ConnectionMonitor();
  const seen = [];
  monitor.on("quality", ({ quality, previous }) => seen.push(`${previous}→${quality}`));
  monitor.on("stats", () => seen.push("stats"));
  monitor.start(connection([
    report("Chromium", 10), report("Chromium", 12), report("Chromium", 14), report("Chromium", 16, { jitter: 1 }),
  ]));
  await fake.clock.advance(6000);
  assert.deepEqual(seen, ["stats", "unknown→good", "stats", "stats", "good→poor"]);
  monitor.stop();
});

test("it begins with the connection, goes over to the next, and ends with the call", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const seen = [];
  client.on("quality", ({ quality }) => seen.push(quality));
  fake.peer.report = report("Chromium", 10);
  await fake.clock.advance(2000);
  fake.peer.report = report("Chromium", 12);
  await fake.clock.advance(2000);
  assert.deepEqual([seen.at(-1), client.monitor.quality], ["good", "good"]);
  fake.peer.change("failed");
  await fake.clock.advance(0);
  assert.equal(client.monitor.quality, "unknown");
  client.disconnect();
  assert.equal(fake.clock.timers.size, 0);
});

test("used without a client, it ends when the connection is closed", async (t) => {
  const fake = browser(t);
  const monitor = new ConnectionMonitor();
  const alone = { connectionState: "connected", ...connection([report("Chromium", 1)]) };
  monitor.start(alone);
  alone.connectionState = "closed";
  await fake.clock.advance(2000);
  assert.equal(fake.clock.timers.size, 0);
});
