import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/vue-query';
import { api, seg } from '../api/client';
import type {
  Connection, ConnectionState, Cursor, EntityMeta, Facet, HistoryItem, Page, Provenance, Provider, Row, Run, SearchAnswer,
  Task, TrailItem,
} from '../api/types';
import { KINDS } from '../lib/kinds';

type Get<T> = MaybeRefOrGetter<T>;

export function useEntityMeta(name: Get<string>) {
  return useQuery({
    queryKey: ['meta', 'entity', computed(() => toValue(name))],
    queryFn: ({ signal }) => api.get<EntityMeta>(`/meta/entities/${seg(toValue(name))}`, signal),
    staleTime: 10 * 60_000,
  });
}

/** An option that administrators edit, by its key. */
export const optionQuery = <T>(key: string) => ({
  queryKey: ['option', key],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await api.get<Page<{ value: T }>>(`/adminer?key=${seg(key)}`, signal)).items[0]?.value ?? null,
  staleTime: 10 * 60_000,
});

export function useOption<T>(key: string) {
  return useQuery(optionQuery<T>(key));
}

export function useProviders() {
  return useQuery({
    queryKey: ['meta', 'providers'],
    queryFn: ({ signal }) => api.get<{ items: Provider[] }>('/meta/providers', signal),
    select: (d) => d.items,
    staleTime: 10 * 60_000,
  });
}

export function useList<T = Row>(entity: Get<string>, params: Get<string>, enabled: Get<boolean> = true) {
  return useQuery({
    queryKey: ['list', computed(() => toValue(entity)), computed(() => toValue(params))],
    queryFn: async ({ signal }) => {
      const page = await api.get<Page<T>>(`/${toValue(entity)}?${toValue(params)}`, signal);
      // Columns that were asked for beside the list's own come under their paths.
      return { ...page, items: page.items.map((row) => ({ ...row, ...(row as { columns?: object }).columns })) };
    },
    placeholderData: (prev, prevQuery) =>
      prevQuery?.queryKey[1] === toValue(entity) ? keepPreviousData(prev) : undefined,
    enabled: computed(() => toValue(enabled)),
  });
}

export function useCount(entity: Get<string>, params: Get<string>, enabled: Get<boolean> = true) {
  return useQuery({
    queryKey: ['count', computed(() => toValue(entity)), computed(() => toValue(params))],
    queryFn: async ({ signal }) =>
      (await api.get<{ count: number }>(`/${toValue(entity)}/count?${toValue(params)}`, signal)).count,
    enabled: computed(() => toValue(enabled)),
  });
}

/** `asOf` = as it was at that instant; empty = as it is. */
export function useOne<T = Row>(entity: Get<string>, id: Get<string>, asOf: Get<string> = '', enabled: Get<boolean> = true) {
  return useQuery({
    queryKey: ['one', computed(() => toValue(entity)), computed(() => toValue(id)), computed(() => toValue(asOf))],
    queryFn: ({ signal }) => {
      const past = toValue(asOf) ? `?as_of=${seg(toValue(asOf))}` : '';
      return api.get<T>(`/${toValue(entity)}/${seg(toValue(id))}${past}`, signal);
    },
    enabled: computed(() => toValue(enabled)),
  });
}

/** Counts by value, of several lists at once: fields by the parameters of their list. Path to value to count. */
export function useFacets(entity: Get<string>, lists: Get<Map<string, string[]>>) {
  return useQuery({
    queryKey: ['facets', computed(() => toValue(entity)), computed(() => [...toValue(lists)])],
    queryFn: async ({ signal }) => {
      const answers = await Promise.all(
        [...toValue(lists)].map(([params, fields]) =>
          api.get<{ facets: Facet[] }>(`/${toValue(entity)}/facets?fields=${fields.map(seg).join(',')}&${params}`, signal)),
      );
      return new Map(answers.flatMap((a) => a.facets).map((f) => [f.field, new Map(f.values.map((v) => [v.value, v.count]))]));
    },
    enabled: computed(() => toValue(lists).size > 0),
    placeholderData: keepPreviousData,
  });
}

export function useTrail(params: Get<string>) {
  return useInfiniteQuery({
    queryKey: ['trail', computed(() => toValue(params))],
    queryFn: ({ signal, pageParam }) =>
      api.get<Cursor<TrailItem>>(`/history?limit=50&${toValue(params)}${pageParam ? `&cursor=${seg(pageParam)}` : ''}`, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.cursor?.next ?? undefined,
  });
}

/** Kinds that have a page to go to. */
const SEARCHED = KINDS.map((k) => k.entity).join(',');

/** An older text's request is given up as soon as the text is another. */
export function useSearch(text: Get<string>, enabled: Get<boolean>) {
  return useQuery({
    queryKey: ['search', computed(() => toValue(text))],
    queryFn: ({ signal }) =>
      api.get<SearchAnswer>(`/search?kinds=${SEARCHED}&limit=8&q=${seg(toValue(text))}`, signal),
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(enabled)),
  });
}

export function useProvenance(entity: Get<string>, id: Get<string>) {
  return useQuery({
    queryKey: ['one', computed(() => toValue(entity)), computed(() => toValue(id)), 'provenance'],
    queryFn: ({ signal }) =>
      api.get<Provenance>(`/${toValue(entity)}/${seg(toValue(id))}/provenance`, signal),
  });
}

export function useHistory(entity: Get<string>, id: Get<string>) {
  return useInfiniteQuery({
    queryKey: ['one', computed(() => toValue(entity)), computed(() => toValue(id)), 'history'],
    queryFn: ({ signal, pageParam }) =>
      api.get<Cursor<HistoryItem>>(
        `/${toValue(entity)}/${seg(toValue(id))}/history?limit=25${pageParam ? `&cursor=${seg(pageParam)}` : ''}`,
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.cursor?.next ?? undefined,
  });
}

export function useConnectionStates(ids: Get<string[]>) {
  return useQuery({
    queryKey: ['connection-states', computed(() => toValue(ids).join(','))],
    queryFn: async ({ signal }) => {
      const list = toValue(ids);
      const r = await api.get<{ items: ConnectionState[] }>(`/meta/connections?ids=${list.map(seg).join(',')}`, signal);
      return Object.fromEntries(r.items.map((x) => [x._id, x])) as Record<string, ConnectionState>;
    },
    enabled: computed(() => toValue(ids).length > 0),
    refetchInterval: (q) => {
      const busy = Object.values(q.state.data ?? {}).some((s) => s.state === 'running' || s.state === 'queued');
      return busy ? 3_000 : 30_000;
    },
  });
}

export function useConnections() {
  return useList<Connection>('connections', 'limit=200&page=1&orderBy=name&ascending=1');
}

export function useTasks(id: Get<string>) {
  return useQuery({
    queryKey: ['connection', computed(() => toValue(id)), 'tasks'],
    queryFn: ({ signal }) => api.get<{ items: Task[] }>(`/connections/${seg(toValue(id))}/tasks`, signal),
    select: (d) => d.items,
    refetchInterval: 30_000,
  });
}

export function useRuns(id: Get<string>) {
  return useInfiniteQuery({
    queryKey: ['connection', computed(() => toValue(id)), 'runs'],
    queryFn: ({ signal, pageParam }) =>
      api.get<Cursor<Run>>(
        `/connections/${seg(toValue(id))}/runs?limit=10${pageParam ? `&cursor=${seg(pageParam)}` : ''}`,
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.cursor?.next ?? undefined,
  });
}
