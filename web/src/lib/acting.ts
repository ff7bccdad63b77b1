/** As whom the person acts: which address a request goes to when that is a team. */

/** First words of paths that belong to the person, or to the instance, whoever they act as: they have no place below a team. */
const OWN = new Set([
  'session', 'sessions', 'tokens', 'me', 'users', 'teams', 'administrators', 'registration',
  'meta', 'providers', 'versions', 'adminer', 'services', 'static',
]);
/** Paths that are asked for one team by `scope`; the others have a place of their own below the team. */
const SCOPED = /^\/(search|history|meta\/connections)(\?|$)/;

export function pathAs(team: string, path: string): string {
  if (!team) return path;
  if (SCOPED.test(path)) return `${path}${path.includes('?') ? '&' : '?'}scope=team:${team}`;
  const [first = ''] = path.slice(1).split(/[/?]/);
  return OWN.has(first) ? path : `/teams/${team}${path}`;
}
