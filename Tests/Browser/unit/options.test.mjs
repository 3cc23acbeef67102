import assert from "node:assert/strict";
import test from "node:test";
import { browser, gate, NOTHING, settle, Track } from "./browser.mjs";

/** A stream of the page, and its track. */
function own() {
  const track = new Track("mixer");
  return { track, stream: new MediaStream([track]) };
}

test("a stream of the page is sent as a clone, which mute and the end of the call leave alone", async (t) => {
  const fake = browser(t);
  const { stream, track } = own();
  const client = await fake.connected({ microphone: stream });
  assert.deepEqual([fake.devices.asked.length, fake.peer.transceiver.sender.track], [0, track.cloned]);
  assert.equal((await client.devices()).microphoneId, undefined);
  client.mute();
  assert.deepEqual([track.enabled, track.cloned.enabled], [true, false]);
  client.disconnect();
  assert.deepEqual([track.readyState, track.cloned.readyState, fake.left()], ["live", "ended", NOTHING]);
});

test("a stream of the page can take over in a call, and a device again after it", async (t) => {
  const fake = browser(t);
  const { stream, track } = own();
  const client = await fake.connected();
  await client.setMicrophone(stream);
  assert.deepEqual([fake.peer.transceiver.sender.track, fake.devices.tracks[0].readyState], [track.cloned, "ended"]);
  await client.setMicrophone("head");
  assert.deepEqual([track.cloned.readyState, fake.left().tracks], ["ended", 1]);
});

test("a stream of the page that ends is not replaced by a microphone that the page did not ask for", async (t) => {
  const fake = browser(t);
  const { stream, track } = own();
  const client = await fake.connected({ microphone: stream });
  await settle();
  track.cloned.vanish();
  await settle();
  assert.deepEqual(fake.logged("error").map(({ code }) => code), ["microphone_ended"]);
  fake.devices.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.deepEqual([fake.devices.asked, client.state], [[], "connected"]);
});

test("a stream without sound is a missing microphone", async (t) => {
  const fake = browser(t);
  await assert.rejects(fake.client({ microphone: new MediaStream([]) }).connect(), { code: "microphone_missing" });
  assert.deepEqual(fake.left(), NOTHING);
});

test("rtc as a function configures each connection, and its failure ends the call like that of the token's", async (t) => {
  const fake = browser(t);
  let count = 0;
  const rtc = async ({ signal }) => {
    assert.ok(signal instanceof AbortSignal);
    count += 1;
    if (count > 2) throw new Error("no credentials");
    return { iceServers: [{ urls: "turn:turn.example", credential: String(count) }] };
  };
  const client = await fake.connected({ rtc });
  fake.peer.change("failed");
  await fake.clock.advance(400);
  assert.deepEqual(fake.Peer.all.map(({ configuration }) => configuration.iceServers[0].credential), ["1", "2"]);
  fake.peer.change("failed");
  await fake.clock.advance(400);
  assert.deepEqual([client.state, client.error.code, client.error.message], ["closed", "token_failed", "no credentials"]);
  // No token is spent on an attempt that cannot be made.
  assert.equal(fake.tokens, 2);
  assert.deepEqual(fake.left(), NOTHING);
});

test("a function of rtc that does not return is not waited for longer than for a token", async (t) => {
  const fake = browser(t);
  const client = fake.client({ rtc: () => new Promise(() => {}), reconnect: false });
  const refused = assert.rejects(client.connect(), { code: "token_timeout" });
  await fake.clock.advance(10_000);
  await refused;
  assert.deepEqual([fake.Peer.all.length, fake.left()], [0, NOTHING]);
});

/** A system that keeps the screen on, with what it was asked for. */
function screen(fake) {
  const locks = [];
  fake.navigator.wakeLock = {
    request: async (kind) => {
      const lock = { kind, released: false, release: () => { lock.released = true; } };
      locks.push(lock);
      return lock;
    },
  };
  return { locks, show: async (visibilityState) => {
    fake.document.visibilityState = visibilityState;
    fake.document.dispatchEvent(new Event("visibilitychange"));
    await settle();
  } };
}

test("the screen stays on during a call, also after the page was hidden, and not longer", async (t) => {
  const fake = browser(t);
  const { locks, show } = screen(fake);
  const client = await fake.connected({ wakeLock: true });
  await settle();
  assert.deepEqual(locks.map(({ kind, released }) => [kind, released]), [["screen", false]]);
  await show("visible");
  assert.equal(locks.length, 1);
  locks[0].released = true;
  await show("hidden");
  assert.equal(locks.length, 1);
  await show("visible");
  assert.equal(locks.length, 2);
  client.disconnect();
  assert.equal(locks[1].released, true);
  await show("visible");
  assert.equal(locks.length, 2);
});

test("a page that is hidden and shown before the system has answered keeps one of two locks", async (t) => {
  const fake = browser(t);
  const { locks, show } = screen(fake);
  const { open, wait } = gate();
  const { request } = fake.navigator.wakeLock;
  fake.navigator.wakeLock.request = (kind) => wait().then(() => request(kind));
  const client = await fake.connected({ wakeLock: true });
  await settle();
  await show("visible");
  open();
  await settle();
  assert.deepEqual(locks.map(({ released }) => released), [false, true]);
  client.disconnect();
  assert.deepEqual(locks.map(({ released }) => released), [true, true]);
});

test("without the option the screen stays on where touch is the main input", async (t) => {
  t.after(() => { delete globalThis.matchMedia; });
  for (const [matches, wakeLock, count] of [[true, undefined, 1], [false, undefined, 0], [true, false, 0]]) {
    const fake = browser(t);
    globalThis.matchMedia = () => ({ matches });
    const { locks } = screen(fake);
    await fake.connected(wakeLock === undefined ? {} : { wakeLock });
    await settle();
    assert.equal(locks.length, count);
  }
});

test("a system that refuses to keep the screen on, or cannot, does not harm the call", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ wakeLock: true });
  await settle();
  client.disconnect();
  fake.navigator.wakeLock = { request: async () => { throw new DOMException("low battery", "NotAllowedError"); } };
  await client.connect();
  await settle();
  assert.deepEqual([client.state, fake.logged("error")], ["connected", []]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});
