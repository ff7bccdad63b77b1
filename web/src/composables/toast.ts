import { reactive } from 'vue';
import { errorText, ApiError } from '../lib/errors';

export interface Toast {
  id: number;
  kind: 'ok' | 'bad' | 'info';
  text: string;
  detail?: string;
}

export const toasts = reactive<Toast[]>([]);
let n = 0;

function add(kind: Toast['kind'], text: string, detail?: string): void {
  const id = ++n;
  toasts.push({ id, kind, text, ...(detail ? { detail } : {}) });
  if (toasts.length > 4) toasts.shift();
  setTimeout(() => dismiss(id), kind === 'bad' ? 12000 : 5000);
}

export function dismiss(id: number): void {
  const i = toasts.findIndex((t) => t.id === id);
  if (i >= 0) toasts.splice(i, 1);
}

export const toast = {
  ok: (text: string) => add('ok', text),
  info: (text: string) => add('info', text),
  bad: (text: string) => add('bad', text),
  /** A failed action, in words. A 401 has its own dialog. */
  error: (what: string, e: unknown) => {
    if (e instanceof ApiError && e.status === 401) return;
    const id = e instanceof ApiError && e.requestId ? `Request ${e.requestId}` : undefined;
    add('bad', `${what}: ${errorText(e)}`, id);
  },
};
