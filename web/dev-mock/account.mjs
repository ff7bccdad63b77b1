// API tokens, sessions and administrators, as far as the pages need them.
export function makeAccounts({ oid, json, notFound, invalid, users }) {
  const tokens = new Map();
  const administrators = new Set();
  const now = () => new Date().toISOString();

  /** True when the request was one of these. */
  function route(req, res, user, [a, b], body) {
    if (a === 'tokens') {
      const own = tokens.get(user) ?? [];
      if (req.method === 'GET') return json(res, 200, { items: own }), true;
      if (req.method === 'POST') {
        if (!body.name) return invalid(res, 'name', 'is required', 'any.required'), true;
        const ends = body.days ? new Date(Date.now() + body.days * 86_400_000).toISOString() : null;
        const made = { _id: oid(), name: body.name, scope: body.scope, created_at: now(), expires_at: ends, last_used: null };
        tokens.set(user, [made, ...own]);
        return json(res, 201, { ...made, token: `mst_${'A'.repeat(49)}` }), true;
      }
      tokens.set(user, b ? own.filter((token) => token._id !== b) : []);
      return json(res, 204), true;
    }
    if (a === 'sessions') {
      if (req.method === 'DELETE') return json(res, 204), true;
      const one = { _id: user._id, created_at: now(), last_seen: now(), expires_at: now(), address: '127.0.0.1', agent: req.headers['user-agent'] ?? '', current: true };
      return json(res, 200, { items: [one] }), true;
    }
    if (a === 'administrators') {
      const show = (u) => ({ _id: u._id, name: u.name, email: u.email, since: now() });
      if (req.method === 'GET') return json(res, 200, { items: [...administrators].map(show) }), true;
      const found = users.find((u) => u._id === b);
      if (!found) return notFound(res), true;
      if (req.method === 'PUT') administrators.add(found);
      else administrators.delete(found);
      return (req.method === 'PUT' ? json(res, 201, show(found)) : json(res, 204)), true;
    }
    return false;
  }

  return { route, administrators };
}
