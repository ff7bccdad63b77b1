/** From what a filter control holds to conditions `field[op]=value` of the request. */
import type { FieldMeta } from '../api/types';

/**
 * choice: a comma list of values. flag: true or false. number: "4..16". time: "2026-01-01..2026-01-31" or a span of
 * PERIODS. address: a network, or part of an address. tags: a comma list of key or key=value. exact, text: as typed.
 */
export type Control = 'choice' | 'flag' | 'number' | 'time' | 'address' | 'tags' | 'exact' | 'text';

/** undefined = not offered: the field has no operators, or nothing that makes a filter on it fast. */
export function controlOf(f: FieldMeta): Control | undefined {
  const has = (op: string) => f.operators.includes(op);
  if (has('has')) return 'tags';
  if (f.type === 'boolean' && has('eq')) return 'flag';
  if (f.filter === 'none') return undefined;
  if (f.filter === 'range' && has('gte')) return f.type === 'time' ? 'time' : 'number';
  if (has('within')) return 'address';
  if (f.filter === 'eq' && has('in')) return has('contains') ? 'choice' : 'exact';
  return has('contains') ? 'text' : undefined;
}

export const PERIODS: [value: string, label: string][] = [
  ['today', 'today'],
  ['-1h', 'last hour'],
  ['-24h', 'last 24 hours'],
  ['-7d', 'last 7 days'],
  ['-30d', 'last 30 days'],
];

/** Parts between commas; `\,` and `\\` stand for the characters themselves, as in the lists of the server. */
export function splitList(text: string): string[] {
  const out: string[] = [];
  let part = '';
  for (let i = 0; i < text.length; i++) {
    const next = text[i + 1];
    if (text[i] === '\\' && (next === ',' || next === '\\')) part += text[++i];
    else if (text[i] === ',') {
      out.push(part);
      part = '';
    } else part += text[i];
  }
  out.push(part);
  return out.filter((x) => x !== '');
}

export function joinList(values: string[]): string {
  return values.map((v) => v.replace(/[\\,]/g, '\\$&')).join(',');
}

/** "4..16", "4..", "..16" or "8" */
export function parseRange(value: string): { min?: string; max?: string } {
  const m = /^\s*(.*?)\s*\.\.\s*(.*?)\s*$/.exec(value);
  if (!m) return value.trim() ? { min: value.trim(), max: value.trim() } : {};
  return { ...(m[1] ? { min: m[1] } : {}), ...(m[2] ? { max: m[2] } : {}) };
}

export function formatRange(min: string, max: string): string {
  const a = min.trim();
  const b = max.trim();
  return a || b ? `${a}..${b}` : '';
}

/** "2026-01-31" as the first or the last instant of that day, ISO. */
export function dayEdge(day: string | undefined, end: boolean): string | undefined {
  if (!day || !/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
  const d = new Date(`${day}T${end ? '23:59:59.999' : '00:00:00.000'}`);
  return Number.isNaN(d.getTime()) ? undefined : d.toISOString();
}

/** A span back from now, as the server counts it. */
export const isPeriod = (value: string): boolean => value === 'today' || /^-\d{1,5}[mhdw]$/.test(value);

const isNetwork = (value: string): boolean => /^[\d.]+\/\d{1,2}$|^[\da-f:.]*:[\da-f:.]*\/\d{1,3}$/i.test(value);

function range(f: FieldMeta, value: string, p: URLSearchParams, edge: (side: string | undefined, end: boolean) => string | undefined) {
  const { min, max } = parseRange(value);
  const from = edge(min, false);
  const to = edge(max, true);
  if (from !== undefined && from === to) return p.append(`${f.path}[eq]`, from);
  if (from !== undefined) p.append(`${f.path}[gte]`, from);
  if (to !== undefined) p.append(`${f.path}[lte]`, to);
}

function condition(f: FieldMeta, value: string, p: URLSearchParams) {
  switch (controlOf(f)) {
    case 'choice':
      return p.append(`${f.path}[in]`, value);
    case 'flag':
      // What was never stated counts as no.
      return p.append(`${f.path}[${value === 'true' ? 'eq' : 'ne'}]`, 'true');
    case 'exact':
      return p.append(`${f.path}[eq]`, value);
    case 'text':
      return p.append(`${f.path}[contains]`, value);
    case 'address':
      return p.append(`${f.path}[${isNetwork(value) ? 'within' : 'contains'}]`, value);
    case 'tags': {
      const pairs = splitList(value).filter((x) => !x.startsWith('='));
      if (pairs.length) p.append(`${f.path}[has]`, joinList(pairs));
      return;
    }
    case 'number':
      return range(f, value, p, (side) => (side && Number.isFinite(Number(side)) ? side : undefined));
    case 'time':
      if (isPeriod(value)) return p.append(`${f.path}[gte]`, value);
      // Whole days of the person's own calendar.
      return range(f, value, p, dayEdge);
    case undefined:
  }
}

/** Filter part of the request; shared by the list and by counts. */
export function filterParams(filters: Record<string, string>, fields: FieldMeta[], retired = false): URLSearchParams {
  const p = new URLSearchParams();
  for (const f of fields) {
    const value = filters[f.path];
    if (value) condition(f, value, p);
  }
  if (retired) p.set('inactive', 'true');
  return p;
}

/**
 * Which counts to ask for: for each choice, under every filter but its own, as several of its values may be chosen.
 * Fields by the parameters of their list.
 */
export function facetLists(shown: FieldMeta[], fields: FieldMeta[], filters: Record<string, string>, retired = false): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const f of shown) {
    if (!f.facets || controlOf(f) !== 'choice') continue;
    const params = filterParams({ ...filters, [f.path]: '' }, fields, retired).toString();
    out.set(params, [...(out.get(params) ?? []), f.path]);
  }
  return out;
}
