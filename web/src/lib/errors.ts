export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    message: string,
    /** message by dotted field path */
    readonly fields: Record<string, string> = {},
    readonly requestId?: string,
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

interface Detail {
  message?: string;
  path?: (string | number)[] | string;
  failed?: string;
}

function sentence(text: string): string {
  // `"name" is required` reads better as `Name is required`.
  const t = text.replace(/"([^"]+)"/, (_, k: string) => k.replace(/_/g, ' '));
  return t.charAt(0).toUpperCase() + t.slice(1);
}

const FALLBACK: Record<number, string> = {
  400: 'The server refused this request.',
  401: 'Your session is over. Log in again.',
  403: 'You do not have the right to do this.',
  404: 'Not found.',
  409: 'This conflicts with something that already exists.',
  413: 'That is too large.',
  422: 'Some fields need attention.',
  429: 'Too many attempts.',
  503: 'The server is busy.',
};

export function parseError(status: number, body: string, retryAfterHeader?: string | null): ApiError {
  const retry = Number(retryAfterHeader) > 0 ? Number(retryAfterHeader) : undefined;
  let message = FALLBACK[status] ?? (status >= 500 ? 'The server had an internal error.' : `Error ${status}.`);
  let kind = 'Error';
  let requestId: string | undefined;
  const fields: Record<string, string> = {};
  try {
    const json = JSON.parse(body) as { err?: unknown; error?: unknown };
    const err = json.err ?? json.error;
    if (typeof err === 'string') message = err;
    else if (err && typeof err === 'object') {
      const e = err as { name?: string; errors?: unknown; request_id?: string };
      kind = e.name ?? kind;
      requestId = e.request_id;
      if (typeof e.errors === 'string' && e.errors) message = e.errors;
      else if (Array.isArray(e.errors)) {
        for (const d of e.errors as Detail[]) {
          if (d.failed) {
            message = 'This e-mail address already has an account.';
            fields.email = message;
          } else if (d.message) {
            const path = Array.isArray(d.path) ? d.path.join('.') : (d.path ?? '');
            const text = sentence(d.message);
            if (path && !fields[path]) fields[path] = text;
          }
        }
        const texts = Object.values(fields);
        if (texts[0]) message = texts.join(' · ');
      }
    }
  } catch {
    /* plain text answer: keep the fallback */
  }
  if ((status === 429 || status === 503) && retry) {
    message = `${FALLBACK[status]} Try again in ${retry === 1 ? '1 second' : `${retry} seconds`}.`;
  }
  return new ApiError(status, kind, message, fields, requestId, retry);
}

export function errorText(e: unknown): string {
  return e instanceof Error ? e.message : 'Something went wrong.';
}

/** First message for a field or anything below it. */
export function fieldError(e: unknown, path: string): string {
  if (!(e instanceof ApiError)) return '';
  if (e.fields[path]) return e.fields[path];
  const key = Object.keys(e.fields).find((k) => k.startsWith(`${path}.`));
  return key ? (e.fields[key] as string) : '';
}

export function isFieldError(e: unknown): boolean {
  return e instanceof ApiError && Object.keys(e.fields).length > 0;
}
