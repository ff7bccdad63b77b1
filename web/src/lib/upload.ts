export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/gif'];

/** Where the signed request really goes: to this origin when this server takes the file, else to the storage. */
export function uploadTarget(signedRequest: string, here: string): string {
  const url = new URL(signedRequest, here);
  return url.pathname.endsWith('/users/upload') && url.searchParams.has('token') ? url.pathname + url.search : url.href;
}

export function imageUrl(name: string): string {
  return '/static/' + name.split('/').map(encodeURIComponent).join('/');
}
