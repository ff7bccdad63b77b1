/** How documents of one kind stand to others: where the links are kept, and which calls make and end them. */
import type { Link } from './form';

export interface Call {
  method: 'POST' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
}

export interface Relation {
  title: string;
  /** Kind of the others. */
  entity: string;
  none: string;
  /** The links stand in this field of the document itself ... */
  field?: string;
  /** ... or in the others, in this field of theirs. */
  of?: string;
  /** Without them the links are only shown. */
  add?: (self: string, others: Link[]) => Call[];
  remove?: (self: string, other: Link) => Call;
  /** The role that adding needs at the document itself. */
  needs?: number;
}

const ids = (links: Link[]) => ({ id: links.map((l) => l._id) });

/** Links that the others hold: one call for all of them. */
function inOthers(parent: string, word: string) {
  return {
    add: (self: string, others: Link[]): Call[] => [{ method: 'PATCH', path: `/${parent}/${self}/${word}`, body: ids(others) }],
    remove: (self: string, other: Link): Call => ({ method: 'DELETE', path: `/${parent}/${self}/${word}`, body: ids([other]) }),
    needs: 1,
  };
}

/** Links that the document itself holds: a call for each of the others. */
function inSelf(parent: string, word: string) {
  return {
    add: (self: string, others: Link[]): Call[] =>
      others.map((o) => ({ method: 'PATCH', path: `/${parent}/${o._id}/${word}`, body: { id: [self] } })),
    remove: (self: string, other: Link): Call => ({ method: 'DELETE', path: `/${parent}/${other._id}/${word}`, body: { id: [self] } }),
    needs: 3,
  };
}

const RELATIONS: Record<string, Relation[]> = {
  servers: [
    { title: 'Applications', entity: 'applications', field: 'applications', none: 'No application is known to run here.', ...inSelf('applications', 'servers') },
  ],
  applications: [
    { title: 'Servers', entity: 'servers', of: 'applications', none: 'Runs on no server that is known here.', ...inOthers('applications', 'servers') },
    { title: 'Systems', entity: 'system', field: 'system', none: 'Belongs to no system.', ...inSelf('system', 'applications') },
    {
      title: 'Depends on',
      entity: 'applications',
      field: 'deps',
      none: 'Depends on nothing that is known here.',
      add: (self, others) =>
        others.map((o) => ({
          method: 'POST',
          path: `/applications/${self}/deps`,
          body: { _id: o._id, name: o.name, family: o.family ?? 'Application' },
        })),
      remove: (self, other) => ({ method: 'DELETE', path: `/applications/${self}/deps/${other._id}` }),
      needs: 7,
    },
    { title: 'Used by', entity: 'applications', of: 'deps', none: 'No other application depends on it.' },
  ],
  system: [
    { title: 'Applications', entity: 'applications', of: 'system', none: 'No application belongs to it.', ...inOthers('system', 'applications') },
    { title: 'Clients', entity: 'clients', field: 'clients', none: 'Serves no client.', ...inSelf('clients', 'system') },
  ],
  clients: [{ title: 'Systems', entity: 'system', of: 'clients', none: 'No system serves this client.' }],
};

export const relationsOf = (entity: string): Relation[] => RELATIONS[entity] ?? [];

interface Holder {
  _id?: string;
  role?: number;
}

/** The role that somebody holds on a document; 0 = none. */
export function roleOn(roles: unknown, holder: string | undefined): number {
  if (!Array.isArray(roles)) return 0;
  return Math.max(0, ...(roles as Holder[]).filter((r) => r._id === holder).map((r) => r.role ?? 0));
}
