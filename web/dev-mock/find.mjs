// The mock's search, facets, history over everything, and the past.
const KINDS = ['servers', 'datacenters', 'flavors', 'connections'];

export function createFind({ db, META, history, get, select, pub, json, invalid, notFound }) {
  const textsOf = (row) => [row.name, row.hostname, row.ipv4_private, row.ipv4_public, row.unique_id, ...(row.tags ?? []).map((t) => `${t.key}=${t.value}`)]
    .filter((x) => typeof x === 'string').map((x) => x.toLowerCase());

  function search(res, q) {
    const text = (q.get('q') ?? '').trim();
    const limit = Number(q.get('limit') || 10);
    if (!text.split(/\s+/).some((w) => w.length >= 3)) return json(res, 200, { q: text, groups: [], capped: false, hint: 'Type at least three characters in a row' });
    const kinds = (q.get('kinds') ?? KINDS.join(',')).split(',');
    const unknown = kinds.find((k) => !KINDS.includes(k));
    if (unknown) return invalid(res, 'kinds', `has no kind ${unknown}`, 'any.unknown');
    const words = text.toLowerCase().split(/\s+/);
    const groups = [];
    for (const entity of kinds) {
      const hits = [];
      for (const row of db[entity].filter((x) => x.active !== false)) {
        const texts = [...textsOf(row), row._id];
        if (!words.every((w) => texts.some((t) => t.includes(w)))) continue;
        const match = texts.find((t) => t.includes(words[0]));
        hits.push({ rank: match === words[0] ? 3 : match === texts[0] ? 2 : 1, item: { ...pub(row, entity), match } });
      }
      hits.sort((a, b) => b.rank - a.rank || (a.item.name < b.item.name ? -1 : 1));
      if (hits.length) groups.push({ entity, label: META[entity].label_plural, found: hits.length, items: hits.slice(0, limit).map((h) => h.item) });
    }
    return json(res, 200, { q: text, groups, capped: false });
  }

  function facets(res, entity, q) {
    const rows = select(entity, q);
    const limit = Number(q.get('limit') || 50);
    const fields = (q.get('fields') ?? '').split(',').filter(Boolean);
    return json(res, 200, {
      found: rows.length,
      facets: fields.map((field) => {
        const counts = new Map();
        for (const row of rows) {
          const value = get(row, field);
          if (typeof value === 'string') counts.set(value, (counts.get(value) ?? 0) + 1);
        }
        const values = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
        const sum = (list) => list.reduce((n, v) => n + v.count, 0);
        return { field, values: values.slice(0, limit), others: sum(values.slice(limit)), missing: rows.length - sum(values) };
      }),
    });
  }

  function trail(res, q) {
    const all = [];
    for (const [key, rows] of history) {
      const [entity, id] = key.split('/');
      const doc = db[entity]?.find((x) => x._id === id);
      if (!doc) continue;
      for (const row of rows) all.push({ ...row, document: { entity, _id: id, name: doc.name, active: doc.active !== false } });
    }
    const actor = q.get('actor');
    const found = all
      .filter((x) => !q.get('entity') || x.document.entity === q.get('entity'))
      .filter((x) => !q.get('run') || x.run === q.get('run'))
      .filter((x) => !actor || (actor === 'me' ? x.actor.kind === 'user' : `${x.actor.kind}:${x.actor._id}` === actor))
      .sort((a, b) => (a.at < b.at ? 1 : -1));
    const from = Number(q.get('cursor') || 0);
    const n = Number(q.get('limit') || 50);
    return json(res, 200, { items: found.slice(from, from + n), cursor: { next: from + n < found.length ? String(from + n) : null } });
  }

  function past(res, entity, doc, instant) {
    const copy = structuredClone(doc);
    for (const row of history.get(`${entity}/${doc._id}`) ?? []) {
      if (row.at <= instant) break;
      if (row.verb === 'create') return notFound(res);
      if (row.verb === 'delete') copy.active = true;
      if (row.verb === 'restore') copy.active = false;
      for (const change of row.changes) {
        if (change.old === undefined) delete copy[change.path];
        else copy[change.path] = change.old;
      }
    }
    return json(res, 200, { ...pub(copy, entity), _as_of: instant, _exact: true });
  }

  return { search, facets, trail, past };
}
