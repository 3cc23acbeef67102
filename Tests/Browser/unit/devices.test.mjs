import assert from "node:assert/strict";
import test from "node:test";
import { browser, gate, NOTHING, settle, Track } from "./browser.mjs";

test("devices have labels, and cameras are not listed", async (t) => {
  const fake = browser(t);
  const { microphones, outputs, microphoneId, outputId } = await fake.client({ microphone: "desk" }).devices();
  assert.deepEqual(microphones.map(({ label }) => label), ["Desk", "Headset"]);
  assert.deepEqual(outputs.map(({ label }) => label), ["Loudspeaker"]);
  assert.deepEqual([microphoneId, outputId], ["desk", undefined]);
});

test("they are announced once the microphone is open, and when one comes or goes", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  assert.equal(fake.logged("devices").length, 1);
  fake.devices.list = fake.devices.list.slice(1);
  fake.devices.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.deepEqual(fake.logged("devices").at(-1).microphones.map(({ label }) => label), ["Headset"]);
  client.disconnect();
  fake.devices.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.equal(fake.logged("devices").length, 2);
});

test("another microphone takes over without renegotiation, and stays muted", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const [first] = fake.devices.tracks;
  client.mute();
  await client.setMicrophone("head");
  const [, second] = fake.devices.tracks;
  assert.deepEqual(fake.peer.transceiver.sender.replaced, [second]);
  assert.deepEqual([first.readyState, second.readyState, second.enabled], ["ended", "live", false]);
  assert.deepEqual(fake.devices.asked[1].audio.deviceId, { exact: "head" });
  assert.equal(fake.Peer.all.length, 1);
  client.unmute();
  assert.equal(second.enabled, true);
  assert.deepEqual(fake.logged("mute"), [{ muted: true }, { muted: false }]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("muting while the microphone changes reaches both", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const { open, wait } = gate();
  const { sender } = fake.peer.transceiver;
  const replace = sender.replaceTrack;
  sender.replaceTrack = async (track) => {
    await wait();
    return replace(track);
  };
  const changing = client.setMicrophone("head");
  await settle();
  client.mute();
  assert.deepEqual(fake.devices.tracks.map(({ enabled }) => enabled), [false, false]);
  open();
  await changing;
});

test("the last of two changes wins, and one track is left", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const { open, wait } = gate();
  fake.devices.answers = [wait];
  const changes = [client.setMicrophone("head"), client.setMicrophone("desk")];
  open();
  await Promise.all(changes);
  assert.equal(fake.peer.transceiver.sender.track.deviceId, "desk");
  assert.equal(fake.left().tracks, 1);
});

test("a microphone that cannot be opened leaves the one in use", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.devices.answers = [new DOMException("gone", "OverconstrainedError")];
  await assert.rejects(client.setMicrophone("head"), { code: "microphone_missing" });
  fake.peer.replaceError = new DOMException("no", "InvalidModificationError");
  await assert.rejects(client.setMicrophone("head"), { code: "microphone_busy" });
  assert.equal(fake.devices.tracks[0].readyState, "live");
  assert.equal(fake.left().tracks, 1);
  assert.equal((await client.devices()).microphoneId, undefined);
});

test("a call that ends during a change leaves no track", async (t) => {
  for (const at of ["question", "replacement"]) {
    const fake = browser(t);
    const client = await fake.connected();
    const { open, wait } = gate();
    if (at === "question") fake.devices.answers = [wait];
    else fake.peer.transceiver.sender.replaceTrack = wait;
    const changing = assert.rejects(client.setMicrophone("head"), { code: "aborted" });
    await settle();
    client.disconnect();
    assert.deepEqual(fake.left(), NOTHING);
    open();
    await changing;
    assert.deepEqual(fake.left(), NOTHING);
  }
});

test("when the microphone vanishes the default takes over", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ microphone: "head" });
  client.mute();
  fake.devices.tracks[0].vanish();
  await settle();
  const { track } = fake.peer.transceiver.sender;
  assert.deepEqual([track.deviceId, track.enabled], ["default", false]);
  assert.equal(fake.logged("devices").at(-1).lost, true);
  assert.equal((await client.devices()).microphoneId, undefined);
  assert.equal(client.state, "connected");
});

test("without another microphone the call goes on, and one can be added later", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  fake.devices.answers = [new DOMException("none", "NotFoundError")];
  fake.devices.tracks[0].vanish();
  await settle();
  assert.deepEqual(fake.logged("error").map(({ code }) => code), ["microphone_ended"]);
  assert.equal(client.state, "connected");
  await client.setMicrophone("head");
  assert.equal(fake.peer.transceiver.sender.track.deviceId, "head");
});

test("a microphone that vanishes while another is chosen does not undo the choice", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const changing = client.setMicrophone("head");
  fake.devices.tracks[0].vanish();
  await changing;
  await settle();
  assert.equal(fake.peer.transceiver.sender.track.deviceId, "head");
  assert.equal(fake.left().tracks, 1);
});

test("a remembered microphone that is gone is replaced by the default", async (t) => {
  const fake = browser(t);
  fake.devices.answers = [new DOMException("gone", "OverconstrainedError")];
  const client = await fake.connected({ microphone: "old" });
  assert.equal(client.state, "connected");
  assert.equal(fake.devices.asked[1].audio.deviceId, undefined);
});

test("a call without a microphone can be given one", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ microphone: false });
  await client.setMicrophone(undefined);
  assert.equal(fake.peer.transceiver.sender.track.deviceId, "default");
});

test("an output is chosen, refused, and given up when it vanishes", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ output: "loud" });
  assert.equal(fake.Element.all[0].sinkId, "loud");
  await assert.rejects(client.setOutput("broken"), { code: "device_failed" });
  assert.equal((await client.devices()).outputId, "loud");
  fake.devices.list = fake.devices.list.filter(({ deviceId }) => deviceId !== "loud");
  fake.devices.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.deepEqual([fake.Element.all[0].sinkId, fake.logged("devices").at(-1).outputId], ["", undefined]);
});

test("it plays in the page's own element, which is empty afterwards", async (t) => {
  const fake = browser(t);
  const element = new fake.Element();
  const client = await fake.connected({ element });
  assert.equal(element.srcObject.tracks[0].deviceId, "remote");
  assert.equal(fake.Element.all.length, 1);
  client.disconnect();
  assert.deepEqual([element.srcObject, element.paused], [null, true]);
});

test("when the browser does not play, it says so and plays in a click", async (t) => {
  const fake = browser(t);
  fake.Element.refuses = true;
  const client = await fake.connected();
  assert.deepEqual([client.playbackBlocked, client.state], [true, "connected"]);
  await assert.rejects(client.startAudio(), { code: "device_failed" });
  fake.Element.refuses = false;
  await client.startAudio();
  assert.deepEqual(fake.logged("playback"), [{ blocked: true }, { blocked: false }]);
});

test("the volume is measured on what the element plays", async (t) => {
  const fake = browser(t);
  const client = await fake.connected();
  const [element] = fake.Element.all;
  assert.equal(element.srcObject.tracks[0].deviceId, "remote");
  client.volume = 0.5;
  await settle();
  assert.equal(element.srcObject.tracks[0].deviceId, "mix");
  assert.equal(client.levels().output, 0.25);
  client.volume = 0;
  assert.equal(client.levels().output, 0);
  client.volume = 1;
  assert.equal(client.levels().output, 0.5);
  for (const wrong of [-0.1, 1.1, NaN]) assert.throws(() => { client.volume = wrong; }, RangeError);
  assert.deepEqual(fake.logged("volume").map(({ volume }) => volume), [0.5, 0, 1]);
  client.disconnect();
  assert.deepEqual(fake.left(), NOTHING);
});

test("a volume that was set before holds in the call and over a reconnect", async (t) => {
  const fake = browser(t);
  const client = await fake.connected({ volume: 0.5 });
  assert.equal(client.levels().output, 0.25);
  fake.peer.change("failed");
  await fake.clock.advance(0);
  await settle();
  assert.equal(client.levels().output, 0.25);
});

test("the input's level follows mute and microphone, and there is none without a call", async (t) => {
  const fake = browser(t);
  const client = fake.client();
  assert.deepEqual(client.levels(), { input: 0, output: 0 });
  assert.equal(fake.Context.all.length, 0);
  await client.connect();
  client.levels();
  await settle();
  assert.equal(client.levels().input, 0.5);
  client.mute();
  assert.equal(client.levels().input, 0);
  await client.setMicrophone("head");
  client.unmute();
  assert.equal(client.levels().input, 0.5);
  client.disconnect();
  assert.deepEqual(client.levels(), { input: 0, output: 0 });
});

test("only its own tracks are stopped", async (t) => {
  const fake = browser(t);
  const stranger = new Track("stranger");
  const client = await fake.connected();
  const remote = fake.Element.all[0].srcObject.tracks[0];
  client.disconnect();
  assert.deepEqual([stranger.readyState, remote.readyState], ["live", "live"]);
});
