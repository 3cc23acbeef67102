// The table of calls, and the question before one is ended.
import { byId, button, html, make, say } from '../demo/page.js';
import { end } from './source.js';
import { clock, counted } from './text.js';

/** @typedef {import('./source.js').Call} Call */
/** @typedef {{row: HTMLTableRowElement, who: HTMLElement, age: HTMLElement, left: HTMLElement, act: HTMLElement}} Row */

/** More rows than people read; `ephemerald calls` lists all of them. */
const most = 100;
const dialog = byId('question', HTMLDialogElement);
/** @type {Map<string, Row>} */
const rows = new Map();
/** @type {Record<string, string>} Why a call is ending, where the reason is not clear by itself. */
const endings = { operator: 'ended by the operator', client: 'ended by the client', deadline: 'its time is over', lease: 'its lease is over' };
/** @type {Call | undefined} The call that the question is about. */
let asked;

/** @param {Call} call */
const who = ({ session, caller }) => (caller === undefined ? `session ${session}` : `${caller}, session ${session}`);

/** @param {Call} call */
function ask(call) {
  asked = call;
  const which = `It is the call of ${who(call)}, ${clock(call.age_seconds)} old.`;
  say(html('question-text'), `${which} The daemon ends it at OpenAI; it cannot be resumed.`);
  say(html('question-problem'), '');
  button('end').disabled = false;
  dialog.showModal();
}

/** @param {Call} call @returns {Row} */
function makeRow(call) {
  const row = make('tr');
  const name = make('th', '', call.session);
  name.scope = 'row';
  const detail = make('span', 'soft');
  name.append(detail);
  const [age, left, act] = [make('td', 'number'), make('td', 'number'), make('td', 'act')];
  const end = make('button', 'ends', 'End');
  end.type = 'button';
  end.setAttribute('aria-label', `End the call of ${who(call)}`);
  end.addEventListener('click', () => ask(call));
  act.append(end);
  row.append(name, age, left, act);
  return { row, who: detail, age, left, act };
}

/** @param {Call} call @param {Row} row */
function fill(call, row) {
  const failures = call.failures ? `${counted(call.failures, 'attempt')} to end it failed` : undefined;
  const ending = call.state === 'ending' ? `${endings[call.reason ?? ''] ?? call.reason}` : undefined;
  const details = [call.caller, call.model ?? call.type, ending, failures];
  say(row.who, details.filter((detail) => detail !== undefined).join(' · '));
  say(row.age, clock(call.age_seconds));
  say(row.left, call.state === 'ending' ? '–' : clock(call.seconds_left));
  if (call.state !== 'ending') return;
  leave(row.act);
  say(row.act, 'Ending');
}

/**
 * Where the focus goes when its button does.
 * @param {HTMLElement} element
 */
function leave(element) {
  if (element.contains(document.activeElement)) html('calls').focus();
}

/** @param {Call[]} calls */
export function showCalls(calls) {
  const shown = calls.slice(0, most);
  const ids = new Set(shown.map(({ id }) => id));
  for (const [id, { row }] of rows) {
    if (ids.has(id)) continue;
    leave(row);
    row.remove();
    rows.delete(id);
  }
  for (const call of shown) {
    const row = rows.get(call.id) ?? makeRow(call);
    fill(call, row);
    if (!rows.has(call.id)) html('calls-rows').append(row.row);
    rows.set(call.id, row);
  }
  html('calls-table').hidden = !shown.length;
  html('calls-empty').hidden = shown.length > 0;
  html('calls-more').hidden = calls.length <= most;
  say(html('calls-more'), `${counted(calls.length - most, 'more call')}; ephemerald calls lists all of them.`);
  if (dialog.open && asked && !calls.some(({ id, state }) => id === asked?.id && state === 'open')) {
    say(html('question-problem'), 'This call is over, or it is ending already.');
    button('end').disabled = true;
  }
}

/**
 * Makes the question work.
 * @param {(text: string) => void} announce
 * @param {() => void} update reads the state again, because it has changed
 */
export function prepareQuestion(announce, update) {
  button('keep').addEventListener('click', () => dialog.close());
  button('end').addEventListener('click', async () => {
    if (!asked) return;
    const call = asked;
    button('end').disabled = true;
    try {
      const wasOpen = await end(call.id);
      announce(wasOpen ? `The call of ${who(call)} is ending.` : `The call of ${who(call)} was over.`);
      dialog.close();
      update();
    } catch (error) {
      button('end').disabled = false;
      say(html('question-problem'), `The call could not be ended: ${error instanceof Error ? error.message : error}.`);
    }
  });
}
