import { ref, shallowRef } from 'vue';
import type { QueryClient } from '@tanstack/vue-query';
import { api, request, setUnauthorizedHandler } from '../api/client';
import { ApiError } from '../lib/errors';
import type { User } from '../api/types';
import { actAs } from './acting';

/** undefined = not known yet, null = nobody is signed in */
export const user = shallowRef<User | null | undefined>(undefined);
/** That person administers the instance; the server decides again with each request. */
export const administrator = ref(false);
/** The session ended while the page is open: the sign-in dialog is shown above it. */
export const expired = ref(false);

interface Answer {
  user: User;
  administrator?: boolean;
}

let client: QueryClient;

export function initSession(queryClient: QueryClient): void {
  client = queryClient;
  setUnauthorizedHandler(() => {
    if (user.value) expired.value = true;
  });
}

export async function loadSession(): Promise<User | null> {
  if (user.value !== undefined) return user.value;
  try {
    const r = await request<Answer>('/session', { quiet401: true });
    take(r);
  } catch (e) {
    if (e instanceof ApiError && e.status === 401) user.value = null;
    else throw e;
  }
  return user.value ?? null;
}

export async function signIn(email: string, password: string): Promise<User> {
  const r = await request<Answer>('/session', {
    method: 'POST',
    body: { email, password },
    quiet401: true,
  });
  take(r);
  return r.user;
}

function take(answer: Answer): void {
  user.value = answer.user;
  administrator.value = answer.administrator === true;
}

/** Sign in again from the dialog. Another person gets a fresh page instead of the old one's data. */
export async function resume(email: string, password: string): Promise<void> {
  const before = user.value?._id;
  const now = await signIn(email, password);
  if (before && before !== now._id) {
    actAs('');
    window.location.reload();
    return;
  }
  expired.value = false;
  await client.invalidateQueries();
}

export async function signOut(): Promise<void> {
  try {
    await request('/session', { method: 'DELETE', quiet401: true });
  } catch (e) {
    if (!(e instanceof ApiError && e.status === 401)) throw e;
  }
  forget();
}

export function forget(): void {
  user.value = null;
  administrator.value = false;
  expired.value = false;
  actAs('');
  client.clear();
}

export async function refreshUser(): Promise<void> {
  user.value = { ...(user.value as User), ...(await api.get<User>('/me')) };
}
