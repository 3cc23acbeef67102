// The devices, the volume and the two levels.

import { html, input, make, say, select } from './page.js';

/**
 * @typedef {import('../api/realtime/client/realtime-client.js').RealtimeClient} RealtimeClient
 * @typedef {import('../api/realtime/client/realtime-client.js').DeviceList} DeviceList
 */

/** The ids under which Chromium lists a device a second time. */
const aliases = ['', 'default', 'communications'];
/** The milliseconds between two values for screen readers; the bars move with every frame. */
const pace = 250;

/**
 * Loudness between silence (-60 dB) and full scale on a logarithmic scale, 0 to 1.
 * @param {number} rms
 */
export const loudness = (rms) => (rms > 0 ? Math.min(1, Math.max(0, 1 + Math.log10(rms) / 3)) : 0);

export class Sound {
  #microphone = select('microphone');
  #speaker = select('speaker');
  #hint = html('devices-hint');
  #volume = input('volume');
  #volumeValue = html('volume-value');
  #levels = [html('input-level'), html('output-level')];
  #paced = 0;
  /** @type {RealtimeClient | undefined} */
  #client;

  /**
   * @param {{failed: (error: unknown) => void, microphone: () => void}} handlers `microphone`: another one is in use
   */
  constructor({ failed, microphone }) {
    this.#microphone.addEventListener('change', () => {
      this.#client?.setMicrophone(this.#microphone.value || undefined)
        .then(microphone, (error) => this.#undo(error, failed));
    });
    this.#speaker.addEventListener('change', () => {
      this.#client?.setOutput(this.#speaker.value || undefined).catch((error) => this.#undo(error, failed));
    });
    this.#volume.addEventListener('input', () => {
      if (this.#client) this.#client.volume = this.#volume.valueAsNumber / 100;
      this.#showVolume();
    });
    this.#showVolume();
  }

  /** The options of a new client. */
  get options() {
    return {
      microphone: this.#microphone.value || undefined,
      output: this.#speaker.value || undefined,
      volume: this.#volume.valueAsNumber / 100,
    };
  }

  /** @param {RealtimeClient} client */
  attach(client) {
    this.#client = client;
    return this.refresh();
  }

  /** Reads the list of devices again. */
  async refresh() {
    const list = await this.#client?.devices().catch(() => undefined);
    if (list) this.show(list);
  }

  /** @param {DeviceList} list */
  show({ microphones, outputs, microphoneId, outputId }) {
    const named = [...microphones, ...outputs].some(({ label }) => label);
    fill(this.#microphone, microphones, microphoneId, 'Microphone');
    fill(this.#speaker, outputs, outputId, 'Speaker');
    this.#speaker.disabled = named && outputs.length === 0;
    this.#hint.hidden = named && outputs.length > 0;
    say(this.#hint, named
      ? 'This browser plays on the system’s output.'
      : 'Names appear once the microphone is allowed.');
  }

  /**
   * @param {number} inputLevel
   * @param {number} outputLevel
   */
  draw(inputLevel, outputLevel) {
    const now = performance.now();
    const spoken = now - this.#paced >= pace || (inputLevel === 0 && outputLevel === 0);
    if (spoken) this.#paced = now;
    [inputLevel, outputLevel].forEach((level, index) => {
      const meter = this.#levels[index];
      const bar = meter.firstElementChild;
      if (bar instanceof HTMLElement) bar.style.transform = `scaleX(${level.toFixed(3)})`;
      if (spoken) meter.setAttribute('aria-valuenow', String(Math.round(level * 100)));
    });
  }

  /**
   * @param {unknown} error
   * @param {(error: unknown) => void} failed
   */
  async #undo(error, failed) {
    failed(error);
    await this.refresh();
  }

  #showVolume() {
    this.#volumeValue.textContent = `${this.#volume.value} %`;
    this.#volume.setAttribute('aria-valuetext', `${this.#volume.value} percent`);
  }
}

/**
 * Lists the devices in a menu. An unchanged list is not written again, because that would close an open menu.
 * @param {HTMLSelectElement} menu
 * @param {readonly MediaDeviceInfo[]} devices
 * @param {string | undefined} chosen
 * @param {string} kind
 */
function fill(menu, devices, chosen, kind) {
  const options = devices.filter(({ deviceId }) => !aliases.includes(deviceId))
    .map(({ deviceId, label }, index) => ({ value: deviceId, text: label || `${kind} ${index + 1}` }));
  const wanted = JSON.stringify(options);
  if (menu.dataset.options !== wanted) {
    menu.dataset.options = wanted;
    menu.replaceChildren(...[{ value: '', text: 'System default' }, ...options].map(({ value, text }) => {
      const option = make('option', '', text);
      option.value = value;
      return option;
    }));
  }
  menu.value = chosen && options.some(({ value }) => value === chosen) ? chosen : '';
}
