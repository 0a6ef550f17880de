// Figures and times as people read them.

const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const known = (value) => typeof value === 'number' && Number.isFinite(value);

export function number(value) {
  if (!known(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e9) return digits.format(value / 1e9) + ' G';
  if (size >= 1e6) return digits.format(value / 1e6) + ' M';
  if (size >= 1e4) return digits.format(value / 1e3) + ' k';
  if (size > 0 && size < 1e-3) return value.toExponential(1);
  return digits.format(value);
}

export const percent = (value) => (known(value) ? digits.format(Math.abs(value) < 0.005 ? 0 : value) + ' %' : '–');
export const share = (value) => (known(value) ? percent(value * 100) : '–');
export const rate = (value) => (known(value) ? number(value) + '/s' : '–');

export function bytes(value) {
  if (!known(value)) return '–';
  let rest = value;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB', 'TiB']) {
    if (Math.abs(rest) < 1024 || unit === 'TiB') return digits.format(rest) + ' ' + unit;
    rest /= 1024;
  }
}

export function seconds(value) {
  if (!known(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3) return digits.format(value * 1e6) + ' µs';
  if (size < 1) return digits.format(value * 1e3) + ' ms';
  if (size < 100) return digits.format(value) + ' s';
  return span(size);
}

export const milliseconds = (value) => seconds(known(value) ? value / 1000 : null);

// A length of time in at most two units.
export function span(value) {
  const whole = Math.max(0, Math.round(value));
  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const first = units.findIndex(([, size]) => whole >= size);
  if (first < 0) return '0 s';
  const [unit, size] = units[first];
  const count = Math.floor(whole / size);
  const next = units[first + 1];
  const more = next ? Math.floor((whole - count * size) / next[1]) : 0;
  return count + ' ' + unit + (more && count < 10 ? ' ' + more + ' ' + next[0] : '');
}

export function ago(time) {
  if (!time) return '–';
  const elapsed = (Date.now() - Date.parse(time)) / 1000;
  return elapsed < 1.5 ? 'just now' : span(elapsed) + ' ago';
}

export const since = (time) => (time ? span((Date.now() - Date.parse(time)) / 1000) : '–');

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false });

export function moment(time) {
  if (!time) return '–';
  const date = new Date(time);
  return Math.abs(Date.now() - date) < 20 * 3600e3 ? clock.format(date) : day.format(date);
}

export const severities = ['emergency', 'critical', 'warning', 'info'];

const sizes = { ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };

// Seconds of a Prometheus duration; null if it is none.
export function duration(text) {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) return null;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g)) total += count * sizes[unit];
  return total || null;
}
