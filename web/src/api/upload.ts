import { parseError } from '../lib/errors';
import { uploadTarget } from '../lib/upload';
import { request } from './client';

interface Signed {
  signedRequest: string;
  filename: string;
  headers: Record<string, string>;
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
