import type { FieldMeta, Row } from '../api/types';
import { equal } from './diff';
import { isEmpty } from './paths';

/** Fields with a plain input: nested values are not edited here. */
export function editable(fields: FieldMeta[]): FieldMeta[] {
  return fields.filter(
    (f) =>
      f.writable &&
      !f.path.includes('.') &&
      (f.type === 'string' || f.type === 'number' || f.type === 'boolean' || f.type === 'tags'),
  );
}

export type Draft = Record<string, unknown>;

export function draftOf(row: Row, fields: FieldMeta[]): Draft {
  const out: Draft = {};
  for (const f of fields) {
    const v = row[f.path];
    if (f.type === 'tags') {
      out[f.path] = (Array.isArray(v) ? v : []).map((t: { key?: string; value?: unknown }) => ({
        key: String(t?.key ?? ''),
        value: String(t?.value ?? ''),
      }));
    } else if (f.type === 'boolean') out[f.path] = v === true;
    else out[f.path] = v == null ? '' : String(v);
  }
  return out;
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

export function plan(row: Row, draft: Draft, fields: FieldMeta[]): Plan {
  const before = draftOf(row, fields);
  const set: Record<string, unknown> = {};
  const cleared: string[] = [];
  for (const f of fields) {
    const a = draft[f.path];
    if (equal(a, before[f.path])) continue;
    if (f.type === 'tags') {
      set[f.path] = (a as { key: string; value: string }[]).filter((t) => t.key.trim() || t.value.trim());
    } else if (f.type === 'boolean') set[f.path] = a;
    else {
      const text = String(a).trim();
      if (text === '') {
        if (f.required) set[f.path] = '';
        else cleared.push(f.path);
      } else if (f.type === 'number') {
        const n = Number(text.replace(',', '.'));
        set[f.path] = Number.isNaN(n) ? text : n;
      } else set[f.path] = text;
    }
  }
  const changed = [...Object.keys(set), ...cleared];
  if (!changed.length) return { none: true, replace: false, body: {}, changed };
  if (cleared.length) {
    const body: Record<string, unknown> = { ...row, ...set };
    for (const k of [...SERVER_OWNED, ...cleared]) delete body[k];
    return { none: false, replace: true, body, changed };
  }
  // Required fields go with every change.
  const body: Record<string, unknown> = {};
  for (const f of fields) if (f.required && !isEmpty(row[f.path])) body[f.path] = row[f.path];
  return { none: false, replace: false, body: { ...body, ...set }, changed };
}
