// The public interface of test-server.js, and the only place where its types are written.
import type { ClientEvent } from "./realtime-client.js";

export interface TestServerOptions {
  /** The path of the token route. Default `/api/realtime/token`. */
  token?: string;
  /** The path of the route for calls. Default `/api/realtime/calls`. */
  call?: string;
  /** The session of the calls. Default: one of the type `realtime` that transcribes the user. */
  session?: Record<string, unknown>;
}

/**
 * The other side of every call in a unit test of your application, without WebRTC, a microphone, a network or a
 * browser. While it is installed, it replaces `RTCPeerConnection`, `MediaStream`, the devices, `Audio`, `AudioContext`,
 * and `fetch` for the two routes and OpenAI's; the client and your code run as they are. Needs Node 18, or any
 * environment of a test runner that has `fetch`, jsdom included.
 *
 * ```js
 * const server = new TestServer();
 * afterEach(() => server.restore());
 *
 * test("the shop answers", async () => {
 *   startCall();                                  // your code: new RealtimeClient(…).connect()
 *   await server.connected();
 *   server.hears("What does it cost?");
 *   const price = await server.calls("get_price", { item: "lamp" });
 *   server.says("It costs 20 euros.");
 * });
 * ```
 */
export class TestServer {
  constructor(options?: TestServerOptions);
  /** Restores what was replaced. End your calls before. */
  restore(): void;

  /** Resolves when a call is connected, and all parts of the client are loaded. */
  connected(): Promise<void>;
  /** The client events of the current connection. */
  readonly sent: readonly ClientEvent[];
  /** The number of connections so far. */
  readonly connections: number;
  /** Sends an event of OpenAI to the client. Throws if no call is connected. */
  send(event: { type: string; [member: string]: unknown }): void;
  /** Sends the events of a turn of the user: speech, and its transcript. */
  hears(text: string): void;
  /** Sends the events of an answer: its transcript, and the beginning and end of its sound. */
  says(text: string): void;
  /** Has the model call a function of the page. Resolves with the output that the client sends. */
  calls(name: string, members?: object): Promise<string>;
  /** Ends the call, as the server does. */
  hangUp(): void;
  /** Ends the connection, so that the client reconnects. */
  lose(): void;
  /** Answers the next request for a token or a call by a refusal: the status, the code, and seconds to wait. */
  refuse(status: number, refusal?: { code?: string; detail?: string; retryAfter?: number }): void;
  /** Refuses the next request for a microphone, by the name of the DOMException. Default `NotAllowedError`. */
  refuseMicrophone(name?: string): void;
}
