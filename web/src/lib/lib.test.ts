import { describe, expect, it } from 'vitest';
import type { FieldMeta } from '../api/types';
import { controlOf, dayEdge, facetLists, filterParams, formatRange, isPeriod, joinList, parseRange, splitList } from './filters';
import { choices, listParams, parseState, primaryFilters, toQuery } from './query-state';
import { compact, countsLine, duration, every, label, relativeTime, withUnit } from './format';
import { diffLines, equal } from './diff';
import { getPath, isEmpty, residual } from './paths';
import { ApiError, fieldError, parseError } from './errors';
import { emptyDraft, fromConnection, missing, toBody, toPatch } from './connection-form';
import { progress, shownRuns, tone } from './runs';
import { imageUrl, uploadTarget } from './upload';
import { isLongEnough, marked, markedMatch, shownGroups } from './search';
import { pathAs } from './acting';
import { actorKey, actorOf, fromLocal, historyParams, parseHistory, pastOf, toLocal } from './history';
import type { Connection, Provider, Run } from '../api/types';

const field = (path: string, o: Partial<FieldMeta> = {}): FieldMeta => ({
  path, label: path, type: 'string', group: 'General',
  list: false, column: true, filter: 'none', operators: [], index: 'none', sortable: false, writable: false, required: false, ...o,
});
const TEXT = ['eq', 'ne', 'in', 'nin', 'contains', 'starts', 'regex', 'exists'];
const NUMBER = ['eq', 'ne', 'in', 'nin', 'lt', 'lte', 'gt', 'gte', 'exists'];
const text = { filter: 'text', operators: TEXT } as const;
const choice = { filter: 'eq', operators: TEXT } as const;
const fields = [
  field('name', { list: true, ...text, sortable: true, writable: true, required: true }),
  field('status', { list: true, ...choice, sortable: true, options: ['Active', 'Stopped'] }),
  field('memory', { type: 'number', filter: 'range', operators: NUMBER, sortable: true, unit: 'GiB', writable: true }),
  field('datacenters.region', choice),
  field('ipv4_private', { filter: 'text', operators: [...TEXT, 'within'] }),
  field('updated_at', { type: 'time', filter: 'range', operators: NUMBER }),
  field('connected', { type: 'boolean', operators: ['eq', 'ne', 'exists'] }),
  field('_id', { filter: 'eq', operators: ['eq', 'ne', 'in', 'nin'] }),
  field('secret', { column: false }),
  field('role', { writable: true }),
  field('tags', { type: 'tags', operators: ['exists', 'has'], writable: true }),
  field('os.base', { writable: true }),
];

describe('list state in the URL', () => {
  it('starts with defaults and writes nothing for them', () => {
    const s = parseState({}, fields);
    expect(s).toEqual({ filters: {}, sort: 'name', desc: false, page: 1, size: 25, cols: null, retired: false });
    expect(toQuery(s, fields)).toEqual({});
  });
  it('survives the round trip whole', () => {
    const q = {
      'f.name': 'web (1)', 'f.memory': '4..16', 'f.datacenters.region': 'eu-west-1',
      sort: '-memory', page: '3', size: '50', cols: 'name,memory,datacenters.region', retired: '1',
    };
    const s = parseState(q, fields);
    expect(s.filters).toEqual({ name: 'web (1)', memory: '4..16', 'datacenters.region': 'eu-west-1' });
    expect(toQuery(s, fields)).toEqual(q);
  });
  it('drops what does not exist or is out of range', () => {
    const s = parseState({ 'f.nope': 'x', 'f.secret': 'x', sort: 'secret', page: '-4', size: '7', cols: 'secret,zzz' }, fields);
    expect(s).toEqual(parseState({}, fields));
    expect(parseState({ page: 'abc' }, fields).page).toBe(1);
    expect(parseState({ page: ['2', '9'] }, fields).page).toBe(2);
  });
  it('leaves out columns equal to the default ones', () => {
    const s = { ...parseState({}, fields), cols: ['name', 'status'] };
    expect(toQuery(s, fields)).toEqual({});
  });
});

describe('list request', () => {
  const asked = (path: string, value: string) => [...filterParams({ [path]: value }, fields).entries()].map(([k, v]) => `${k}=${v}`);
  it('sends filters as conditions and the rest beside them', () => {
    const s = parseState({ 'f.name': 'a.b(', 'f.status': 'Active,Stopped', 'f.memory': '4..', sort: '-memory', retired: '1' }, fields);
    const p = listParams(s, fields);
    expect(p.get('name[contains]')).toBe('a.b(');
    expect(p.get('status[in]')).toBe('Active,Stopped');
    expect(p.get('memory[gte]')).toBe('4');
    expect(p.get('memory[lte]')).toBeNull();
    expect(p.get('sort')).toBe('-memory');
    expect(p.get('inactive')).toBe('true');
    expect(p.get('limit')).toBe('25');
    expect(p.get('query')).toBeNull();
  });
  it.each([
    ['memory', '8', ['memory[eq]=8']],
    ['memory', '2..8', ['memory[gte]=2', 'memory[lte]=8']],
    ['memory', '...', []],
    ['updated_at', '-7d', ['updated_at[gte]=-7d']],
    ['updated_at', 'today', ['updated_at[gte]=today']],
    ['updated_at', '2026-01-01..2026-01-31', [`updated_at[gte]=${dayEdge('2026-01-01', false)}`, `updated_at[lte]=${dayEdge('2026-01-31', true)}`]],
    ['updated_at', 'nonsense', []],
    ['ipv4_private', '10.1.0.0/16', ['ipv4_private[within]=10.1.0.0/16']],
    ['ipv4_private', 'fd00::/8', ['ipv4_private[within]=fd00::/8']],
    ['ipv4_private', '10.1.', ['ipv4_private[contains]=10.1.']],
    ['ipv4_private', '10.1.0.0/', ['ipv4_private[contains]=10.1.0.0/']],
    ['tags', 'env=prod,team', ['tags[has]=env=prod,team']],
    ['tags', '=', []],
    ['connected', 'true', ['connected[eq]=true']],
    ['connected', 'false', ['connected[ne]=true']],
    ['_id', '5f', ['_id[eq]=5f']],
    ['role', 'x', []],
  ])('%s "%s"', (path, value, expected) => expect(asked(path, value)).toEqual(expected));
  it('never leaves braces or dollars raw in the URL', () => {
    expect(filterParams({ name: '${x}' }, fields).toString()).not.toMatch(/[{}$]/);
  });
  it('keeps commas inside the values of a list', () => {
    for (const values of [['a'], ['a,b', 'c'], ['\\', ',', 'x\\,y'], []]) expect(splitList(joinList(values))).toEqual(values);
    expect(splitList(',a,,b')).toEqual(['a', 'b']);
  });
  it('offers what the server can do fast, and tags', () => {
    expect(controlOf(field('x', { operators: TEXT }))).toBeUndefined();
    expect(controlOf(field('x', { filter: 'range', operators: [] }))).toBeUndefined();
    expect(fields.map((f) => controlOf(f) ?? '-').join(' ')).toBe('text choice number choice address time flag exact - - tags -');
  });
  it('knows a span of time from a range', () => {
    expect(['-7d', '-30m', '-2w', '-12h', 'today'].every(isPeriod)).toBe(true);
    expect(['', '7d', '-7y', '-7', '2026-01-01..', 'now-7d'].some(isPeriod)).toBe(false);
  });
  it('reads and writes ranges', () => {
    expect(parseRange('4..16')).toEqual({ min: '4', max: '16' });
    expect(parseRange('..16')).toEqual({ max: '16' });
    expect(parseRange('8')).toEqual({ min: '8', max: '8' });
    expect(parseRange('')).toEqual({});
    expect(formatRange('', '')).toBe('');
    expect(formatRange('4', '')).toBe('4..');
  });
});

describe('choices', () => {
  it('offers the known filters first and few of them', () => {
    const many = ['role', 'zz', 'datacenters.region', 'environment', 'status'].map((p) => field(p, { ...choice, list: true }));
    expect(primaryFilters(many).map((f) => f.path)).toEqual(['datacenters.region', 'environment', 'status']);
  });
  it('takes the values of the server, or those that were seen', () => {
    expect(choices(field('status', { options: ['A'] }), ['B'])).toEqual(['A']);
    expect(choices(field('region'), ['b', 'a'], ['c'])).toEqual(['a', 'b', 'c']);
    expect(choices(field('status'))).toContain('Active');
  });
  it('turns a day into its two ends', () => {
    expect(dayEdge('2026-02-30x', false)).toBeUndefined();
    expect(Date.parse(dayEdge('2026-01-31', true)!) - Date.parse(dayEdge('2026-01-31', false)!)).toBe(86_399_999);
  });
});

describe('formatting', () => {
  const now = Date.parse('2026-01-10T12:00:00Z');
  it.each([
    ['2026-01-10T11:59:50Z', 'just now'],
    ['2026-01-10T11:57:00Z', '3 minutes ago'],
    ['2026-01-10T14:00:00Z', 'in 2 hours'],
    ['2026-01-09T12:00:00Z', 'yesterday'],
    ['2025-12-27T12:00:00Z', '2 weeks ago'],
    ['2024-01-10T12:00:00Z', '2 years ago'],
    ['garbage', ''],
  ])('%s is %s', (t, text) => expect(relativeTime(t, now)).toBe(text));
  it('durations', () => {
    expect(duration('2026-01-10T12:00:00Z', '2026-01-10T12:00:00.200Z')).toBe('< 1 s');
    expect(duration('2026-01-10T12:00:00Z', '2026-01-10T12:01:05Z')).toBe('1 min 5 s');
    expect(duration('2026-01-10T12:00:00Z', '2026-01-10T14:00:00Z')).toBe('2 h');
    expect(duration(null, null)).toBe('');
  });
  it('values and units', () => {
    expect(withUnit(16, 'GiB')).toBe('16 GiB');
    expect(withUnit(1234.5)).toBe('1,234.5');
    expect(label({ key: 'team', value: 'data' })).toBe('team: data');
    expect(label({ key: 'flag', value: '' })).toBe('flag');
    expect(label({ name: 'sda', size: 8 })).toBe('sda');
    expect(compact(['a', 1, true])).toBe('a, 1, yes');
    expect(compact('x'.repeat(300), 10)).toHaveLength(10);
    expect(every(1, 'days')).toBe('every day');
    expect(every(5, 'minutes')).toBe('every 5 minutes');
    expect(countsLine({ seen: 10, created: 2, errors: 1, retired: 0 })).toBe('10 seen, 2 new, 1 error');
  });
});

describe('paths', () => {
  it('reads nested values, arrays and literal dotted keys', () => {
    expect(getPath({ os: { base: 'Linux' } }, 'os.base')).toBe('Linux');
    expect(getPath({ auth: [{ name: 'a' }, { name: 'b' }] }, 'auth.name')).toEqual(['a', 'b']);
    expect(getPath({ 'x.y': 1 }, 'x.y')).toBe(1);
    expect(getPath({ a: null }, 'a.b')).toBeUndefined();
  });
  it('leaves what has no row of its own', () => {
    const row = { dc: { _id: 'x', region: 'r', vpc: 'v', none: null } };
    expect(residual(row, 'dc', ['dc', 'dc.region'])).toEqual({ vpc: 'v' });
    expect(residual(row, 'dc', ['dc.region', 'dc.vpc'])).toBeUndefined();
  });
  it('knows what is empty', () => {
    expect([0, false, 'x', [1]].some(isEmpty)).toBe(false);
    expect(['', null, undefined, [], {}].every(isEmpty)).toBe(true);
  });
});

describe('changes', () => {
  it('shows a plain change, an added and a removed field', () => {
    expect(diffLines({ path: 'cpu', old: 2, new: 4 })).toEqual([{ path: 'cpu', kind: 'changed', old: 2, new: 4 }]);
    expect(diffLines({ path: 'role', new: 'web' })[0]?.kind).toBe('added');
    expect(diffLines({ path: 'role', old: 'web' })[0]?.kind).toBe('removed');
  });
  it('goes down into objects', () => {
    expect(diffLines({ path: 'os', old: { base: 'Linux', version: '1' }, new: { base: 'Linux', version: '2' } }))
      .toEqual([{ path: 'os.version', kind: 'changed', old: '1', new: '2' }]);
  });
  it('compares lists by the identity of their elements', () => {
    const a = [{ volume_id: 'v1', size: 8 }, { volume_id: 'v2', size: 30 }];
    const b = [{ volume_id: 'v2', size: 100 }, { volume_id: 'v1', size: 8 }];
    expect(diffLines({ path: 'storage', old: a, new: b }))
      .toEqual([{ path: 'storage[v2].size', kind: 'changed', old: 30, new: 100 }]);
    expect(diffLines({ path: 'regions', old: ['a', 'b'], new: ['b', 'c'] }).map((l) => [l.kind, l.old ?? l.new]))
      .toEqual([['removed', 'a'], ['added', 'c']]);
  });
  it('does not invent changes', () => {
    expect(equal({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toBe(true);
    expect(diffLines({ path: 'x', old: { a: 1 }, new: { a: 1 } })).toEqual([]);
  });
  it('keeps 0, false and empty text apart from nothing', () => {
    expect(diffLines({ path: 'x', old: 0, new: false })).toEqual([{ path: 'x', kind: 'changed', old: 0, new: false }]);
    expect(diffLines({ path: 'x', old: '', new: undefined })[0]?.kind).toBe('removed');
  });
});

describe('errors', () => {
  it('reads field errors', () => {
    const e = parseError(422, JSON.stringify({ err: { name: 'ValidatorError', errors: [{ message: '"ipv4_public" must be a valid ip', path: ['ipv4_public'] }], request_id: 'r1' } }));
    expect(fieldError(e, 'ipv4_public')).toBe('Ipv4 public must be a valid ip');
    expect(e.requestId).toBe('r1');
  });
  it('finds the error of a nested value at its field', () => {
    const e = parseError(422, JSON.stringify({ err: { errors: [{ message: '"value" is required', path: ['tags', 0, 'value'] }] } }));
    expect(fieldError(e, 'tags')).toBe('Value is required');
    expect(fieldError(e, 'tag')).toBe('');
  });
  it('understands the other shapes', () => {
    expect(parseError(409, '{"err":{"name":"ConflictError","errors":[{"failed":"a@b"}]}}').fields.email).toContain('already');
    expect(parseError(401, 'Unauthorized').message).toContain('session');
    expect(parseError(429, '', '30').message).toContain('30 seconds');
    expect(parseError(400, '{"err":{"name":"PermissionError","errors":"Invalid username or password"}}').message).toBe('Invalid username or password');
    expect(parseError(500, '<html>').message).toContain('internal error');
    expect(parseError(404, '{"error":"resource not found"}').message).toBe('resource not found');
    expect(parseError(422, '{"err":{"errors":[]}}')).toBeInstanceOf(ApiError);
  });
});

describe('connection form', () => {
  const provider: Provider = {
    id: 'openstack', label: 'OpenStack', regions: [], tasks: [],
    methods: [{
      id: 'pw', label: 'Password', url: 'required', regions: true,
      fields: [
        { name: 'username', label: 'User', type: 'text', required: true, target: 'conn' },
        { name: 'password', label: 'Password', type: 'password', secret: true, required: true, target: 'conn' },
        { name: 'project', label: 'Project', type: 'text', required: true, target: 'root' },
      ],
    }],
  };
  const m = provider.methods[0]!;
  const d = { ...emptyDraft(), name: ' n ', provider: 'OpenStack', method: 'pw', dcId: 'd', dcName: 'dc', regions: ['R'], url: ' https://x ', values: { username: ' u ', password: ' p ', project: 'pr' } };
  it('puts each value where the method says, and never trims a secret', () => {
    expect(toBody(d, provider, m)).toEqual({
      name: 'n', provider: 'OpenStack', service: 'pw', dc: 'dc', dc_id: 'd', regions: ['R'],
      conn: { username: 'u', password: ' p ' }, url: 'https://x', project: 'pr',
    });
  });
  it('names what is missing', () => {
    expect(Object.keys(missing({ ...emptyDraft(), method: 'pw' }, m, { saved: false, test: false })))
      .toEqual(['name', 'dc', 'url', 'regions', 'username', 'password', 'project']);
    expect(Object.keys(missing({ ...emptyDraft(), method: 'pw' }, m, { saved: true, test: true }))).toEqual(['url', 'project']);
  });
  it('keeps the sealed credentials on edit unless they are replaced', () => {
    const c = { _id: '1', name: 'n', provider: 'OpenStack', service: 'pw', dc: 'dc', dc_id: 'd', regions: ['R'], conn: 'sealed', url: 'https://x', project: 'pr', status: 'enabled' } as Connection;
    const draft = fromConnection(c, m);
    expect(toPatch(c, draft, provider, m, false)).toMatchObject({ conn: 'sealed', status: 'enabled', project: 'pr' });
    expect(toPatch(c, { ...draft, values: { ...draft.values, username: 'u', password: 'p' } }, provider, m, true).conn)
      .toEqual({ username: 'u', password: 'p' });
  });
});

describe('runs', () => {
  const run = (o: Partial<Run>): Run => ({ _id: 'x', connection: 'c', task: 't', trigger: 'user', state: 'success', created_at: '2026-01-01', ...o });
  it('shows the newest of each task, all that runs, and what waits for a decision', () => {
    const list = [
      run({ _id: '1', created_at: '2026-01-01' }),
      run({ _id: '2', created_at: '2026-01-02', state: 'running' }),
      run({ _id: '3', created_at: '2026-01-03' }),
      run({ _id: '4', task: 'u', created_at: '2026-01-01' }),
      run({ _id: '5', created_at: '2025-12-01', state: 'held', scopes: [{ state: 'held' } as never] }),
    ];
    expect(shownRuns(list).map((r) => r._id)).toEqual(['3', '2', '4', '5']);
  });
  it('counts finished parts', () => {
    expect(progress([{ state: 'success' }, { state: 'retrying' }, { state: 'failed' }] as never)).toEqual({ done: 2, of: 3 });
    expect(tone('held')).toBe('warn');
    expect(tone(undefined)).toBe('mute');
  });
});

describe('search', () => {
  const shown = (text: string, query: string) => marked(text, query).map((p) => (p.hit ? `[${p.text}]` : p.text)).join('');
  it('marks every word wherever it occurs', () => {
    expect(shown('Web-prod-01', 'prod WEB')).toBe('[Web]-[prod]-01');
    expect(shown('aaaa', 'aa')).toBe('[aaaa]');
    expect(shown('abc', '  ')).toBe('abc');
    expect(shown('a.b*c', '.B*')).toBe('a[.b*]c');
    expect(shown('<b>x</b>', '<b>')).toBe('[<b>]x</b>');
    expect(shown('Über', 'über')).toBe('[Über]');
    expect(shown('İstanbul', 'istanbul')).toBe('İstanbul');
    expect(marked('', 'x')).toEqual([]);
  });
  it('marks what was found whole when it holds none of the words', () => {
    expect(markedMatch('10.0.3.7', '10.0.0.0/16')).toEqual([{ text: '10.0.3.7', hit: true }]);
    expect(markedMatch('env=prod', 'prod')).toEqual([{ text: 'env=', hit: false }, { text: 'prod', hit: true }]);
  });
  it('tells what was found only where the title does not', () => {
    const item = { _id: 'x', name: 'Web-1', environment: 'Production', datacenters: { region: 'eu' } };
    const groups = (match: string) =>
      shownGroups({ q: 'w', capped: false, groups: [{ entity: 'servers', label: 'Servers', found: 5, items: [{ ...item, match }] }] });
    expect(groups('web-1')[0]).toMatchObject({ more: 4, hits: [{ title: 'Web-1', match: '', facts: ['Production', 'eu'] }] });
    expect(groups('team=x')[0]?.hits[0]?.match).toBe('team=x');
    expect(groups('production')[0]?.hits[0]?.facts).toEqual(['eu']);
    expect(shownGroups(undefined)).toEqual([]);
  });
  it('asks from three characters in a row', () => {
    expect(['', 'ab', 'ab cd', '  a '].map(isLongEnough)).toEqual([false, false, false, false]);
    expect(['abc', 'a bcd', '日本語'].map(isLongEnough)).toEqual([true, true, true]);
  });
});

describe('counts beside choices', () => {
  const counted = fields.map((f) => (f.filter === 'eq' ? { ...f, facets: true } : f));
  const lists = (filters: Record<string, string>, retired = false) => [...facetLists(counted, counted, filters, retired)];
  it('are of the list under every filter but their own', () => {
    expect(lists({})).toEqual([['', ['status', 'datacenters.region']]]);
    expect(lists({ status: 'Active', name: 'web' })).toEqual([
      ['name%5Bcontains%5D=web', ['status']],
      ['name%5Bcontains%5D=web&status%5Bin%5D=Active', ['datacenters.region']],
    ]);
    expect(lists({}, true)).toEqual([['inactive=true', ['status', 'datacenters.region']]]);
    expect([...facetLists(fields, fields, {})]).toEqual([]);
  });
});

describe('history', () => {
  const id = 'a'.repeat(24);
  it('names who did it, and filters by them', () => {
    const by = (actor: object | undefined) => ({ id: '1', at: '', verb: 'update', changes: [], ...(actor ? { actor } : {}) }) as never;
    expect(actorOf(by({ kind: 'user', _id: id, name: 'ann' }))).toBe('ann');
    expect(actorOf(by({ kind: 'team', _id: id }))).toBe('A team');
    expect(actorOf(by(undefined))).toBe('Somebody');
    expect(actorKey(by({ kind: 'connection', _id: id }))).toBe(`connection:${id}`);
    expect(actorKey(by({ kind: 'system' }))).toBe('system');
    expect(actorKey(by({ kind: 'user' }))).toBe('');
  });
  it('keeps its filter in the URL and drops what is none', () => {
    const q = { entity: 'servers', actor: `user:${id}`, run: id };
    expect(parseHistory(q)).toEqual(q);
    expect(historyParams(parseHistory(q))).toBe(`entity=servers&actor=user%3A${id}&run=${id}`);
    expect(parseHistory({ entity: 'a b', actor: 'x', run: ['1'], other: '1' })).toEqual({ entity: '', actor: '', run: '' });
    expect(historyParams(parseHistory({}))).toBe('');
  });
  it('goes to an instant and back through the clock of the person', () => {
    const now = Date.parse('2026-05-01T12:00:00.500Z');
    expect(fromLocal(toLocal('2026-01-31T10:20:30.400Z'), now)).toBe('2026-01-31T10:20:30.999Z');
    expect(fromLocal(toLocal(now), now)).toBe('2026-05-01T12:00:00.500Z');
    expect(fromLocal('', now)).toBe('');
    expect(toLocal('nonsense')).toBe('');
    expect(pastOf('2026-01-31T10:20:30.400Z')).toBe('2026-01-31T10:20:30.400Z');
    expect(['now', '2026', '', null, ['2026-01-31T10:20:30Z'], '2026-99-99T00:00:00Z'].map(pastOf)).toEqual(['', '', '', '', '', '']);
  });
});

describe('acting as a team', () => {
  it('sends what belongs to documents below the team', () => {
    expect(pathAs('t1', '/servers?limit=1')).toBe('/teams/t1/servers?limit=1');
    expect(pathAs('t1', '/connections/c/live')).toBe('/teams/t1/connections/c/live');
    expect(pathAs('t1', '/runs/r/cancel')).toBe('/teams/t1/runs/r/cancel');
  });
  it('asks by scope where there is one address for all', () => {
    expect(pathAs('t1', '/search?q=x')).toBe('/search?q=x&scope=team:t1');
    expect(pathAs('t1', '/history')).toBe('/history?scope=team:t1');
    expect(pathAs('t1', '/meta/connections?ids=a')).toBe('/meta/connections?ids=a&scope=team:t1');
  });
  it('leaves alone what is the person\'s, and everything for oneself', () => {
    for (const path of ['/me', '/session', '/users/autocomplete?complete=a', '/teams/t1/members', '/meta/entities/servers', '/adminer?key=a', '/services?limit=1', '/tokens', '/administrators'])
      expect(pathAs('t1', path)).toBe(path);
    expect(pathAs('', '/servers')).toBe('/servers');
  });
});

describe('uploads', () => {
  const here = 'https://maestro.example/ui/profile';
  it('go to this origin when this server takes the file, whatever name it has for itself', () => {
    for (const base of ['//maestro.example', 'http://10.0.0.1:8888', 'https://api.example'])
      expect(uploadTarget(`${base}/users/upload?ext=png&name=a%20b&token=x.y.z`, here)).toBe('/users/upload?ext=png&name=a%20b&token=x.y.z');
  });
  it('go to the storage when it takes them', () => {
    const url = 'https://bucket.s3.amazonaws.com/users/1/a.png?X-Amz-Signature=1';
    expect(uploadTarget(url, here)).toBe(url);
  });
  it('are shown from the public files', () => {
    expect(imageUrl('users/1/a b?.png')).toBe('/static/users/1/a%20b%3F.png');
  });
});
