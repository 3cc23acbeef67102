import assert from "node:assert/strict";
import test from "node:test";
import { DeviceCheck, microphonePermission } from "../../../Sources/BrowserClient/device-check.js";
import { browser, gate, NOTHING, settle } from "./browser.mjs";

test("the permission is read without a question, where the browser says it", async (t) => {
  const fake = browser(t);
  assert.equal(await microphonePermission(), "unknown");
  fake.navigator.permissions = { query: async ({ name }) => ({ state: name === "microphone" ? "denied" : "granted" }) };
  assert.equal(await microphonePermission(), "denied");
  assert.deepEqual(fake.devices.asked, []);
});

test("a microphone that hears something differs from a silent one, and nothing of it stays open", async (t) => {
  const fake = browser(t);
  const check = new DeviceCheck({ microphone: "head" });
  assert.deepEqual([check.level(), check.microphone], [0, undefined]);
  await check.start();
  assert.equal(check.microphone.deviceId, "head");
  assert.deepEqual([check.level(), check.hasHeard], [0.5, false]);
  check.level();
  check.level();
  assert.equal(check.hasHeard, true);
  await check.setMicrophone("desk");
  assert.deepEqual([check.hasHeard, fake.left().tracks, fake.left().contexts], [false, 1, 1]);
  fake.devices.tracks[1].enabled = false;
  for (let look = 0; look < 5; look++) check.level();
  assert.equal(check.hasHeard, false);
  fake.devices.tracks[1].muted = true;
  assert.equal(check.isSilenced, true);
  assert.deepEqual((await check.microphones()).map(({ label }) => label), ["Desk", "Headset"]);
  check.stop();
  assert.deepEqual(fake.left(), NOTHING);
});

test("the default microphone has no id, so that a call follows the default", async (t) => {
  browser(t);
  const check = new DeviceCheck();
  await check.start();
  assert.deepEqual(check.microphone, { label: "Fake", deviceId: undefined });
  await check.setMicrophone("head");
  assert.equal(check.microphone.deviceId, "head");
  check.stop();
});

for (const [name, code] of [["NotAllowedError", "denied"], ["NotFoundError", "missing"], ["NotReadableError", "busy"]]) {
  test(`a microphone that is ${code} is the error of the client`, async (t) => {
    const fake = browser(t);
    fake.devices.answers = [new DOMException("no", name)];
    const check = new DeviceCheck();
    await assert.rejects(check.start(), { name: "RealtimeError", code: `microphone_${code}` });
    assert.deepEqual(fake.left(), NOTHING);
  });
}

test("a page that is not secure has no microphones", async (t) => {
  const fake = browser(t);
  delete fake.navigator.mediaDevices;
  await assert.rejects(new DeviceCheck().start(), { code: "unsupported" });
  assert.deepEqual(await new DeviceCheck().microphones(), []);
});

test("a check that ends while the user decides leaves no microphone, and the last of two choices wins", async (t) => {
  const fake = browser(t);
  const { open, wait } = gate();
  fake.devices.answers = [wait, wait];
  const check = new DeviceCheck();
  const first = assert.rejects(check.start(), { code: "aborted" });
  const second = check.setMicrophone("head");
  open();
  await Promise.all([first, second]);
  assert.deepEqual([check.microphone.deviceId, fake.left().tracks], ["head", 1]);
  const late = gate();
  fake.devices.answers = [late.wait];
  const third = assert.rejects(check.setMicrophone("desk"), { code: "aborted" });
  check.stop();
  late.open();
  await third;
  assert.deepEqual(fake.left(), NOTHING);
});

test("a tone is played on the chosen output, and ends with the check", async (t) => {
  const fake = browser(t);
  const check = new DeviceCheck({ output: "loud" });
  const playing = check.playTone();
  await settle();
  assert.deepEqual([fake.Element.all[0].sinkId, fake.left().playing], ["loud", 1]);
  fake.Context.all[0].oscillator.onended();
  await playing;
  assert.deepEqual(fake.left(), NOTHING);
  const cut = check.playTone();
  await settle();
  check.stop();
  await cut;
  assert.deepEqual(fake.left(), NOTHING);
  check.output = "broken";
  await assert.rejects(check.playTone(), { code: "device_failed" });
  const { AudioContext } = globalThis;
  globalThis.AudioContext = class { constructor() { throw new DOMException("too many", "NotSupportedError"); } };
  await assert.rejects(check.playTone(), { code: "device_failed" });
  globalThis.AudioContext = AudioContext;
  assert.deepEqual(fake.left(), NOTHING);
});
