import { describe, expect, it } from 'vitest';
import type { FieldMeta } from '../api/types';
import { concerns, familyName, flavorOf, inSentence } from './families';
import { factsOf, finderPath } from './finder';
import { bodyOf, draftOf, dropEmptyRows, emptyRow, inputsOf, newDraft, plan, sections } from './form';
import { onceKey } from './once';
import { relationsOf, roleOn } from './relations';
import { optionKeys, sourcesOf, suggestions } from './suggest';

const field = (path: string, o: Partial<FieldMeta> = {}): FieldMeta => ({
  path, label: path, type: 'string', group: 'General',
  list: false, column: true, filter: 'none', operators: [], index: 'none', sortable: false, writable: true, required: false, ...o,
});
const DISK = [
  { name: 'name', label: 'Name', type: 'string', required: false },
  { name: 'size', label: 'Size', type: 'number', unit: 'GiB', required: false },
  { name: 'root', label: 'Root', type: 'string', required: false },
  { name: 'volume_id', label: 'Volume id', type: 'string', required: false },
] as const;
const fields = [
  field('role'),
  field('memory', { type: 'number', unit: 'GiB', group: 'Hardware', index: 'range' }),
  field('name', { required: true, index: 'text', min_length: 3, max_length: 30, group: 'Other' }),
  field('os', { type: 'object', group: 'Software' }),
  field('os.base', { group: 'Software', index: 'eq' }),
  field('os.dist', { group: 'Software' }),
  field('storage', { type: 'array', of: 'object', members: [...DISK], group: 'Hardware' }),
  field('backup_ids', { type: 'array' }),
  field('applications', { type: 'array', of: 'object' }),
  field('datacenters', { type: 'object', group: 'Placement' }),
  field('datacenters.name', { group: 'Placement', index: 'eq' }),
  field('datacenters.zone', { group: 'Placement', index: 'eq' }),
  field('datacenters.instance', { group: 'Hardware' }),
  field('metas', { type: 'any' }),
  field('status', { options: ['Active', 'Stopped'], default: 'Active' }),
  field('tags', { type: 'tags' }),
  field('roles', { type: 'array', writable: false }),
  field('owner', { type: 'object', writable: false }),
  field('owner.name'),
  field('created_at', { type: 'time' }),
];
const inputs = inputsOf(fields);
const of = (path: string) => inputs.find((i) => i.path === path)!;

describe('what a form offers', () => {
  it('has a control for each thing that a person may write, parts of objects included', () => {
    expect(inputs.map((i) => `${i.path} ${i.kind}`)).toEqual([
      'role text', 'memory number', 'name text', 'os.base text', 'os.dist text', 'storage rows', 'backup_ids words', 'applications links',
      'datacenters placement', 'datacenters.instance text', 'metas any', 'status choice', 'tags tags',
    ]);
    expect(of('memory').label).toBe('memory (GiB)');
    expect(of('name').help).toBe('3 to 30 characters');
    expect(of('applications').target).toBe('applications');
    // Of the many parts of a disk only the usual ones are asked for.
    expect(of('storage').members?.map((m) => m.name)).toEqual(['name', 'size', 'root']);
  });
  it('shows required fields first, and what lists know before what is rare', () => {
    const groups = sections(inputs);
    expect(groups.map(([g]) => g)).toEqual(['General', 'Placement', 'Hardware', 'Software']);
    expect(groups[0]?.[1][0]?.path).toBe('name');
    expect(inputs.filter((i) => !i.main).map((i) => i.path)).toEqual(['role', 'backup_ids', 'metas', 'status']);
  });
  it('follows what is stored where a field has no one type', () => {
    const role = [field('path', { label: 'Path' }), field('role', { type: 'any', members: [{ name: 'role', label: 'Role', type: 'string', required: false }, { name: 'path', label: 'Path', type: 'string', required: false }] })];
    expect(inputsOf(role).map((i) => `${i.path}: ${i.label}`)).toEqual(['path: Path', 'role.role: Role', 'role.path: role: path']);
    expect(inputsOf(role, { _id: '1', role: 'Master' }).map((i) => i.path)).toEqual(['path', 'role']);
    expect(inputsOf(fields, { _id: '1', backup_ids: [{ id: 1 }] }).find((i) => i.path === 'backup_ids')?.kind).toBe('any');
  });
});

describe('a new document', () => {
  it('begins with what the server would put there, and sends only what was entered', () => {
    const draft = newDraft(inputs);
    expect(bodyOf(inputs, draft)).toEqual({ status: 'Active' });
    Object.assign(draft, {
      name: ' web-1 ', memory: '8,5', 'os.base': 'Linux', backup_ids: 'a\n\n b ', metas: '{"rack": 4}',
      datacenters: { _id: 'd', name: 'Basement', provider: '', region: '', zone: 'z1' }, 'datacenters.instance': 'big',
      tags: [{ key: 'env', value: 'prod' }, { key: ' ', value: '' }], applications: [{ _id: 'a1', name: 'shop', family: 'Cache', status: 'Active', entity: 'applications' }],
    });
    expect(bodyOf(inputs, draft)).toEqual({
      name: 'web-1', memory: 8.5, os: { base: 'Linux' }, backup_ids: ['a', 'b'], metas: { rack: 4 }, status: 'Active',
      datacenters: { _id: 'd', name: 'Basement', zone: 'z1', instance: 'big' },
      tags: [{ key: 'env', value: 'prod' }], applications: [{ _id: 'a1', name: 'shop', family: 'Cache' }],
    });
  });
  it('leaves what is no number to the server, which names the field', () => {
    expect(bodyOf(inputs, { ...newDraft(inputs), memory: 'much' }).memory).toBe('much');
  });
  it('drops rows in which nothing was entered, so that the numbers in errors are those on the screen', () => {
    const members = of('storage').members!;
    const draft = { ...newDraft(inputs), storage: [emptyRow(members), { ...emptyRow(members), size: '20' }] };
    dropEmptyRows(inputs, draft);
    expect(draft.storage).toHaveLength(1);
    expect(bodyOf(inputs, draft).storage).toEqual([{ size: 20 }]);
  });
  it('is made once, however often the same thing is sent', () => {
    const key = onceKey();
    const first = key({ name: 'a' });
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(key({ name: 'a' })).toBe(first);
    expect(key({ name: 'b' })).not.toBe(first);
  });
});

describe('editing', () => {
  const row = {
    _id: '1', name: 'a', role: 'web', memory: 4, tags: [{ key: 'k', value: 'v' }], checksum: 'c', created_at: 't', os: { base: 'Linux', kernel: 6 },
    storage: [{ name: 'sda', size: 8, volume_id: 'v' }], metas: 1500, datacenters: { name: 'B', zone: 'z', subnet_id: 's' },
  };
  const base = draftOf(row, inputs);
  const change = (c: Record<string, unknown>) => plan(row, { ...base, ...c }, inputs);
  it('sends only what changed, with the required fields', () => {
    expect(change({}).none).toBe(true);
    expect(change({ role: 'api' })).toMatchObject({ replace: false, body: { name: 'a', role: 'api' } });
    expect(change({ memory: '8,5' }).body.memory).toBe(8.5);
  });
  it('removes an emptied value by replacing the document', () => {
    const p = change({ role: '' });
    expect(p.replace).toBe(true);
    expect(p.body).not.toHaveProperty('role');
    expect(p.body).toMatchObject({ name: 'a', memory: 4, tags: row.tags, checksum: 'c' });
  });
  it('leaves a required field to the server when it is emptied', () => {
    expect(change({ name: ' ' })).toMatchObject({ replace: false, body: { name: '' } });
  });
  it('empties a list without replacing the document', () => {
    expect(change({ tags: [] })).toMatchObject({ replace: false, body: { name: 'a', tags: [] } });
    expect(change({ tags: [{ key: 'x', value: '' }, { key: ' ', value: '' }] }).body.tags).toEqual([{ key: 'x', value: '' }]);
  });
  it('keeps the parts of objects and rows that it does not show', () => {
    expect(change({ 'os.dist': 'Debian' }).body.os).toEqual({ base: 'Linux', kernel: 6, dist: 'Debian' });
    expect(change({ 'os.base': '' })).toMatchObject({ replace: false, body: { os: { kernel: 6 } } });
    const [disk] = base.storage as Record<string, unknown>[];
    expect(change({ storage: [{ ...disk, size: '16' }] }).body.storage).toEqual([{ name: 'sda', size: 16, volume_id: 'v' }]);
    const moved = change({ datacenters: { _id: '', name: 'C', provider: '', region: 'r', zone: '' }, 'datacenters.instance': 'xl' });
    expect(moved.body.datacenters).toEqual({ name: 'C', region: 'r', subnet_id: 's', instance: 'xl' });
  });
  it('keeps a number a number where no type is declared', () => {
    expect(change({ metas: '9000' }).body.metas).toBe(9000);
  });
});

describe('families', () => {
  it('decide what is asked', () => {
    expect(concerns('applications', 'language', { family: 'Database' })).toBe(false);
    expect(concerns('applications', 'queues', { family: 'Broker' })).toBe(true);
    expect(concerns('servers', 'language', {})).toBe(true);
  });
  it('an Oracle database has more to tell', () => {
    expect(concerns('applications', 'asm_groups', { family: 'Database', engine: 'MySQL' })).toBe(false);
    expect(concerns('applications', 'asm_groups', { family: 'Database', engine: 'oracle 19c' })).toBe(true);
    expect(concerns('applications', 'asm_groups', { family: 'Cache', provider: 'Oracle' })).toBe(false);
    expect(flavorOf('applications', { family: 'Database', provider: 'PostgreSQL' })).toBe('database');
  });
  it('have names that people use', () => {
    expect(inSentence(familyName('Loadbalance'))).toBe('load balancer');
    expect(inSentence(familyName('CDN'))).toBe('CDN');
    expect(inSentence(familyName('ApiGateway'))).toBe('API gateway');
  });
});

describe('suggestions', () => {
  const values = { database_options: { types: ['Relational'], oracle: { type: ['Application'] } }, env_options: { environment: ['Production', 3] } };
  it('are the words that administrators keep', () => {
    expect(suggestions(sourcesOf('applications'), values)).toEqual({ environment: ['Production'] });
    expect(suggestions(sourcesOf('applications', 'database'), values).type).toEqual(['Relational']);
    expect(suggestions(sourcesOf('applications', 'oracle'), values).type).toEqual(['Application']);
  });
  it('need the options of a kind once each', () => {
    expect(optionKeys('servers').sort()).toEqual(['env_options', 'server_options', 'services_options']);
    expect(optionKeys('projects')).toEqual([]);
  });
});

describe('finding documents', () => {
  it('asks lists by part of the name, people by a pattern in which signs mean themselves', () => {
    expect(finderPath('system', 'a b')).toBe('/system?limit=20&sort=name&count=none&name[contains]=a%20b');
    expect(finderPath('networks', '')).toBe('/network?limit=20&sort=name&count=none');
    expect(finderPath('users', 'a.b(')).toBe(`/users/autocomplete?complete=${encodeURIComponent('a\\.b\\(')}`);
  });
  it('tells namesakes apart', () => {
    expect(factsOf('servers', { _id: '1', ipv4_private: '10.0.0.1', datacenters: { region: 'eu' } })).toBe('10.0.0.1 · eu');
    expect(factsOf('clients', { _id: '1' })).toBe('');
  });
});

describe('relations', () => {
  const by = (entity: string, title: string) => relationsOf(entity).find((r) => r.title === title)!;
  it('of servers are made at the application in one call', () => {
    expect(by('applications', 'Servers').add!('a', [{ _id: 's1' }, { _id: 's2' }])).toEqual([{ method: 'PATCH', path: '/applications/a/servers', body: { id: ['s1', 's2'] } }]);
  });
  it('of systems are made at each system', () => {
    expect(by('applications', 'Systems').add!('a', [{ _id: 'y1' }, { _id: 'y2' }])).toEqual([
      { method: 'PATCH', path: '/system/y1/applications', body: { id: ['a'] } },
      { method: 'PATCH', path: '/system/y2/applications', body: { id: ['a'] } },
    ]);
    expect(by('system', 'Clients').remove!('y', { _id: 'c' })).toEqual({ method: 'DELETE', path: '/clients/c/system', body: { id: ['y'] } });
  });
  it('of dependencies carry name and family', () => {
    expect(by('applications', 'Depends on').add!('a', [{ _id: 'b', name: 'db', family: 'Database', status: 'Active' }])[0]?.body).toEqual({ _id: 'b', name: 'db', family: 'Database' });
  });
  it('are only shown where a client stands', () => {
    expect(by('clients', 'Systems').add).toBeUndefined();
  });
  it('need a role, the highest of those held', () => {
    const roles = [{ _id: 'u', role: 3 }, { _id: 'u', role: 7 }, { _id: 'v', role: 1 }];
    expect([roleOn(roles, 'u'), roleOn(roles, 'v'), roleOn(roles, 'w'), roleOn(undefined, 'u')]).toEqual([7, 1, 0, 0]);
  });
});
