/** State of a list, kept whole in the URL so that a copied link opens the same view. */
import type { FieldMeta } from '../api/types';
import { controlOf, filterParams } from './filters';

export interface ListState {
  /** path to what its control holds, see filters.ts */
  filters: Record<string, string>;
  sort: string;
  desc: boolean;
  page: number;
  size: number;
  /** null = the default columns of the entity */
  cols: string[] | null;
  retired: boolean;
}

export const PAGE_SIZES = [25, 50, 100, 200];
export const DEFAULT_SIZE = 25;

type RawQuery = Record<string, string | null | (string | null)[] | undefined>;

const first = (v: RawQuery[string]): string => {
  const x = Array.isArray(v) ? v[0] : v;
  return typeof x === 'string' ? x : '';
};

const CHOICES_FIRST = ['status', 'environment', 'datacenters.region', 'provider', 'datacenters.provider', 'role'];

/** Choice filters that are always offered: few, and the ones people reach for. */
export function primaryFilters(fields: FieldMeta[], max = 3): FieldMeta[] {
  const rank = (f: FieldMeta) => {
    const i = CHOICES_FIRST.indexOf(f.path);
    return i < 0 ? CHOICES_FIRST.length : i;
  };
  const chosen = fields
    .filter((f) => controlOf(f) === 'choice' && (f.list || f.path === 'status') && (f.options?.length || rank(f) < CHOICES_FIRST.length))
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, max);
  return fields.filter((f) => chosen.includes(f));
}

/** Values to offer for a choice: those the server names, else those that were seen, else well-known ones. */
export function choices(f: FieldMeta, seen: Iterable<string> = [], current: string[] = []): string[] {
  const known = f.options?.length ? f.options : f.path === 'status' ? ['Active', 'Stopped'] : [];
  const out = new Set([...known, ...(f.options?.length ? [] : [...seen].sort())]);
  for (const value of current) out.add(value);
  return [...out];
}

export function defaultSort(fields: FieldMeta[]): { sort: string; desc: boolean } {
  const name = fields.find((f) => f.path === 'name' && f.sortable);
  if (name) return { sort: 'name', desc: false };
  const any = fields.find((f) => f.sortable);
  return { sort: any?.path ?? '', desc: false };
}

export function parseState(query: RawQuery, fields: FieldMeta[]): ListState {
  const byPath = new Map(fields.map((f) => [f.path, f]));
  const filters: Record<string, string> = {};
  for (const [k, v] of Object.entries(query)) {
    if (!k.startsWith('f.')) continue;
    const path = k.slice(2);
    const meta = byPath.get(path);
    const value = first(v);
    if (meta && controlOf(meta) && value !== '') filters[path] = value;
  }
  const d = defaultSort(fields);
  let sort = first(query.sort);
  let desc = false;
  if (sort.startsWith('-')) {
    desc = true;
    sort = sort.slice(1);
  }
  if (!byPath.get(sort)?.sortable) ({ sort, desc } = d);
  const page = Math.floor(Number(first(query.page)));
  const size = Math.floor(Number(first(query.size)));
  const cols = first(query.cols)
    .split(',')
    .filter((c) => byPath.get(c)?.column);
  return {
    filters,
    sort,
    desc,
    page: page >= 1 ? page : 1,
    size: PAGE_SIZES.includes(size) ? size : DEFAULT_SIZE,
    cols: cols.length ? cols : null,
    retired: first(query.retired) === '1',
  };
}

/** Only what differs from the defaults, in a stable order. */
export function toQuery(state: ListState, fields: FieldMeta[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const path of Object.keys(state.filters).sort()) {
    const v = state.filters[path];
    if (v) out[`f.${path}`] = v;
  }
  const d = defaultSort(fields);
  if (state.sort && (state.sort !== d.sort || state.desc !== d.desc)) {
    out.sort = (state.desc ? '-' : '') + state.sort;
  }
  if (state.page > 1) out.page = String(state.page);
  if (state.size !== DEFAULT_SIZE) out.size = String(state.size);
  if (state.cols && !sameColumns(state.cols, defaultColumns(fields))) out.cols = state.cols.join(',');
  if (state.retired) out.retired = '1';
  return out;
}

export function defaultColumns(fields: FieldMeta[]): string[] {
  return fields.filter((f) => f.list && f.column).map((f) => f.path);
}

export function sameColumns(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}

export function listParams(state: ListState, fields: FieldMeta[]): URLSearchParams {
  const p = filterParams(state.filters, fields, state.retired);
  const shown = state.cols ?? defaultColumns(fields);
  const extra = fields.filter((f) => f.listed === false && shown.includes(f.path)).map((f) => f.path);
  if (extra.length) p.set('columns', extra.join(','));
  p.set('limit', String(state.size));
  p.set('page', String(state.page));
  if (state.sort) p.set('sort', (state.desc ? '-' : '') + state.sort);
  return p;
}
