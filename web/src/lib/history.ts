/** History in words, and its page's state in the URL. */
import type { HistoryItem } from '../api/types';
import { parseTime } from './format';

const VERB: Record<string, string> = {
  create: 'created',
  update: 'changed',
  delete: 'deleted',
  retire: 'retired',
  revive: 'found again',
  restore: 'restored',
  adopt: 'took over',
  grant: 'changed the rights of',
  told: 'was said to have changed',
};
export const verbOf = (item: HistoryItem): string => VERB[item.verb] ?? item.verb;

export function actorOf(item: HistoryItem): string {
  const a = item.actor;
  if (!a) return 'Somebody';
  if (a.name) return a.name;
  return { system: 'Maestro', connection: 'A connection', team: 'A team', user: 'A person' }[a.kind] ?? 'Somebody';
}

/** The actor as the filter takes it; empty where there is none to filter by. */
export function actorKey(item: HistoryItem): string {
  const a = item.actor;
  if (!a) return '';
  return a.kind === 'system' ? 'system' : a._id ? `${a.kind}:${a._id}` : '';
}

export interface HistoryFilter {
  entity: string;
  actor: string;
  run: string;
}

type RawQuery = Record<string, string | null | (string | null)[] | undefined>;
const one = (v: RawQuery[string], pattern: RegExp): string => (typeof v === 'string' && pattern.test(v) ? v : '');

export function parseHistory(query: RawQuery): HistoryFilter {
  return {
    entity: one(query.entity, /^[a-z]+$/),
    actor: one(query.actor, /^(me|system|(user|team|connection):[0-9a-f]{24})$/),
    run: one(query.run, /^[0-9a-f]{24}$/),
  };
}

export function historyParams(filter: HistoryFilter): string {
  const p = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) if (value) p.set(key, value);
  return p.toString();
}

/** An instant for an input of type datetime-local: the person's own clock, to the second. */
export function toLocal(value: unknown): string {
  const d = parseTime(value);
  if (!d) return '';
  return new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** Back to an instant, to the end of the second that was named; never in the future. */
export function fromLocal(value: string, now = Date.now()): string {
  const d = parseTime(value);
  return d ? new Date(Math.min(d.getTime() + 999, now)).toISOString() : '';
}

/** A past instant of a link; empty for anything else. */
export function pastOf(value: unknown): string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && parseTime(value) ? value : '';
}
