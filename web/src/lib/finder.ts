/** Search-as-you-type for existing documents, people and teams. */
import type { Row } from '../api/types';
import { pathOf } from './kinds';
import { getPath } from './paths';

const PEOPLE = ['users', 'teams'];
const seg = encodeURIComponent;

/** Where documents of a kind are looked for whose name holds a text. */
export function finderPath(entity: string, text: string): string {
  const typed = text.trim();
  // These are answered in one's sight alone, and the text is a pattern there.
  if (PEOPLE.includes(entity)) return `/${entity}/autocomplete?complete=${seg(typed.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))}`;
  const named = typed ? `&name[contains]=${seg(typed)}` : '';
  return `/${pathOf(entity)}?limit=20&sort=name&count=none${named}`;
}

const FACTS: Record<string, string[]> = {
  users: ['email'],
  teams: ['email'],
  datacenters: ['provider'],
  servers: ['ipv4_private', 'environment', 'datacenters.region'],
  applications: ['family', 'environment'],
};

/** What tells documents of the same name apart. */
export function factsOf(entity: string, row: Row): string {
  return (FACTS[entity] ?? []).map((p) => getPath(row, p)).filter((v) => typeof v === 'string' && v !== '').join(' · ');
}
