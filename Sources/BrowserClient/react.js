// A React hook for a RealtimeClient, and a component made with it. The page provides React 18 or later. The module is
// written without JSX, so that no build is needed. The interface and its types are in react.d.ts.
import { createElement as h, useEffect, useId, useRef, useState, useSyncExternalStore } from "react";
import { RealtimeClient } from "./realtime-client.js";

/**
 * @typedef {import("./realtime-client.js").RealtimeOptions} RealtimeOptions
 * @typedef {import("./realtime-client.js").RealtimeEvents} RealtimeEvents
 * @typedef {import("./realtime-client.js").RealtimeClient} Client
 * @typedef {import("./react.js").RealtimeSnapshot} RealtimeSnapshot
 */

const SHOWN = /** @type {const} */ ([
  "statechange", "error", "retry", "transcript", "mute", "volume", "playback", "quality", "devices", "lease",
  "activity", "usage",
]);

/** The options that choose the session. A change of one has no effect, and is warned of. */
const FIXED = /** @type {const} */ (["session", "token", "call"]);

/** @param {RealtimeOptions} options */
function createStore(options) {
  // The type is declared here, because the module's types are in its declaration file.
  /** @type {Client} */
  const client = new RealtimeClient(options);
  /** @type {RealtimeEvents["retry"] | undefined} */
  let retry;
  /** @type {RealtimeEvents["devices"] | undefined} */
  let devices;
  /** @returns {RealtimeSnapshot} */
  const look = () => {
    const { state, reason, error, transcripts, muted, volume, playbackBlocked, endsAt, activity, usage } = client;
    const { quality } = client.monitor;
    return {
      state, reason, error, retry, transcripts, muted, volume, playbackBlocked, quality, devices, endsAt, activity,
      usage,
    };
  };
  let snapshot = look();
  return {
    client,
    getSnapshot: () => snapshot,
    /** @param {() => void} changed */
    subscribe(changed) {
      const update = () => {
        snapshot = look();
        changed();
      };
      const ends = SHOWN.map((type) => client.on(type, (detail) => {
        if (type === "retry") retry = /** @type {RealtimeEvents["retry"]} */ (detail);
        if (type === "devices") devices = /** @type {RealtimeEvents["devices"]} */ (detail);
        if (type === "statechange" && (client.state === "connected" || client.state === "closed")) retry = undefined;
        update();
      }));
      return () => { for (const end of ends) end(); };
    },
  };
}

/** @type {typeof import("./react.js").useRealtime} */
export function useRealtime(options = {}) {
  const latest = useRef(options);
  useEffect(() => { latest.current = options; });
  const [first] = useState(options);
  const changed = FIXED.find((name) => {
    const [before, now] = [first[name], options[name]];
    return typeof now !== "function" && String(before) !== String(now);
  });
  useEffect(() => {
    if (changed) console.warn(`useRealtime: ${changed} has changed, without effect. Give the component another key.`);
  }, [changed]);
  const [store] = useState(() => {
    const { token, authorization } = options;
    return createStore({
      ...options,
      ...(typeof token === "function" && {
        token: (/** @type {Parameters<typeof token>[0]} */ context) =>
          /** @type {typeof token} */ (latest.current.token)(context),
      }),
      ...(typeof authorization === "function" && {
        authorization: () => /** @type {typeof authorization} */ (latest.current.authorization)(),
      }),
    });
  });
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  // Creating a client has no side effects, so StrictMode's second client needs no cleanup; only a call does.
  useEffect(() => () => store.client.disconnect(), [store]);
  return { client: store.client, ...snapshot };
}

/** @type {typeof import("./react.js").useLevels} */
export function useLevels(client) {
  const [levels, setLevels] = useState(SILENCE);
  useEffect(() => {
    let frame = 0;
    const look = () => {
      const { input, output } = client.levels();
      setLevels((before) => before.input === input && before.output === output ? before : { input, output });
      frame = requestAnimationFrame(look);
    };
    const follow = () => {
      cancelAnimationFrame(frame);
      // Nothing is measured before the call is connected, and after it.
      if (client.state === "connected" || client.state === "unstable") look();
      else setLevels(SILENCE);
    };
    const end = client.on("statechange", follow);
    follow();
    return () => {
      end();
      cancelAnimationFrame(frame);
    };
  }, [client]);
  return levels;
}

const SILENCE = { input: 0, output: 0 };

/** @type {Record<Client["state"], string>} */
const STATES = {
  idle: "Not connected",
  "requesting-microphone": "Waiting for the microphone: please allow it",
  connecting: "Connecting…",
  connected: "Connected",
  unstable: "The connection is unstable…",
  reconnecting: "Reconnecting…",
  closed: "The call has ended",
};

/** @type {typeof import("./react.js").RealtimeVoiceChat} */
export function RealtimeVoiceChat({ options, title = "Voice chat", className = "realtime-voice-chat" }) {
  const { client, state, error, retry, transcripts, muted, volume, playbackBlocked, devices, endsAt, activity } =
    useRealtime(options);
  const [text, setText] = useState("");
  const [trouble, setTrouble] = useState("");
  const id = useId();
  const active = state !== "idle" && state !== "closed";
  const open = state === "connected" || state === "unstable";
  /** @param {Promise<unknown>} promise */
  const attempt = (promise) => {
    setTrouble("");
    promise.catch((/** @type {Error} */ failure) => setTrouble(failure.message));
  };
  // The error of a call is shown from the state.
  const toggle = () => { if (active) client.disconnect(); else client.connect().catch(() => {}); };
  const send = (/** @type {{ preventDefault(): void }} */ event) => {
    event.preventDefault();
    if (!open || !text.trim()) return;
    // A live session may accept no text.
    attempt((async () => {
      client.sendText(text.trim());
      setText("");
    })());
  };

  return h("section", { className, "aria-labelledby": `${id}title`, "data-activity": activity },
    h("h2", { id: `${id}title` }, title),
    h("p", { role: "status" },
      STATES[state], retry && ` Next attempt in ${Math.ceil(retry.delay / 1000)} s.`),
    endsAt !== undefined && h("p", { className: "ends" },
      `Ends by ${new Date(endsAt).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" })}`),
    h("p", { role: "alert" }, trouble || error?.message),
    h("div", { className: "controls" },
      // One button for both, so that it keeps the focus.
      h("button", { type: "button", onClick: toggle }, active ? "Disconnect" : "Connect"),
      h("button", {
        type: "button", "aria-pressed": muted, disabled: !active,
        onClick: () => { if (muted) client.unmute(); else client.mute(); },
      }, "Mute"),
      playbackBlocked && h("button", { type: "button", onClick: () => attempt(client.startAudio()) }, "Play sound"),
      h("label", null, "Volume ", h("input", {
        type: "range", min: 0, max: 1, step: 0.05, value: volume,
        onChange: (/** @type {{ target: HTMLInputElement }} */ { target }) => { client.volume = Number(target.value); },
      })),
      devices && h("label", null, "Microphone ", h("select", {
        value: devices.microphoneId ?? "",
        onChange: (/** @type {{ target: HTMLSelectElement }} */ { target }) =>
          attempt(client.setMicrophone(target.value || undefined)),
      },
      h("option", { value: "" }, "Default"),
      devices.microphones.filter(({ deviceId }) => deviceId && deviceId !== "default").map(({ deviceId, label }) =>
        h("option", { key: deviceId, value: deviceId }, label))))),
    h("ol", { role: "log", "aria-label": "Transcript", className: "transcript" },
      transcripts.filter((transcript) => transcript.text).map(({ itemId, role, text: spoken }) =>
        h("li", { key: itemId, className: role }, h("b", null, role === "user" ? "You: " : "Assistant: "), spoken))),
    h("form", { onSubmit: send },
      h("label", null, "Message ", h("input", {
        value: text, autoComplete: "off",
        onChange: (/** @type {{ target: HTMLInputElement }} */ { target }) => setText(target.value),
      })),
      h("button", { type: "submit", disabled: !open }, "Send")));
}

export default RealtimeVoiceChat;
