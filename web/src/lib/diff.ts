import { isPlainObject } from './paths';

export interface Change {
  path: string;
  old?: unknown;
  new?: unknown;
}

export interface DiffLine {
  path: string;
  kind: 'added' | 'removed' | 'changed';
  old?: unknown;
  new?: unknown;
}

/** Identity of an element in a list of objects, so that a moved disk is not shown as a change. */
function keyOf(x: unknown): string | null {
  if (isPlainObject(x)) {
    for (const k of ['key', 'unique_id', 'volume_id', '_id', 'id', 'name', 'device_name']) {
      const v = x[k];
      if (typeof v === 'string' || typeof v === 'number') return String(v);
    }
    return null;
  }
  if (typeof x === 'string' || typeof x === 'number' || typeof x === 'boolean') return String(x);
  return null;
}

export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((x, i) => equal(x, b[i]));
  }
  if (isPlainObject(a) && isPlainObject(b)) {
    const ka = Object.keys(a);
    return ka.length === Object.keys(b).length && ka.every((k) => k in b && equal(a[k], b[k]));
  }
  return false;
}

function walk(path: string, a: unknown, b: unknown, out: DiffLine[]): void {
  if (a === undefined && b === undefined) return;
  if (a !== undefined && b !== undefined && equal(a, b)) return;
  if (isPlainObject(a) && isPlainObject(b)) {
    for (const k of new Set([...Object.keys(a), ...Object.keys(b)])) {
      walk(path ? `${path}.${k}` : k, a[k], b[k], out);
    }
    return;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    const ka = a.map(keyOf);
    const kb = b.map(keyOf);
    const usable = (keys: (string | null)[]) =>
      keys.every((k) => k !== null) && new Set(keys).size === keys.length;
    if (usable(ka) && usable(kb)) {
      a.forEach((x, i) => {
        const j = kb.indexOf(ka[i] as string);
        const sub = isPlainObject(x) ? `${path}[${ka[i]}]` : path;
        if (j < 0) out.push({ path: sub, kind: 'removed', old: x });
        else walk(sub, x, b[j], out);
      });
      b.forEach((x, j) => {
        if (!ka.includes(kb[j] as string)) {
          out.push({ path: isPlainObject(x) ? `${path}[${kb[j]}]` : path, kind: 'added', new: x });
        }
      });
      // Same elements, other order.
      if (!out.length) out.push({ path, kind: 'changed', old: a, new: b });
      return;
    }
  }
  if (a === undefined) out.push({ path, kind: 'added', new: b });
  else if (b === undefined) out.push({ path, kind: 'removed', old: a });
  else out.push({ path, kind: 'changed', old: a, new: b });
}

/** Break one recorded change down to the smallest readable lines. */
export function diffLines(change: Change): DiffLine[] {
  const out: DiffLine[] = [];
  walk(change.path, change.old, change.new, out);
  return out;
}
