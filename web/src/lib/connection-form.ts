import type { Connection, Provider, ProviderField, ProviderMethod } from '../api/types';

export interface ConnectionDraft {
  name: string;
  provider: string;
  method: string;
  dcId: string;
  dcName: string;
  regions: string[];
  url: string;
  /** by field name of the method */
  values: Record<string, string>;
}

export function emptyDraft(): ConnectionDraft {
  return { name: '', provider: '', method: '', dcId: '', dcName: '', regions: [], url: '', values: {} };
}

export function findProvider(all: Provider[], name: string | undefined): Provider | undefined {
  const n = (name ?? '').toLowerCase();
  return all.find((p) => p.id.toLowerCase() === n || p.label.toLowerCase() === n);
}

export function methodOf(p: Provider | undefined, id: string): ProviderMethod | undefined {
  return p?.methods.find((m) => m.id === id) ?? (p?.methods.length === 1 ? p.methods[0] : undefined);
}

export function defaults(m: ProviderMethod | undefined): Record<string, string> {
  return Object.fromEntries((m?.fields ?? []).filter((f) => f.default !== undefined).map((f) => [f.name, String(f.default)]));
}

/** People know regions by id as well as by place. */
export function regionLabel(r: { id: string; label?: string }): string {
  return !r.label || r.label === r.id ? r.id : r.label.includes(r.id) ? r.label : `${r.id} · ${r.label}`;
}

/** The address has an input of its own unless the method describes it among its fields. */
export function hasUrlInput(m: ProviderMethod | undefined): boolean {
  return !!m && m.url !== 'none' && !m.fields.some((f) => f.name === 'url');
}

export function fieldOptions(f: ProviderField): { value: string; label: string }[] {
  return (f.options ?? []).map((o) =>
    typeof o === 'string' ? { value: o, label: o } : { value: o.value ?? o.id ?? '', label: o.label ?? o.value ?? o.id ?? '' },
  );
}

/** What is missing before the form can be sent; by form key. */
export function missing(d: ConnectionDraft, m: ProviderMethod | undefined, opt: { saved: boolean; test: boolean }): Record<string, string> {
  const out: Record<string, string> = {};
  if (!opt.test) {
    if (!d.name.trim()) out.name = 'Give the connection a name.';
    if (!d.dcId) out.dc = 'Choose a datacenter or create one.';
  }
  if (!m) {
    out.provider = 'Choose a provider.';
    return out;
  }
  if (hasUrlInput(m) && m.url === 'required' && !d.url.trim()) out.url = 'Enter the address of the cloud.';
  if (m.regions && !d.regions.length && !opt.test) out.regions = 'Choose at least one region.';
  for (const f of m.fields) {
    // Kept credentials need not be typed again.
    if (opt.saved && f.target === 'conn') continue;
    if (f.required && !(d.values[f.name] ?? '').trim()) out[f.name] = `${f.label} is required.`;
  }
  return out;
}

/** Body of POST /connections and POST /connections/test. */
export function toBody(d: ConnectionDraft, p: Provider, m: ProviderMethod): Record<string, unknown> {
  const conn: Record<string, string> = {};
  const root: Record<string, string> = {};
  for (const f of m.fields) {
    const v = f.secret || f.type === 'password' ? (d.values[f.name] ?? '') : (d.values[f.name] ?? '').trim();
    if (v === '') continue;
    (f.target === 'root' ? root : conn)[f.name] = v;
  }
  return {
    ...(d.name.trim() ? { name: d.name.trim() } : {}),
    provider: p.label,
    service: m.id,
    ...(d.dcId ? { dc: d.dcName, dc_id: d.dcId } : {}),
    regions: m.regions ? d.regions : [],
    conn,
    ...(hasUrlInput(m) && d.url.trim() ? { url: d.url.trim() } : {}),
    ...root,
  };
}

/** Body of PATCH: everything that must be there, with the sealed credentials as they were read. */
export function toPatch(c: Connection, d: ConnectionDraft, p: Provider, m: ProviderMethod, replaceSecrets: boolean): Record<string, unknown> {
  const body = toBody(d, p, m);
  return {
    ...body,
    ...(c.status ? { status: c.status } : {}),
    conn: replaceSecrets ? body.conn : c.conn,
  };
}

export function fromConnection(c: Connection, m: ProviderMethod | undefined): ConnectionDraft {
  const values: Record<string, string> = {};
  for (const f of m?.fields ?? []) {
    const v = f.target === 'root' ? c[f.name] : undefined;
    if (v !== undefined && v !== null) values[f.name] = String(v);
  }
  return {
    name: c.name,
    provider: c.provider,
    method: c.service,
    dcId: c.dc_id,
    dcName: c.dc,
    regions: [...(c.regions ?? [])],
    url: c.url ?? '',
    values,
  };
}
