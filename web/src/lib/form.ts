/** What a form offers for the declared fields of a kind, and what it sends. No screen here. */
import type { FieldMeta, MemberMeta, Row } from '../api/types';
import { equal } from './diff';
import { getPath, isEmpty, isPlainObject } from './paths';

/**
 * words: one text a line. rows: objects of one shape. links: other documents. placement: datacenter, region and zone.
 * any: a text, or JSON for what is more than that.
 */
export type InputKind =
  'text' | 'long' | 'number' | 'choice' | 'flag' | 'tags' | 'words' | 'rows' | 'links' | 'placement' | 'any';

export interface Option {
  value: string;
  label: string;
}

/** One control of a form. */
export interface Input {
  path: string;
  label: string;
  kind: InputKind;
  group: string;
  required: boolean;
  /** Shown at once; the others wait under "More fields". */
  main: boolean;
  help?: string;
  options?: Option[];
  /** The value itself is a number, whatever the control. */
  numeric?: boolean;
  format?: string;
  /** rows: what a row is made of. */
  members?: Member[];
  /** links: the kind of document that is linked. */
  target?: string;
  initial?: unknown;
}

export interface Member {
  name: string;
  label: string;
  kind: 'text' | 'number' | 'choice' | 'flag';
  required: boolean;
  options?: Option[];
  initial?: unknown;
}

/** Fields that hold references {_id, name} and to which kind. */
const LINKS: Record<string, string> = {
  applications: 'applications',
  deps: 'applications',
  entry: 'applications',
  system: 'system',
  clients: 'clients',
};
/** Parts of `datacenters` that belong together: a region is one of its datacenter. */
export const PLACE = ['_id', 'name', 'provider', 'region', 'zone'];
/** Kept by the server or by the original's services, though a body may hold them. */
const NEVER = new Set(['checksum', 'avatar']);
const LONG = new Set(['description', 'notes']);
/** Worth a place at the top although lists neither show nor index them. */
const MAIN = new Set([
  'description', 'contacts', 'deploy', 'storage', 'services', 'auth', 'os.dist', 'os.version', 'role.role', 'role.endpoint',
  'datacenters.instance', 'datacenters.type', 'asm_groups', 'pdbs', 'dataguard', 'storage_types', 'crs_version',
  'cidr_block', 'own', 'encrypted', 'volume_type', 'iops',
]);
/** Of long rows only these are asked for; what else a row holds stays as it is. */
const ROW_MAIN: Record<string, string[]> = {
  storage: ['name', 'size', 'mount', 'root'],
  services: ['name', 'version', 'status'],
};
/** Numbers and words that mean something: what people choose from. */
const MEANINGS: Record<string, Option[]> = {
  own: [
    { value: '0', label: 'Ourselves' },
    { value: '1', label: 'A third party' },
  ],
  root: [
    { value: 'yes', label: 'Yes' },
    { value: 'no', label: 'No' },
  ],
};
const LABELS: Record<string, string> = { own: 'Run by', root: 'Root disk' };
/** What people know first when they enter something, in this order. */
const FIRST = ['name', 'family', 'hostname', 'environment', 'role', 'engine', 'provider', 'type', 'status', 'size', 'own'];

const withUnit = (label: string, unit?: string) => (unit && unit !== label ? `${label} (${unit})` : label);
const optionsOf = (path: string, words?: string[]): Option[] | undefined =>
  MEANINGS[path] ?? words?.map((value) => ({ value, label: value }));

function lengths(f: { min_length?: number; max_length?: number }): string | undefined {
  if (f.min_length && f.max_length) return `${f.min_length} to ${f.max_length} characters`;
  return f.min_length ? `At least ${f.min_length} characters` : undefined;
}

function memberOf(m: MemberMeta): Member | undefined {
  const kind = m.options || MEANINGS[m.name] ? 'choice'
    : m.type === 'number' ? 'number'
    : m.type === 'boolean' ? 'flag'
    : m.type === 'string' ? 'text'
    : undefined;
  if (!kind || m.name === '_id') return undefined;
  const options = optionsOf(m.name, m.options);
  return {
    name: m.name,
    label: withUnit(LABELS[m.name] ?? m.label, m.unit),
    kind,
    required: m.required,
    ...(options ? { options } : {}),
    ...(m.default !== undefined ? { initial: m.default } : {}),
  };
}

function membersOf(f: FieldMeta): Member[] {
  const main = ROW_MAIN[f.path];
  const all = (f.members ?? []).filter((m) => !main || main.includes(m.name));
  return all.map(memberOf).filter((m): m is Member => !!m);
}

function kindOf(f: FieldMeta, stored: unknown): InputKind {
  switch (f.type) {
    case 'tags':
      return 'tags';
    case 'boolean':
      return 'flag';
    case 'number':
      return MEANINGS[f.path] ? 'choice' : 'number';
    case 'string':
      return f.options?.length ? 'choice' : LONG.has(f.path.split('.').pop() ?? '') ? 'long' : 'text';
    case 'array':
      if (LINKS[f.path]) return 'links';
      if (membersOf(f).length) return 'rows';
      return Array.isArray(stored) && stored.some((x) => typeof x === 'object') ? 'any' : 'words';
    default:
      return LONG.has(f.path) && (stored === undefined || typeof stored === 'string') ? 'long' : 'any';
  }
}

function inputOf(f: FieldMeta, stored: unknown): Input {
  const kind = kindOf(f, stored);
  const limits = kind === 'text' && f.required ? lengths(f) : undefined;
  const help = limits ?? (kind === 'words' ? 'One per line' : undefined);
  const options = kind === 'choice' ? optionsOf(f.path, f.options) : undefined;
  const wide = kind === 'tags' || kind === 'links' || kind === 'placement';
  return {
    path: f.path,
    label: withUnit(LABELS[f.path] ?? f.label, f.unit),
    kind,
    group: f.group,
    required: f.required,
    main: f.required || wide || MAIN.has(f.path) || ((f.list || f.index !== 'none') && f.group !== 'Provenance'),
    ...(help ? { help } : {}),
    ...(options ? { options } : {}),
    ...(f.type === 'number' ? { numeric: true } : {}),
    ...(f.format ? { format: f.format } : {}),
    ...(kind === 'rows' ? { members: membersOf(f) } : {}),
    ...(kind === 'links' ? { target: LINKS[f.path] as string } : {}),
    ...(f.default !== undefined ? { initial: f.default } : {}),
  };
}

/** A field of no one type that may be an object of known parts: a control a part. `taken` = labels of other fields. */
function partsOf(f: FieldMeta, taken: Set<string>): Input[] {
  return (f.members ?? []).map((m) => {
    const part = { ...f, ...m, path: `${f.path}.${m.name}`, index: 'none', list: false } as FieldMeta;
    const is = m.name === f.path || !taken.has(m.label);
    return inputOf({ ...part, label: is ? m.label : `${f.label}: ${m.label.toLowerCase()}` }, undefined);
  });
}

/** The controls for what a person may write, in the order of the declaration. `row` = the document that is edited. */
export function inputsOf(fields: FieldMeta[], row?: Row): Input[] {
  const byPath = new Map(fields.map((f) => [f.path, f]));
  const labels = new Set(fields.map((f) => f.label));
  const hasParts = (path: string) => fields.some((f) => f.path.startsWith(`${path}.`));
  const out: Input[] = [];
  for (const f of fields) {
    const [top = '', ...rest] = f.path.split('.');
    const parent = rest.length ? byPath.get(top) : undefined;
    if (!f.writable || f.path === '_id' || NEVER.has(f.path) || f.type === 'time') continue;
    if (rest.length && !parent?.writable) continue;
    const stored = row ? getPath(row, f.path) : undefined;
    if (f.path === 'datacenters') {
      out.push({ ...inputOf(f, stored), kind: 'placement', main: true });
    } else if (top === 'datacenters' && PLACE.includes(rest.join('.'))) continue;
    else if (f.type === 'object' && hasParts(f.path)) continue;
    else if (f.type === 'any' && f.members?.length && !(typeof stored === 'string')) out.push(...partsOf(f, labels));
    else out.push(inputOf(f, stored));
  }
  return out;
}

export type Draft = Record<string, unknown>;
export interface Link {
  _id: string;
  name?: string;
  [more: string]: unknown;
}
interface Tag {
  key: string;
  value: string;
}

const clone = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));
const asText = (v: unknown): string =>
  v == null ? '' : typeof v === 'object' ? JSON.stringify(v, null, 2) : String(v);

function rowDraft(value: unknown, members: Member[]): Draft {
  const row = isPlainObject(value) ? clone(value) : {};
  for (const m of members) row[m.name] = m.kind === 'flag' ? row[m.name] === true : asText(row[m.name]);
  return row;
}

/** A new row of a list, with what the server would put there by itself. */
export function emptyRow(members: Member[]): Draft {
  return rowDraft(Object.fromEntries(members.map((m) => [m.name, m.initial])), members);
}

function draftValue(input: Input, v: unknown): unknown {
  const list = Array.isArray(v) ? v : [];
  switch (input.kind) {
    case 'tags':
      return list.map((t: { key?: string; value?: unknown }) => ({ key: String(t?.key ?? ''), value: String(t?.value ?? '') }));
    case 'flag':
      return v === true;
    case 'words':
      return list.map(String).join('\n');
    case 'rows':
      return list.map((x) => rowDraft(x, input.members ?? []));
    case 'links':
      return list.filter(isPlainObject).map(clone);
    case 'placement':
      return Object.fromEntries(PLACE.map((k) => [k, asText(getPath(v, k))]));
    default:
      return asText(v);
  }
}

export function draftOf(row: Row, inputs: Input[]): Draft {
  return Object.fromEntries(inputs.map((i) => [i.path, draftValue(i, getPath(row, i.path))]));
}

/** What a form for a new document begins with. */
export function newDraft(inputs: Input[]): Draft {
  return Object.fromEntries(inputs.map((i) => [i.path, draftValue(i, i.initial)]));
}

function toNumber(text: string): number | string {
  const n = Number(text.replace(',', '.'));
  return Number.isNaN(n) ? text : n;
}

/** Of no declared type: what was a number or a flag stays one; lists and objects are JSON. */
function toAny(text: string, stored: unknown): unknown {
  const typed = typeof stored === 'number' || typeof stored === 'boolean';
  if (!typed && !/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Undefined where nothing was entered. */
function encodeRow(draft: Draft, members: Member[]): Record<string, unknown> | undefined {
  const row: Record<string, unknown> = {};
  const own = new Set(members.map((m) => m.name));
  for (const [k, v] of Object.entries(draft)) if (!own.has(k)) row[k] = v;
  let typed = false;
  for (const m of members) {
    const v = draft[m.name];
    if (m.kind === 'flag') {
      if (v === true) row[m.name] = true;
    } else {
      const text = asText(v).trim();
      if (text !== '') row[m.name] = m.kind === 'number' ? toNumber(text) : text;
      if (text !== '' && text !== asText(m.initial)) typed = true;
    }
  }
  return typed || Object.keys(row).some((k) => !own.has(k)) ? row : undefined;
}

/** Of a document that was found only what a reference holds; a stored reference stays as it is. */
function reference(link: Link): Link {
  if (link.entity === undefined) return link;
  const { _id, name, family } = link;
  return { _id, ...(name ? { name } : {}), ...(family ? { family } : {}) };
}

/** Undefined = empty. */
function encode(input: Input, draft: unknown, stored: unknown): unknown {
  switch (input.kind) {
    case 'tags': {
      const tags = (draft as Tag[]).filter((t) => t.key.trim() || t.value.trim());
      return tags.length ? tags : undefined;
    }
    case 'flag':
      return draft === true ? true : stored === undefined ? undefined : false;
    case 'words': {
      const words = String(draft).split('\n').map((w) => w.trim()).filter(Boolean);
      return words.length ? words : undefined;
    }
    case 'rows': {
      const rows = (draft as Draft[]).map((r) => encodeRow(r, input.members ?? [])).filter((r) => r !== undefined);
      return rows.length ? rows : undefined;
    }
    case 'links': {
      const links = (draft as Link[]).map(reference);
      return links.length ? links : undefined;
    }
    case 'placement': {
      const parts = Object.entries(draft as Record<string, string>).filter(([, v]) => v.trim() !== '');
      return parts.length ? Object.fromEntries(parts.map(([k, v]) => [k, v.trim()])) : undefined;
    }
    default: {
      const text = asText(draft).trim();
      if (text === '') return undefined;
      if (input.numeric) return toNumber(text);
      return input.kind === 'any' ? toAny(text, stored) : text;
    }
  }
}

/** Rows in which nothing was entered go before the form is sent: an error of the server names a row by its number. */
export function dropEmptyRows(inputs: Input[], draft: Draft): void {
  for (const i of inputs) {
    if (i.kind !== 'rows') continue;
    draft[i.path] = (draft[i.path] as Draft[]).filter((r) => encodeRow(r, i.members ?? []) !== undefined);
  }
}

/** Puts a value at a path of at most two parts; objects are joined, undefined takes the value out. */
function put(body: Record<string, unknown>, input: Input, value: unknown): void {
  const [top = '', part] = input.path.split('.');
  if (input.kind === 'placement' || part !== undefined) {
    const inside = isPlainObject(body[top]) ? { ...body[top] } : {};
    for (const k of part === undefined ? PLACE : [part]) delete inside[k];
    if (part === undefined) Object.assign(inside, value ?? {});
    else if (value !== undefined) inside[part] = value;
    body[top] = inside;
  } else if (value !== undefined) body[top] = value;
}

/** The body that makes a document. */
export function bodyOf(inputs: Input[], draft: Draft): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const i of inputs) {
    const value = encode(i, draft[i.path], undefined);
    if (value !== undefined) put(body, i, value);
  }
  return body;
}

export interface Plan {
  /** nothing to send */
  none: boolean;
  /** a field was emptied: only a full replacement can remove a value */
  replace: boolean;
  body: Record<string, unknown>;
  changed: string[];
}

const SERVER_OWNED = ['_id', '_links', 'updated_at', 'created_at', 'user', 'owner', 'roles', 'active'];
const LISTS: InputKind[] = ['tags', 'words', 'rows', 'links'];

/** What an edited form sends: only what was changed. */
export function plan(row: Row, draft: Draft, inputs: Input[]): Plan {
  const before = draftOf(row, inputs);
  const set: Record<string, unknown> = {};
  const cleared: string[] = [];
  const changed: string[] = [];
  for (const i of inputs) {
    if (equal(draft[i.path], before[i.path])) continue;
    changed.push(i.path);
    const top = i.path.split('.')[0] as string;
    const value = encode(i, draft[i.path], getPath(row, i.path));
    if (top !== i.path || i.kind === 'placement') {
      // A part goes with the whole of its object: the server replaces fields, not their parts.
      if (!(top in set) && isPlainObject(row[top])) set[top] = clone(row[top]);
      put(set, i, value);
    } else if (value !== undefined) set[top] = value;
    else if (LISTS.includes(i.kind)) set[top] = [];
    else if (i.required) set[top] = '';
    else cleared.push(top);
  }
  if (!changed.length) return { none: true, replace: false, body: {}, changed };
  if (cleared.length) {
    const body: Record<string, unknown> = { ...row, ...set };
    for (const k of [...SERVER_OWNED, ...cleared]) delete body[k];
    return { none: false, replace: true, body, changed };
  }
  // Required fields go with every change.
  const body: Record<string, unknown> = {};
  for (const i of inputs) if (i.required && !i.path.includes('.') && !isEmpty(row[i.path])) body[i.path] = row[i.path];
  return { none: false, replace: false, body: { ...body, ...set }, changed };
}

const ORDER = ['General', 'Placement', 'Hardware', 'Network', 'Software', 'Access', 'Other', 'Provenance'];

/** By group, required ones first, in the order in which people think of them. */
export function sections(inputs: Input[]): [group: string, inputs: Input[]][] {
  const groups = new Map<string, Input[]>();
  for (const i of inputs) {
    const group = i.main && (i.required || FIRST.includes(i.path)) ? 'General' : i.group;
    groups.set(group, [...(groups.get(group) ?? []), i]);
  }
  const rank = (g: string) => (ORDER.includes(g) ? ORDER.indexOf(g) : ORDER.length);
  return [...groups]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([g, list]) => [g, [...list].sort((a, b) => place(a) - place(b))]);
}

const WIDE: InputKind[] = ['placement', 'long', 'links', 'rows', 'tags'];
/** A control that takes the whole width of the form. */
export const isWide = (kind: InputKind): boolean => WIDE.includes(kind);
function place(i: Input): number {
  const first = FIRST.indexOf(i.path);
  if (i.required) return first < 0 ? 1 : 0;
  if (i.kind === 'placement') return 1;
  return isWide(i.kind) ? 100 + WIDE.indexOf(i.kind) : first < 0 ? 50 : 2 + first;
}
