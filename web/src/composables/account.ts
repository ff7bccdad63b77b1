import { useQuery } from '@tanstack/vue-query';
import { api } from '../api/client';
import type { Administrator, ApiToken, Session } from '../api/types';

export function useTokens() {
  return useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => api.get<{ items: ApiToken[] }>('/tokens', signal), select: (d) => d.items });
}

export function useSessions() {
  return useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => api.get<{ items: Session[] }>('/sessions', signal), select: (d) => d.items });
}

export function useAdministrators() {
  return useQuery({
    queryKey: ['administrators'],
    queryFn: ({ signal }) => api.get<{ items: Administrator[] }>('/administrators', signal),
    select: (d) => d.items,
  });
}

/** Whether anybody may sign up. A server that does not say is taken as open: it refuses by itself. */
export function useRegistration() {
  return useQuery({ queryKey: ['registration'], queryFn: ({ signal }) => api.get<{ open: boolean }>('/registration', signal), select: (d) => d.open });
}
