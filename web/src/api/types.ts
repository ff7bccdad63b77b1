export type FieldType =
  | 'string' | 'number' | 'boolean' | 'time' | 'array' | 'object' | 'tags' | 'any';

/** What a form must know of a value before it is typed. */
interface Rules {
  unit?: string;
  options?: string[];
  /** What a text must look like. */
  format?: 'ip' | 'email' | 'uri' | 'id';
  min_length?: number;
  max_length?: number;
  /** What the server puts there when nothing is sent. */
  default?: unknown;
}

/** A part of each element of a list. */
export interface MemberMeta extends Rules {
  name: string;
  label: string;
  type: FieldType;
  required: boolean;
  doc?: string;
}

export interface FieldMeta extends Rules {
  path: string;
  label: string;
  type: FieldType;
  /** Type of the elements of a list. */
  of?: FieldType;
  members?: MemberMeta[];
  group: string;
  list: boolean;
  column: boolean;
  /** In list items anyway; false = the list must ask for it. */
  listed?: boolean;
  filter: 'none' | 'eq' | 'text' | 'range';
  /** What `field[op]=` takes; empty = lists do not filter by it. */
  operators: string[];
  index: 'none' | 'eq' | 'text' | 'range';
  /** How often each value occurs can be asked for. */
  facets?: boolean;
  sortable: boolean;
  writable: boolean;
  required: boolean;
  doc?: string;
}

export interface EntityMeta {
  name: string;
  /** First segment of its paths. */
  route: string;
  label: string;
  label_plural: string;
  /** False: of what was deleted of this kind nothing is told. */
  shows_deleted?: boolean;
  doc?: string;
  fields: FieldMeta[];
}

export type Row = Record<string, unknown> & { _id: string; name?: string; active?: boolean };

export interface Page<T = Row> {
  found: number;
  limit: number | string;
  total_pages: number;
  current_page: number | string;
  items: T[];
  cursor?: { next: string | null; prev: string | null };
}

export type SearchItem = Row & { match?: string };

export interface SearchGroup {
  entity: string;
  label: string;
  found: number;
  items: SearchItem[];
}

export interface SearchAnswer {
  q: string;
  groups: SearchGroup[];
  capped: boolean;
  hint?: string;
}

export interface User {
  _id: string;
  name: string;
  email: string;
  avatar?: string;
  fullname?: string;
  phone?: string;
  company?: string;
  job?: string;
  city?: string;
}

export interface ApiToken {
  _id: string;
  name: string;
  scope: 'read' | 'write';
  created_at: string;
  expires_at: string | null;
  last_used: string | null;
}

export interface Session {
  _id: string;
  created_at: string;
  last_seen: string;
  expires_at: string;
  address: string;
  agent: string;
  current: boolean;
}

export interface Administrator {
  _id: string;
  name: string;
  email: string;
  since: string;
}

export interface Actor {
  kind: 'user' | 'team' | 'connection' | 'system';
  _id?: string;
  name?: string;
}

export interface HistoryItem {
  id: string;
  at: string;
  verb: string;
  actor?: Actor;
  run?: string;
  changes: { path: string; old?: unknown; new?: unknown }[];
}

/** A change with the document that it was made to. */
export interface TrailItem extends HistoryItem {
  document: { entity: string; _id: string; name?: string; active: boolean };
}

export interface Facet {
  field: string;
  values: { value: string; count: number }[];
  others: number;
  missing: number;
}

export interface Cursor<T> {
  items: T[];
  cursor?: { next: string | null };
}

export interface FieldSource {
  source: 'discovery' | 'user';
  by?: { _id: string; name: string };
  at?: string;
  pinned?: boolean;
}

export interface Provenance {
  connections: {
    _id: string;
    name: string;
    provider: string;
    last_seen?: string;
    region?: string;
    task?: string;
  }[];
  fields: Record<string, FieldSource>;
}

export interface ProviderField {
  name: string;
  label: string;
  type: 'text' | 'password' | 'select' | 'textarea';
  secret?: boolean;
  required?: boolean;
  help?: string;
  placeholder?: string;
  options?: (string | { id?: string; value?: string; label?: string })[];
  default?: string;
  target: 'conn' | 'root';
}

export interface ProviderMethod {
  id: string;
  label: string;
  doc?: string;
  url: 'none' | 'optional' | 'required';
  regions: boolean;
  fields: ProviderField[];
}

export interface Schedule {
  every: number;
  period: string;
}

export interface ProviderTask {
  name: string;
  label: string;
  entity: string;
  every: Schedule;
  permissions: string[];
}

export interface Provider {
  id: string;
  label: string;
  doc?: string;
  regions: { id: string; label: string }[];
  methods: ProviderMethod[];
  tasks: ProviderTask[];
}

export interface Connection extends Row {
  name: string;
  provider: string;
  service: string;
  dc: string;
  dc_id: string;
  regions: string[];
  conn: string;
  status?: string;
  url?: string;
  project?: string;
  user_domain_id?: string;
  api_version?: string;
}

export type State =
  | 'never' | 'queued' | 'running' | 'retrying' | 'success' | 'partial' | 'failed' | 'held' | 'canceled';

export type Counts = Record<string, number>;

export interface Scope {
  _id: string;
  region: string;
  resource: string;
  label: string;
  state: State;
  attempt: number;
  pages: number;
  counts?: Counts;
  message?: string;
  error?: { code: string; message: string; hint?: string };
  held?: { vanished: number; of: number; names: string[] };
  next_attempt_at?: string | null;
  started_at?: string | null;
  finished_at?: string | null;
}

export interface Run {
  _id: string;
  connection: string;
  task: string;
  trigger: string;
  by?: { _id: string; name: string };
  state: State;
  message?: string;
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
  counts?: Counts;
  scopes?: Scope[];
}

export interface Task {
  name: string;
  label: string;
  entity: string;
  doc?: string;
  permissions: string[];
  schedule?: { every: number; period: string; enabled: boolean; next_run?: string | null };
  last_run?: Run | null;
}

export interface ConnectionState {
  _id: string;
  state: State;
  last_run?: Run | null;
  next_run?: string | null;
  resources?: number;
}

export interface TestResult {
  ok: boolean;
  message: string;
  steps: { name: string; ok: boolean; message: string }[];
  account?: string;
  regions?: string[];
}
