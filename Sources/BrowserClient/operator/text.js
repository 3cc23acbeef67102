// How numbers, durations and times are written.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const few = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** @param {number} number */
export const count = (number) => (Number.isInteger(number) ? whole : few).format(number);

/**
 * @param {number} number
 * @param {string} one
 * @param {string} [many]
 */
export const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** @param {number} seconds */
export function clock(seconds) {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const tail = String(rest).padStart(2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 60) return counted(Math.floor(seconds), 'second');
  if (seconds < 3600) return counted(Math.floor(seconds / 60), 'minute');
  if (seconds < 172_800) return counted(Math.floor(seconds / 3600), 'hour');
  return counted(Math.floor(seconds / 86_400), 'day');
}

/** @param {number} seconds */
export const ago = (seconds) => (seconds < 60 ? 'less than a minute ago' : `${duration(seconds)} ago`);

/** @param {number | undefined} seconds */
export function latency(seconds) {
  if (seconds === undefined) return '–';
  return seconds < 1 ? `${whole.format(seconds * 1000)} ms` : `${few.format(seconds)} s`;
}

/** @param {string} time in RFC 3339 */
export const minute = (time) => new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

/** @param {number} days */
export function ends(days) {
  if (days > 0) return `ends in ${counted(days, 'day')}`;
  return days === 0 ? 'has ended today' : `ended ${counted(-days, 'day')} ago`;
}
