// In-memory implementation of the server contract, for developing the UI without the server.
import { makeAccounts } from './account.mjs';
import { createFind } from './find.mjs';
import { META, PROVIDERS, makeServer, oid, ago, rnd } from './data.mjs';

const VERSION = { every: 4 };

export function createMock(opt = {}) {
  const users = [];
  const sessions = new Map();
  const db = { servers: [], datacenters: [], flavors: [], connections: [] };
  const history = new Map();
  const provenance = new Map();
  const runs = [];
  const tasks = new Map();
  const live = new Map();
  const failures = new Map();

  if (opt.seed !== false) seedAll();

  function seedAll() {
    users.push({ _id: oid(), name: 'demo', email: 'demo@example.com', password: 'demo1234' });
  }

  const nowIso = () => new Date().toISOString();
  function get(o, path) {
    if (o == null) return undefined;
    if (Array.isArray(o)) return o.map((x) => get(x, path)).filter((x) => x !== undefined);
    const [h, ...t] = path.split('.');
    return t.length ? get(o[h], t.join('.')) : o[h];
  }

  // --- answers -------------------------------------------------------------
  function json(res, status, body, headers = {}) {
    const text = body === undefined ? '' : JSON.stringify(body);
    res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store', ...headers });
    res.end(text);
  }
  const err = (res, status, name, errors, headers) =>
    json(res, status, { err: { name, errors, request_id: Math.random().toString(16).slice(2, 10) } }, headers);
  const notFound = (res, text = 'Not Found') => err(res, 404, 'NotFoundError', text);
  const invalid = (res, path, text, type = 'any.invalid') =>
    err(res, 422, 'ValidatorError', [{ message: `"${path}" ${text}`, path: path.split('.'), type, context: { key: path, label: path } }]);

  function addHistory(entity, id, verb, actor, changes, run, at) {
    const list = history.get(`${entity}/${id}`) ?? [];
    list.unshift({ id: oid(), at: at ?? nowIso(), verb, actor, ...(run ? { run } : {}), changes });
    history.set(`${entity}/${id}`, list);
  }

  // --- discovery simulation ---------------------------------------------------
  function providerOf(c) {
    return PROVIDERS.find((p) => p.label.toLowerCase() === c.provider.toLowerCase() || p.id === c.provider.toLowerCase());
  }
  function initTasks(c) {
    tasks.set(c._id, (providerOf(c)?.tasks ?? []).map((t) => ({ ...t, schedule: { ...t.every, enabled: true, next_run: new Date(Date.now() + 300000).toISOString() } })));
  }
  function publicRun(r, scopes) {
    const { scopes: s, timer, ...rest } = r;
    void timer;
    return scopes ? { ...rest, scopes: s } : rest;
  }
  function emit(r) {
    for (const res of live.get(r.connection) ?? []) res.write(`event: run\ndata: ${JSON.stringify(publicRun(r, true))}\n\n`);
  }
  const zero = () => ({ seen: 0, created: 0, updated: 0, unchanged: 0, retired: 0, revived: 0, adopted: 0, errors: 0 });
  function sum(r) {
    const c = zero();
    for (const s of r.scopes) for (const k of Object.keys(c)) c[k] += s.counts[k];
    r.counts = c;
  }
  function startRun(c, task, trigger, by) {
    const t = tasks.get(c._id).find((x) => x.name === task);
    const regions = c.regions.length ? c.regions : ['RegionOne'];
    const run = {
      _id: oid(), connection: c._id, task, trigger, ...(by ? { by: { _id: by._id, name: by.name } } : {}),
      state: 'queued', message: 'Waiting for a free worker.', created_at: nowIso(), started_at: null, finished_at: null, counts: zero(),
      scopes: regions.map((region) => ({
        _id: oid(), region, resource: `${providerOf(c).id}/${t.entity}`, label: t.label, state: 'queued', attempt: 0, pages: 0, counts: zero(), message: '',
      })),
    };
    runs.unshift(run);
    const dc = db.datacenters.find((d) => d._id === c.dc_id) ?? { _id: c.dc_id, name: c.dc, provider: c.provider };
    run.timer = setInterval(() => {
      if (run.state === 'queued') {
        run.state = 'running';
        run.started_at = nowIso();
        run.message = `Reading ${t.label.toLowerCase()} from ${regions.length} region${regions.length > 1 ? 's' : ''}.`;
      }
      const s = run.scopes.find((x) => !['success', 'failed', 'held', 'canceled'].includes(x.state));
      if (!s) return finish(run);
      if (s.state === 'queued') {
        s.state = 'running';
        s.attempt = 1;
        s.started_at = nowIso();
        s.message = 'Reading page 1.';
      } else if (s.state === 'retrying') {
        if (Date.now() >= new Date(s.next_attempt_at).getTime()) {
          s.state = 'running';
          s.attempt++;
          delete s.error;
          s.next_attempt_at = null;
        }
      } else if (s.pages === 2 && s.region === 'us-west-2' && s.attempt === 1) {
        s.state = 'retrying';
        s.error = { code: 'throttled', message: 'The cloud asks to slow down (RequestLimitExceeded).', hint: 'Nothing to do: the request is repeated with growing pauses.' };
        s.next_attempt_at = new Date(Date.now() + 2000).toISOString();
        s.message = 'Waiting before the next attempt.';
      } else if (s.region === 'sa-east-1' && s.pages === 1) {
        s.state = 'failed';
        s.counts.errors = 1;
        s.error = { code: 'forbidden', message: 'The key may not call ec2:DescribeInstances in sa-east-1.', hint: 'Add the permission to the IAM policy, or leave this region out of the connection.' };
        s.message = 'Nothing of this region was changed.';
        s.finished_at = nowIso();
      } else if (s.pages < VERSION.every) {
        s.pages++;
        for (let k = 0; k < 12; k++) discover(c, dc, t, s, run);
        s.message = `Reading page ${s.pages + 1}.`;
      } else {
        const mine = db[t.entity].filter((x) => x.active && x._conn === c._id && get(x, 'datacenters.region') === s.region);
        if (s.region === 'eu-central-1' && t.entity === 'servers' && !s.approved) {
          s.state = 'held';
          s.held = { vanished: 40, of: mine.length, names: mine.slice(0, 20).map((x) => x.name) };
          s.message = `40 of ${mine.length} servers are gone from the listing.`;
        } else {
          s.state = 'success';
          s.message = 'Complete listing.';
        }
        s.finished_at = nowIso();
      }
      sum(run);
      emit(run);
    }, opt.tick ?? 250);
    emit(run);
    return run;
  }
  function discover(c, dc, t, s, run) {
    const i = db[t.entity].length + 1;
    s.counts.seen++;
    const known = db[t.entity].filter((x) => x._conn === c._id && (get(x, 'datacenters.region') === s.region));
    if (known.length >= 12 * VERSION.every) {
      s.counts.unchanged++;
      return;
    }
    s.counts.created++;
    let doc;
    if (t.entity === 'servers') doc = makeServer(i, dc, s.region);
    else {
      const n = ['t3', 'm5', 'c6i', 'r6g'][i % 4] + '.' + ['small', 'large', 'xlarge', '2xlarge'][Math.floor(i / 4) % 4];
      doc = { _id: oid(), name: n, api_name: n, provider: c.provider, vcpus: 2 ** (i % 5), memory: 2 ** (i % 8), datacenters: { _id: dc._id, name: dc.name, region: s.region }, tags: [], created_at: nowIso(), updated_at: nowIso(), active: true, unique_id: `${s.region}/${n}/${i}` };
    }
    doc._conn = c._id;
    db[t.entity].push(doc);
    const fields = {};
    for (const f of META[t.entity].fields) {
      if (get(doc, f.path) !== undefined && !f.path.startsWith('_') && !/_at$/.test(f.path)) fields[f.path] = { source: 'discovery', by: { _id: c._id, name: c.name }, at: nowIso(), pinned: false };
    }
    provenance.set(`${t.entity}/${doc._id}`, { connections: [{ _id: c._id, name: c.name, provider: c.provider, last_seen: nowIso(), region: s.region, task: t.name }], fields });
    const actor = { kind: 'connection', _id: c._id, name: c.name };
    addHistory(t.entity, doc._id, 'create', actor, META[t.entity].fields.filter((f) => ['name', 'status', 'cpu', 'memory', 'datacenters.region'].includes(f.path)).map((f) => ({ path: f.path, new: get(doc, f.path) })), run._id, ago(86400 * 3));
    if (t.entity === 'servers' && i % 2) {
      for (let k = 0; k < (i % 7 === 1 ? 60 : 4); k++) addHistory(t.entity, doc._id, 'update', actor, k % 2 ? [{ path: 'status', old: 'Stopped', new: 'Active' }] : [{ path: 'tags', old: [{ key: 'team', value: 'data' }], new: doc.tags }, { path: 'ipv4_public', old: '54.1.2.3' }], run._id, ago(86400 * (2 - k / 40)));
    }
  }
  function finish(run) {
    clearInterval(run.timer);
    const st = run.scopes.map((s) => s.state);
    const bad = st.filter((s) => s === 'failed').length;
    run.state = st.includes('held') ? 'held' : bad === st.length ? 'failed' : bad ? 'partial' : st.includes('canceled') ? 'canceled' : 'success';
    run.finished_at = nowIso();
    sum(run);
    run.message = { success: 'All regions were read completely.', held: 'Waiting for your decision.', partial: `${bad} of ${st.length} regions could not be read.`, failed: 'No region could be read.', canceled: 'Canceled.' }[run.state];
    emit(run);
  }

  // --- entities ----------------------------------------------------------------
  const num = (v) => (/^[\d.]+$/.test(v) ? Number(v) : v);
  const splitList = (v) => v.split(/(?<!\\),/).map((x) => x.replace(/\\([\\,])/g, '$1')).filter(Boolean);
  function moment(v) {
    const span = /^-(\d+)([mhdw])$/.exec(v);
    const unit = { m: 60, h: 3600, d: 86400, w: 604800 };
    if (span) return ago(Number(span[1]) * unit[span[2]]);
    return v === 'today' ? `${nowIso().slice(0, 10)}T00:00:00.000Z` : v === 'now' ? nowIso() : v;
  }
  function within(address, network) {
    const bits = (ip) => ip.split('.').reduce((n, part) => n * 256 + Number(part), 0);
    const [base, length] = network.split('/');
    const size = 2 ** (32 - Number(length ?? 32));
    return Math.floor(bits(address) / size) === Math.floor(bits(base) / size);
  }
  function meets(value, op, raw, time) {
    const values = [value].flat().filter((x) => x !== undefined);
    const any = (test) => values.some(test);
    const wanted = time ? moment(raw) : num(raw);
    const text = raw.toLowerCase();
    switch (op) {
      case 'eq': return any((v) => String(v) === String(wanted));
      case 'ne': return !any((v) => String(v) === String(wanted));
      case 'in': return any((v) => splitList(raw).includes(String(v)));
      case 'contains': return any((v) => String(v).toLowerCase().includes(text));
      case 'gte': return any((v) => v >= wanted);
      case 'lte': return any((v) => v <= wanted);
      case 'within': return any((v) => within(String(v), raw));
      case 'has': return splitList(raw).some((pair) => {
        const [key, ...rest] = pair.split('=');
        return any((t) => t.key === key && (!rest.length || String(t.value) === rest.join('=')));
      });
      default: return false;
    }
  }
  function select(entity, q) {
    const meta = META[entity].fields;
    const inactive = q.get('inactive') === 'true';
    let rows = db[entity].filter((x) => inactive || x.active);
    for (const f of meta) {
      const exact = q.getAll(f.path);
      if (exact.length) rows = rows.filter((x) => [get(x, f.path)].flat().some((v) => exact.includes(String(v))));
      for (const op of f.operators) {
        for (const raw of q.getAll(`${f.path}[${op}]`)) rows = rows.filter((x) => meets(get(x, f.path), op, raw, f.type === 'time'));
      }
    }
    return rows;
  }
  const pub = (d, entity) => {
    const { _conn, ...rest } = d;
    void _conn;
    return { ...rest, _links: { _self: { href: `/${entity}/${d._id}`, method: 'GET' } } };
  };

  const find = createFind({ db, META, history, get, select, pub, json, invalid, notFound });

  function list(res, entity, q) {
    const rows = select(entity, q);
    const limit = Number(q.get('limit') || 20);
    const page = Number(q.get('page') || 1);
    const sort = q.get('sort');
    const key = sort?.replace(/^-/, '') || q.get('orderBy') || 'updated_at';
    const dir = (sort ? !sort.startsWith('-') : q.get('ascending') === '1') ? 1 : -1;
    rows.sort((a, b) => {
      const x = get(a, key), y = get(b, key);
      if (x === y) return a._id < b._id ? -1 : 1;
      if (x === undefined) return 1;
      if (y === undefined) return -1;
      return (x < y ? -1 : 1) * dir;
    });
    const pages = Math.ceil(rows.length / limit);
    if (rows.length && page > pages) return notFound(res, 'Data not found');
    json(res, 200, {
      found: rows.length, limit, total_pages: pages, current_page: page,
      items: rows.slice((page - 1) * limit, page * limit).map((x) => pub(x, entity)),
      _links: {}, cursor: { next: null, prev: null },
    });
  }

  function validate(res, entity, body) {
    for (const f of META[entity].fields) {
      const v = body[f.path];
      if (f.required && v === undefined) return invalid(res, f.path, 'is required', 'any.required'), false;
      if (v === '') return invalid(res, f.path, 'is not allowed to be empty', 'any.empty'), false;
      if (v === null) return invalid(res, f.path, 'must be a string', 'string.base'), false;
      if (f.path === 'name' && v.length > 100) return invalid(res, 'name', 'length must be less than or equal to 100 characters long', 'string.max'), false;
      if (f.path === 'name' && entity !== 'servers' && v.length < 3) return invalid(res, 'name', 'length must be at least 3 characters long', 'string.min'), false;
      if (f.path === 'cpu' && v !== undefined && !(v > 0 && v <= 1024)) return invalid(res, 'cpu', 'must be less than or equal to 1024', 'number.max'), false;
      if (f.path === 'ipv4_public' && v !== undefined && !/^[\d.:a-f/]+$/.test(v)) return invalid(res, 'ipv4_public', 'must be a valid ip address with a optional CIDR', 'string.ip'), false;
    }
    return true;
  }

  function change(entity, doc, body, user, replace) {
    const changes = [];
    const p = provenance.get(`${entity}/${doc._id}`) ?? { connections: [], fields: {} };
    for (const f of META[entity].fields) {
      if (!f.writable || f.path.includes('.')) continue;
      const has = f.path in body;
      if (!has && !replace) continue;
      if (JSON.stringify(doc[f.path]) === JSON.stringify(body[f.path])) continue;
      changes.push({ path: f.path, old: doc[f.path], new: body[f.path] });
      if (has) doc[f.path] = body[f.path];
      else delete doc[f.path];
      p.fields[f.path] = { source: 'user', by: { _id: user._id, name: user.name }, at: nowIso(), pinned: p.connections.length > 0 };
    }
    provenance.set(`${entity}/${doc._id}`, p);
    if (changes.length) addHistory(entity, doc._id, 'update', { kind: 'user', _id: user._id, name: user.name }, changes);
    doc.updated_at = nowIso();
  }

  function entityRoutes(req, res, entity, parts, q, body, user) {
    const [, id, sub, sub2] = parts;
    if (!id) {
      if (req.method === 'GET') return list(res, entity, q);
      if (req.method === 'POST') {
        if (entity === 'connections') return createConnection(res, body, user);
        if (!validate(res, entity, body)) return;
        const doc = { ...body, _id: oid(), active: true, created_at: nowIso(), updated_at: nowIso() };
        if (entity === 'servers') doc.status ??= 'Active';
        db[entity].push(doc);
        addHistory(entity, doc._id, 'create', { kind: 'user', _id: user._id, name: user.name }, Object.keys(body).map((k) => ({ path: k, new: body[k] })));
        return json(res, 201, pub(doc, entity));
      }
    }
    if (id === 'facets') return find.facets(res, entity, q);
    if (id === 'count') return json(res, 200, { count: select(entity, q).length });
    const doc = db[entity].find((x) => x._id === id);
    if (!doc) return notFound(res);
    const key = `${entity}/${id}`;
    if (!sub) {
      if (req.method === 'GET' && q.get('as_of')) return find.past(res, entity, doc, q.get('as_of'));
      if (req.method === 'GET') return json(res, 200, pub(doc, entity));
      if (req.method === 'PATCH' || req.method === 'PUT') {
        if (entity === 'connections') {
          for (const k of ['conn', 'name', 'dc', 'provider', 'service', 'regions', 'dc_id']) if (body[k] === undefined || body[k] === '') return invalid(res, k, 'is required', 'any.required');
          Object.assign(doc, body, { conn: typeof body.conn === 'string' ? doc.conn : 'sealed.2', updated_at: nowIso() });
          return json(res, 202, pub(doc, entity));
        }
        if (!validate(res, entity, body)) return;
        change(entity, doc, body, user, req.method === 'PUT');
        return json(res, 202, pub(doc, entity));
      }
      if (req.method === 'DELETE') {
        doc.active = false;
        addHistory(entity, id, 'delete', { kind: 'user', _id: user._id, name: user.name }, []);
        return json(res, 204);
      }
    }
    if (sub === 'restore') {
      doc.active = true;
      addHistory(entity, id, 'restore', { kind: 'user', _id: user._id, name: user.name }, []);
      return json(res, 202, pub(doc, entity));
    }
    if (sub === 'history') {
      const all = history.get(key) ?? [];
      const from = Number(q.get('cursor') || 0);
      const n = Number(q.get('limit') || 50);
      return json(res, 200, { items: all.slice(from, from + n), cursor: { next: from + n < all.length ? String(from + n) : null } });
    }
    if (sub === 'provenance') return json(res, 200, provenance.get(key) ?? { connections: [], fields: {} });
    if (sub === 'pins' && req.method === 'DELETE') {
      const p = provenance.get(key);
      if (p?.fields[sub2]) p.fields[sub2].pinned = false;
      return json(res, 202, {});
    }
    if (entity === 'connections') return connectionRoutes(req, res, doc, parts, q, body, user);
    return notFound(res);
  }

  function createConnection(res, body, user) {
    for (const k of ['name', 'provider', 'service', 'dc', 'dc_id', 'regions', 'conn']) if (!body[k] || body[k] === '') return invalid(res, k, 'is required', 'any.required');
    const c = { ...body, _id: oid(), conn: 'sealed.1', status: 'enabled', active: true, created_at: nowIso(), updated_at: nowIso() };
    db.connections.push(c);
    const dc = db.datacenters.find((d) => d._id === c.dc_id);
    if (dc) dc.sucessed = true;
    initTasks(c);
    for (const t of tasks.get(c._id)) startRun(c, t.name, 'create', user);
    json(res, 201, undefined, { Location: `/connections/${c._id}` });
  }

  function connectionRoutes(req, res, c, parts, q, body, user) {
    const [, , sub, task] = parts;
    const list = tasks.get(c._id) ?? [];
    const latest = (name) => runs.find((r) => r.connection === c._id && r.task === name);
    if (sub === 'tasks' && !task) return json(res, 200, { items: list.map((t) => ({ name: t.name, label: t.label, entity: t.entity, doc: '', permissions: t.permissions, schedule: t.schedule, last_run: latest(t.name) ? publicRun(latest(t.name)) : null })) });
    if (sub === 'tasks' && req.method === 'PATCH') {
      const t = list.find((x) => x.name === task);
      if (!t) return notFound(res);
      if (body.every !== undefined && !(body.every >= 1)) return invalid(res, 'every', 'must be larger than or equal to 1', 'number.min');
      Object.assign(t.schedule, body);
      t.schedule.next_run = t.schedule.enabled ? new Date(Date.now() + 300000).toISOString() : null;
      return json(res, 202, t);
    }
    if (sub === 'runs' && req.method === 'POST') {
      const names = body.tasks ?? list.map((t) => t.name);
      return json(res, 202, { items: names.map((n) => publicRun(startRun(c, n, 'user', user))) });
    }
    if (sub === 'runs') {
      const all = runs.filter((r) => r.connection === c._id);
      const from = Number(q.get('cursor') || 0);
      const n = Number(q.get('limit') || 20);
      return json(res, 200, { items: all.slice(from, from + n).map((r) => publicRun(r)), cursor: { next: from + n < all.length ? String(from + n) : null } });
    }
    if (sub === 'live') {
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      const set = live.get(c._id) ?? new Set();
      live.set(c._id, set);
      set.add(res);
      for (const t of list) if (latest(t.name)) res.write(`event: run\ndata: ${JSON.stringify(publicRun(latest(t.name), true))}\n\n`);
      const ping = setInterval(() => res.write('event: ping\ndata: {}\n\n'), 15000);
      req.on('close', () => {
        clearInterval(ping);
        set.delete(res);
      });
      return;
    }
    return notFound(res);
  }

  function test(res, body) {
    const bad = Object.values(body.conn ?? {}).some((v) => /bad|wrong/i.test(String(v)));
    const steps = [{ name: 'Address', ok: true, message: `${body.url || 'The public address'} answers.` }];
    steps.push(bad ? { name: 'Sign in', ok: false, message: 'The cloud does not accept this key (AuthFailure).' } : { name: 'Sign in', ok: true, message: 'Signed in as arn:aws:iam::123456789012:user/maestro.' });
    if (!bad) {
      steps.push({ name: 'Regions', ok: true, message: `${body.regions?.length ?? 0} regions can be reached.` });
      steps.push({ name: 'Permissions', ok: true, message: 'All permissions are there.' });
    }
    json(res, 200, { ok: !bad, message: bad ? 'The sign-in failed.' : 'The connection works.', steps, ...(bad ? {} : { account: '123456789012', regions: ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1'] }) });
  }

  // --- router ------------------------------------------------------------------
  function sessionUser(req) {
    const m = /maestro_session=([^;]+)/.exec(req.headers.cookie ?? '');
    return m ? sessions.get(m[1]) : undefined;
  }
  const safe = (u) => {
    const { password, ...rest } = u;
    void password;
    return rest;
  };

  const accounts = makeAccounts({ oid, json, notFound, invalid, users });

  async function route(req, res) {
    const url = new URL(req.url, 'http://x');
    const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
    const q = url.searchParams;
    let body = {};
    if (['POST', 'PUT', 'PATCH'].includes(req.method)) {
      const chunks = [];
      for await (const c of req) chunks.push(c);
      const text = Buffer.concat(chunks).toString();
      if (text) body = JSON.parse(text);
    }
    const [a, b, c] = parts;
    if (a === 'users' && req.method === 'POST' && !b) {
      for (const k of ['name', 'email', 'password']) if (!body[k]) return invalid(res, k, 'is required', 'any.required');
      if (body.name.length < 3) return invalid(res, 'name', 'length must be at least 3 characters long', 'string.min');
      if (!/@/.test(body.email)) return invalid(res, 'email', 'must be a valid email', 'string.email');
      if (users.some((u) => u.email === body.email)) return err(res, 409, 'ConflictError', [{ failed: body.email }]);
      const u = { _id: oid(), name: body.name, email: body.email, password: body.password };
      if (!accounts.administrators.size) accounts.administrators.add(u);
      users.push(u);
      return json(res, 201, safe(u));
    }
    if (a === 'registration') return json(res, 200, { open: true });
    if (a === 'session' && req.method === 'POST') {
      const n = failures.get(body.email) ?? 0;
      if (n >= 5) return err(res, 429, 'PermissionError', 'Too many failed logins', { 'Retry-After': '30' });
      const u = users.find((x) => x.email === body.email && x.password === body.password);
      if (!u) {
        failures.set(body.email, n + 1);
        return err(res, 400, 'PermissionError', 'Invalid username or password');
      }
      failures.delete(body.email);
      const token = Math.random().toString(36).slice(2) + Date.now();
      sessions.set(token, u);
      return json(res, 200, { user: safe(u), administrator: accounts.administrators.has(u) }, { 'Set-Cookie': `maestro_session=${token}; Path=/; HttpOnly; SameSite=Strict` });
    }
    const user = sessionUser(req);
    if (!user) {
      res.writeHead(401, { 'Content-Type': 'text/plain' });
      return res.end('Unauthorized');
    }
    if (a === 'session') {
      if (req.method === 'DELETE') {
        sessions.delete(/maestro_session=([^;]+)/.exec(req.headers.cookie)[1]);
        return json(res, 204, undefined, { 'Set-Cookie': 'maestro_session=; Path=/; Max-Age=0' });
      }
      return json(res, 200, { user: safe(user), administrator: accounts.administrators.has(user) });
    }
    if (a === 'users' && req.method === 'GET' && !b) {
      const text = (q.get('email[contains]') ?? '').toLowerCase();
      const items = users.filter((u) => u.email.toLowerCase().includes(text)).map(safe);
      return json(res, 200, { items, found: items.length });
    }
    if (accounts.route(req, res, user, parts, body)) return undefined;
    if (a === 'me') {
      if (req.method === 'PATCH') Object.assign(user, body);
      return json(res, req.method === 'PATCH' ? 202 : 200, safe(user));
    }
    if (a === 'users' && b === 'auth' && c === 'pass') {
      if (body.password !== user.password) return err(res, 400, 'PermissionError', 'Invalid username or password');
      if ((body.newpass ?? '').length < 4) return invalid(res, 'newpass', 'length must be at least 4 characters long', 'string.min');
      user.password = body.newpass;
      return json(res, 201, {});
    }
    if (a === 'meta') {
      if (b === 'entities' && !c) return json(res, 200, { items: Object.values(META).map(({ fields, ...m }) => (void fields, m)) });
      if (b === 'entities') return META[c] ? json(res, 200, META[c]) : notFound(res);
      if (b === 'providers') return json(res, 200, { items: PROVIDERS });
      if (b === 'connections') {
        const ids = (q.get('ids') ?? '').split(',').filter(Boolean);
        return json(res, 200, {
          items: ids.map((id) => {
            const r = runs.find((x) => x.connection === id);
            return { _id: id, state: r?.state ?? 'never', ...(r ? { last_run: publicRun(r) } : {}), next_run: tasks.get(id)?.[0]?.schedule.next_run ?? null, resources: db.servers.filter((s) => s._conn === id && s.active).length };
          }),
        });
      }
    }
    if (a === 'search') return find.search(res, q);
    if (a === 'history') return find.trail(res, q);
    if (a === 'runs') {
      const r = runs.find((x) => x._id === b);
      if (!r) return notFound(res);
      if (!c) return json(res, 200, publicRun(r, true));
      if (c === 'cancel') {
        for (const s of r.scopes) if (['queued', 'running', 'retrying'].includes(s.state)) Object.assign(s, { state: 'canceled', message: 'Canceled.', finished_at: nowIso() });
        finish(r);
        return json(res, 202, publicRun(r, true));
      }
      if (c === 'scopes') {
        const s = r.scopes.find((x) => x._id === parts[3]);
        if (!s) return notFound(res);
        if (parts[4] === 'approve') {
          const names = new Set(s.held.names);
          for (const x of db.servers) if (names.has(x.name) && get(x, 'datacenters.region') === s.region) x.active = false;
          s.counts.retired = names.size;
          s.message = `${names.size} servers were retired.`;
          s.state = 'success';
        } else {
          s.state = 'canceled';
          s.message = 'Rejected: nothing was retired.';
        }
        delete s.held;
        s.finished_at = nowIso();
        finish(r);
        return json(res, 202, publicRun(r, true));
      }
    }
    if (a === 'connections' && b === 'test') return setTimeout(() => test(res, body), 400);
    if (META[a]) return entityRoutes(req, res, a, parts, q, body, user);
    return json(res, 404, { error: 'resource not found' });
  }

  return {
    handle(req, res) {
      route(req, res).catch((e) => {
        console.error(e);
        err(res, 500, 'Error', String(e));
      });
    },
    rnd,
  };
}
