// The transcript: one line for each item, in the order of the conversation, written while it is spoken.

import { html, make, say } from './page.js';

/** @typedef {import('../api/realtime/client/realtime-client.js').Transcript} Transcript */


/** @param {Transcript} item */
function note({ role, text, final, interrupted, failed }) {
  if (failed) return 'Could not be transcribed.';
  if (interrupted) return 'Interrupted here.';
  if (role === 'user' && !text) return final ? 'Spoken; this session does not transcribe it.' : 'Speaking';
  return '';
}

export class TranscriptView {
  #log = html('transcript');
  #empty = html('script-empty');
  #latest = html('latest');
  #names;
  /** @type {HTMLElement | undefined} */
  #rule;
  /** @type {Map<string, HTMLElement>} */
  #lines = new Map();
  /** True if the newest line is visible, so that the log scrolls with the next one. */
  #follows = true;

  /** @param {string} model what the other side is called */
  constructor(model) {
    this.#names = { user: 'You', assistant: model, system: 'System' };
    this.#log.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.#log;
      this.#follows = scrollHeight - scrollTop - clientHeight < 48;
      if (this.#follows) this.#hideLatest();
    }, { passive: true });
    // Elements that appear around the log change its size.
    new ResizeObserver(() => this.#follow()).observe(this.#log);
    this.#latest.addEventListener('click', () => {
      this.#log.scrollTop = this.#log.scrollHeight;
      this.#log.focus();
      this.#follows = true;
      this.#hideLatest();
    });
  }

  get isEmpty() {
    return this.#lines.size === 0;
  }

  clear() {
    this.#lines.clear();
    this.#rule = undefined;
    this.#log.replaceChildren();
    this.#empty.hidden = false;
    this.#hideLatest();
    this.#follows = true;
  }

  /**
   * Writes an item at its place among all items.
   * @param {Transcript} item
   * @param {readonly Transcript[]} all
   */
  write(item, all) {
    this.#empty.hidden = true;
    let line = this.#lines.get(item.itemId);
    if (!line) {
      line = this.#line(item);
      const index = all.findIndex(({ itemId }) => itemId === item.itemId);
      const after = all.slice(index + 1).map(({ itemId }) => this.#lines.get(itemId)).find(Boolean);
      this.#lines.set(item.itemId, line);
      this.#log.insertBefore(line, index < 0 ? null : after ?? null);
    }
    const [, text, comment] = line.children;
    say(text, item.text);
    say(comment, note(item));
    // A screen reader waits while the line is busy, so it reads the finished line and not each syllable.
    line.setAttribute('aria-busy', String(!item.final));
    this.#follow();
    this.#latest.hidden = this.#follows;
  }

  /**
   * Draws a rule, with what it means for the model; the text of the newest rule can change.
   * @param {string} text
   * @param {boolean} isNew
   */
  rule(text, isNew) {
    if (this.isEmpty) return;
    if (isNew || !this.#rule) this.#log.append((this.#rule = make('p', 'rule')));
    say(this.#rule, text);
    this.#follow();
  }

  /** The lines as a text. */
  get text() {
    return [...this.#log.children].map((line) => {
      const [who, text, comment] = [...line.children].map(({ textContent }) => textContent);
      return who ? `${who}: ${text}${comment ? ` (${comment})` : ''}` : `-- ${line.textContent}`;
    }).join('\n');
  }

  /** Marks all lines as complete, because the call is over. */
  settle() {
    for (const line of this.#lines.values()) line.setAttribute('aria-busy', 'false');
  }

  /** @param {Transcript} item */
  #line({ itemId, role }) {
    const line = make('div', 'line');
    line.dataset.item = itemId;
    line.dataset.role = role;
    line.setAttribute('aria-atomic', 'true');
    line.append(make('p', 'who', this.#names[role]), make('p', 'text'), make('p', 'note'));
    return line;
  }

  #follow() {
    if (this.#follows) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #hideLatest() {
    if (this.#latest === document.activeElement) this.#log.focus();
    this.#latest.hidden = true;
  }
}
