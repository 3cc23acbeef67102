// The public interface of device-check.js, and the only place where its types are written.

/** Whether the page may use microphones; `unknown` where the browser does not say. It asks the user nothing. */
export function microphonePermission(): Promise<PermissionState | "unknown">;

export interface DeviceCheckOptions {
  /** The device id of the first microphone. Default: the browser's default. */
  microphone?: string;
  /** The device id of the output for the tone. Default: the browser's default. */
  output?: string;
  /** More constraints for the microphone, as in the client's options. */
  audio?: MediaTrackConstraints;
}

/**
 * A check of the devices before a call, for a page with a meter and a list of microphones. The microphone is open from
 * `start()` to `stop()`.
 *
 * ```js
 * const check = new DeviceCheck();
 * await check.start();                                   // in a click; may ask the user
 * const meter = setInterval(() => draw(check.level(), check.hasHeard), 50);
 * // later
 * clearInterval(meter);
 * const microphone = check.microphone?.deviceId;
 * check.stop();
 * new RealtimeClient({ microphone });
 * ```
 */
export class DeviceCheck {
  constructor(options?: DeviceCheckOptions);
  /** Opens the microphone. Rejects with the client's errors: `microphone_denied`, `microphone_missing`,
   *  `microphone_busy`, `unsupported`, or `aborted` after `stop()` or another choice. */
  start(): Promise<void>;
  /** Opens another microphone in its place; on failure the old one stays open. */
  setMicrophone(deviceId: string | undefined): Promise<void>;
  /** The microphone that is open; without an id if it is the browser's default, so that a call follows the default. */
  readonly microphone: { readonly label: string; readonly deviceId: string | undefined } | undefined;
  /** The microphones of the machine; they have labels once the user has allowed one. */
  microphones(): Promise<MediaDeviceInfo[]>;
  /** The level of the microphone, from 0 to 1; call it for each frame that you draw. */
  level(): number;
  /** Whether several levels in a row were more than silence since the microphone was opened. */
  readonly hasHeard: boolean;
  /** Whether the system has muted the microphone, for example by a key of a headset. */
  readonly isSilenced: boolean;
  /** The device id of the output for the tone. */
  output: string | undefined;
  /** Plays a tone of 0.6 s. Call it in a click. Rejects with `device_failed`. */
  playTone(): Promise<void>;
  /** Ends the check: nothing stays open. */
  stop(): void;
}
