import { request } from '../api/client';
import { parseError } from './errors';

export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/gif'];

interface Signed {
  signedRequest: string;
  filename: string;
  headers: Record<string, string>;
}

/** Where the signed request really goes: to this origin when this server takes the file, else to the storage. */
export function uploadTarget(signedRequest: string, here: string): string {
  const url = new URL(signedRequest, here);
  return url.pathname.endsWith('/users/upload') && url.searchParams.has('token') ? url.pathname + url.search : url.href;
}

/** Sends an image; the name under which it is kept. */
export async function uploadImage(file: File): Promise<string> {
  const query = new URLSearchParams({ filetype: file.type, filename: file.name });
  const signed = await request<Signed>(`/users/upload?${query}`);
  const target = uploadTarget(signed.signedRequest, window.location.href);
  const answer = await fetch(target, {
    method: 'PUT',
    body: file,
    headers: signed.headers,
    credentials: target.startsWith('/') ? 'same-origin' : 'omit',
  });
  if (!answer.ok) throw parseError(answer.status, await answer.text().catch(() => ''));
  return signed.filename;
}

export function imageUrl(name: string): string {
  return '/static/' + name.split('/').map(encodeURIComponent).join('/');
}
