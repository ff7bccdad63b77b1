import { actingPath } from '../composables/acting';
import { parseError, ApiError } from '../lib/errors';

type Listener = () => void;
let onUnauthorized: Listener = () => {};

/** Called once for each answer 401 outside the sign-in calls themselves. */
export function setUnauthorizedHandler(fn: Listener): void {
  onUnauthorized = fn;
}

interface Options {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
  /** do not open the sign-in dialog on 401 */
  quiet401?: boolean;
  /** The same creation, sent again with the same key, is made once. */
  key?: string;
}

async function send(path: string, opt: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (opt.body !== undefined) headers['Content-Type'] = 'application/json';
  if (opt.key) headers['Idempotency-Key'] = opt.key;
  let res: Response;
  try {
    res = await fetch(actingPath(path), {
      method: opt.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      ...(opt.body !== undefined ? { body: JSON.stringify(opt.body) } : {}),
      ...(opt.signal ? { signal: opt.signal } : {}),
    });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError(0, 'NetworkError', 'The server cannot be reached. Check that it is running and try again.');
  }
  if (!res.ok) {
    const text = await res.text().catch(() => '');
    const err = parseError(res.status, text, res.headers.get('Retry-After'));
    if (res.status === 401 && !opt.quiet401) onUnauthorized();
    throw err;
  }
  return res;
}

export async function request<T = unknown>(path: string, opt: Options = {}): Promise<T> {
  const res = await send(path, opt);
  const text = await res.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** For creations that answer with a Location header and no body. */
export async function requestLocation(path: string, opt: Options): Promise<string> {
  const res = await send(path, opt);
  const location = res.headers.get('Location') ?? '';
  if (location) return location.split('/').filter(Boolean).pop() ?? '';
  const text = await res.text();
  try {
    return (JSON.parse(text) as { _id?: string })._id ?? '';
  } catch {
    return '';
  }
}

export const api = {
  get: <T>(path: string, signal?: AbortSignal) => request<T>(path, signal ? { signal } : {}),
  post: <T>(path: string, body?: unknown) => request<T>(path, { method: 'POST', body: body ?? {} }),
  put: <T>(path: string, body: unknown) => request<T>(path, { method: 'PUT', body }),
  patch: <T>(path: string, body: unknown) => request<T>(path, { method: 'PATCH', body }),
  delete: (path: string) => request<void>(path, { method: 'DELETE' }),
};

export const seg = encodeURIComponent;
