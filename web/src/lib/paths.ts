/** Read a dotted path. `auth.name` on an array of objects yields an array of names. */
export function getPath(source: unknown, path: string): unknown {
  if (source == null) return undefined;
  // A literal key wins: some field names of the data model contain dots or commas.
  if (typeof source === 'object' && !Array.isArray(source) && path in (source as object)) {
    return (source as Record<string, unknown>)[path];
  }
  const [head, ...rest] = path.split('.');
  if (Array.isArray(source)) {
    const out = source.map((x) => getPath(x, path)).filter((x) => x !== undefined);
    return out.length ? out : undefined;
  }
  if (typeof source !== 'object') return undefined;
  const value = (source as Record<string, unknown>)[head as string];
  return rest.length ? getPath(value, rest.join('.')) : value;
}

/** What is left of an object when the paths that have a row of their own are taken out. */
export function residual(row: unknown, path: string, known: string[]): Record<string, unknown> | undefined {
  const value = getPath(row, path);
  if (!isPlainObject(value)) return undefined;
  const own = new Set(known.filter((k) => k.startsWith(`${path}.`)).map((k) => k.slice(path.length + 1).split('.')[0]));
  const rest = Object.fromEntries(Object.entries(value).filter(([k, v]) => !own.has(k) && k !== '_id' && !isEmpty(v)));
  return Object.keys(rest).length ? rest : undefined;
}

export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object') return Object.keys(value).length === 0;
  return false;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
