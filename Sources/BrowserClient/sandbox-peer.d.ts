// The public interface of sandbox-peer.js.
import type { AnswerFunction } from "./realtime-client.js";

/**
 * The other side of a call in the sandbox: a parrot, which runs in the page. It repeats what the user says, and sends
 * the events that OpenAI would send. As the `answer` option it answers the sandbox's calls; other calls go their usual
 * way, so the option can stay.
 *
 * The text `/error CODE MESSAGE` makes it send an error, `/tool NAME {"argument": 1}` makes it call a function, and
 * `/hangup` makes it hang up.
 */
export const parrot: AnswerFunction;
