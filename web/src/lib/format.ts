import { isPlainObject } from './paths';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86400],
  ['month', 30 * 86400],
  ['week', 7 * 86400],
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
];

const rtf = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function parseTime(value: unknown): Date | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const d = new Date(value);
  return Number.isNaN(d.getTime()) ? null : d;
}

/** "3 minutes ago", "in 2 hours", "yesterday", "just now". */
export function relativeTime(value: unknown, now: number = Date.now()): string {
  const d = parseTime(value);
  if (!d) return '';
  const seconds = Math.round((d.getTime() - now) / 1000);
  const abs = Math.abs(seconds);
  if (abs < 45) return seconds > 5 ? 'in a moment' : 'just now';
  for (const [unit, size] of UNITS) {
    if (abs >= size * 0.95 || unit === 'minute') {
      const n = Math.round(seconds / size);
      return rtf.format(n === 0 ? Math.sign(seconds) : n, unit);
    }
  }
  return '';
}

const exact = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
});

export function exactTime(value: unknown): string {
  const d = parseTime(value);
  if (!d) return '';
  return `${exact.format(d)} (${d.toISOString().replace('.000Z', 'Z')})`;
}

export function shortTime(value: unknown): string {
  const d = parseTime(value);
  return d ? exact.format(d) : '';
}

export function duration(start?: string | null, end?: string | null, now: number = Date.now()): string {
  const a = parseTime(start);
  if (!a) return '';
  const b = parseTime(end)?.getTime() ?? now;
  const s = Math.max(0, Math.round((b - a.getTime()) / 1000));
  if (s < 1) return '< 1 s';
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return s % 60 ? `${m} min ${s % 60} s` : `${m} min`;
  return m % 60 ? `${Math.floor(m / 60)} h ${m % 60} min` : `${Math.floor(m / 60)} h`;
}

const num = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });

export function formatNumber(value: number): string {
  return num.format(value);
}

export function withUnit(value: number, unit?: string): string {
  return unit ? `${num.format(value)} ${unit}` : num.format(value);
}

export function every(n: number, period: string): string {
  const singular = period.replace(/s$/, '');
  return n === 1 ? `every ${singular}` : `every ${n} ${singular}s`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

/** One readable line for any value; used in tables and diffs. */
export function compact(value: unknown, max = 120): string {
  const text = raw(value);
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}

function raw(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(label).filter(Boolean).join(', ');
  return label(value);
}

/** Name of one element of a list: its name, `key: value` for tags, or short JSON. */
export function label(value: unknown): string {
  if (!isPlainObject(value)) return raw(value);
  if (typeof value.key === 'string' && 'value' in value) {
    return value.value === '' || value.value == null ? value.key : `${value.key}: ${raw(value.value)}`;
  }
  for (const k of ['name', 'title', 'email', '_id', 'id']) {
    if (typeof value[k] === 'string' && value[k]) return value[k];
  }
  return JSON.stringify(value);
}

export function titleCase(path: string): string {
  const last = path.replace(/[._]/g, ' ').trim();
  return last.charAt(0).toUpperCase() + last.slice(1);
}

const COUNT_WORDS: [string, string][] = [
  ['seen', 'seen'],
  ['created', 'new'],
  ['updated', 'changed'],
  ['unchanged', 'unchanged'],
  ['retired', 'retired'],
  ['revived', 'back'],
  ['adopted', 'adopted'],
  ['errors', 'errors'],
];

/** "120 seen, 3 new, 1 retired": only what is not zero, `seen` always. */
export function countsLine(counts: Record<string, number> | undefined | null): string {
  if (!counts) return '';
  return COUNT_WORDS.filter(([k]) => k === 'seen' || (counts[k] ?? 0) > 0)
    .map(([k, w]) => `${formatNumber(counts[k] ?? 0)} ${w === 'errors' && counts[k] === 1 ? 'error' : w}`)
    .join(', ');
}
