// The operator's page: reads the state every few seconds while somebody can see it, and shows it.
import { button, html, make, say } from '../demo/page.js';
import { concerns } from './attention.js';
import { prepareQuestion, showCalls } from './calls.js';
import { charts } from './charts.js';
import { read } from './source.js';
import { showConfiguration, showLimits, showMinutes, showRefusals, showSessions } from './tables.js';
import { counted, duration } from './text.js';

/** @typedef {import('./source.js').Status} Status */
/** @typedef {import('./source.js').Call} Call */

const pause = 3000;
const draw = charts(html('charts'));
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let isReading = false;
/** Whether the state has to be read again after the reading that is under way. */
let isOutdated = false;
let isPaused = false;
/** What the last announcement about the state said, so that only changes are announced. */
let lastState = '';

/** @param {string} text */
const announce = (text) => say(html('announcement'), text);

/** @param {Status} status @param {Call[]} calls @param {string} [incomplete] */
function showState(status, calls, incomplete) {
  const found = concerns(status, calls, incomplete);
  const headline = found.length ? `${counted(found.length, 'thing needs', 'things need')} attention.` : 'All is well.';
  say(html('headline'), headline);
  const open = calls.filter(({ state }) => state === 'open').length;
  const mode = status.sandbox ? ', in sandbox mode' : '';
  const running = duration(status.uptime_seconds);
  say(html('facts'), `Version ${status.version}${mode}, running for ${running}. ${counted(open, 'call')} open.`);
  const list = html('attention');
  list.hidden = !found.length;
  list.toggleAttribute('data-grave', found.some(({ grave }) => grave));
  const texts = found.map(({ text }) => text);
  // The links stay the same elements while they say the same, so that the focus does.
  if (list.dataset.shown !== texts.join(' ')) {
    list.dataset.shown = texts.join(' ');
    list.replaceChildren(...found.map(({ text, place }) => {
      const [item, link] = [make('li'), make('a', '', text)];
      link.href = `#${place}`;
      item.append(link);
      return item;
    }));
  }
  const state = texts.filter((text) => !/ % used/.test(text)).join(' ');
  if (lastState !== state) announce(state || (lastState ? headline : ''));
  lastState = state;
}

/** @param {Status} status @param {Call[]} calls @param {string} [incomplete] */
function show(status, calls, incomplete) {
  showState(status, calls, incomplete);
  const { tokens, calls: created, refusals, upstream_requests: upstream } = status.totals;
  draw(status.minutes, { tokens, calls: created, refusals, upstream });
  showMinutes(status.minutes);
  showCalls(calls);
  showRefusals(status.minutes);
  showSessions(status);
  showLimits(status);
  showConfiguration(status);
  html('content').hidden = false;
  html('content').removeAttribute('data-stale');
}

/** @param {unknown} error */
function showFailure(error) {
  html('content').setAttribute('data-stale', '');
  html('attention').hidden = true;
  say(html('headline'), 'The daemon does not answer.');
  const reason = error instanceof Error && error.message.startsWith('the daemon') ? `: ${error.message}` : '';
  say(html('facts'), `The figures below are old. This page tries again every few seconds${reason}.`);
  const state = 'The daemon does not answer.';
  if (lastState !== state) announce(state);
  lastState = state;
}

async function update() {
  if (isReading) {
    isOutdated = true;
    return;
  }
  clearTimeout(timer);
  isReading = true;
  isOutdated = false;
  try {
    const { status, calls, incomplete } = await read();
    show(status, calls, incomplete);
  } catch (error) {
    showFailure(error);
  }
  isReading = false;
  if (isOutdated) update();
  else schedule();
}

function schedule() {
  clearTimeout(timer);
  if (!isPaused && !document.hidden) timer = setTimeout(update, pause);
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else if (!isPaused) update();
});
button('pause').addEventListener('click', () => {
  isPaused = !isPaused;
  button('pause').setAttribute('aria-pressed', String(isPaused));
  if (isPaused) clearTimeout(timer);
  else update();
});
prepareQuestion(announce, update);
update();
