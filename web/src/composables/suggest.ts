import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { useQueries, useQuery } from '@tanstack/vue-query';
import { api, seg } from '../api/client';
import type { EntityMeta, Facet, Page } from '../api/types';
import type { Draft } from '../lib/form';
import { flavorOf } from '../lib/families';
import { optionKeys, sourcesOf, suggestions } from '../lib/suggest';
import { optionQuery } from './queries';

const HOUR = 60 * 60_000;

/** Values that documents of a kind have already, the most frequent first. */
function useValuesInUse(meta: () => EntityMeta) {
  const fields = computed(() =>
    meta().fields.filter((f) => f.facets && f.writable && !f.options && f.type === 'string' && !/_id$|^datacenters\.(_id|name|provider|region|zone)$/.test(f.path)).map((f) => f.path));
  const query = useQuery({
    queryKey: ['facets', computed(() => meta().route), 'in use', fields],
    queryFn: ({ signal }) =>
      api.get<{ facets: Facet[] }>(`/${meta().route}/facets?limit=30&fields=${fields.value.map(seg).join(',')}`, signal),
    enabled: computed(() => fields.value.length > 0),
    staleTime: 5 * 60_000,
  });
  return computed(() => Object.fromEntries((query.data.value?.facets ?? []).map((f) => [f.field, f.values.map((v) => v.value)])));
}

/** Software of a family, from the catalogue of services. */
function useCatalogue(family: () => string) {
  const query = useQuery({
    queryKey: ['services', computed(family)],
    queryFn: async ({ signal }) =>
      (await api.get<Page<{ name: string }>>(`/services?limit=500&family=${seg(family())}`, signal)).items.map((s) => s.name),
    enabled: computed(() => family() !== '' && family() !== 'Application'),
    staleTime: HOUR,
  });
  return computed(() => query.data.value ?? []);
}

/** Words for the free texts of a form, by path: what administrators entered, then what is in use. */
export function useSuggestions(meta: MaybeRefOrGetter<EntityMeta>, draft: MaybeRefOrGetter<Draft>) {
  const kind = () => toValue(meta);
  const values = useQueries({
    queries: computed(() => optionKeys(kind().name).map((key) => optionQuery<unknown>(key))),
    combine: (answers) => answers.map((a) => a.data),
  });
  const inUse = useValuesInUse(kind);
  const family = () => (kind().name === 'applications' ? String(toValue(draft).family ?? '') : '');
  const software = useCatalogue(family);
  return computed<Record<string, string[]>>(() => {
    const keys = optionKeys(kind().name);
    const known = suggestions(sourcesOf(kind().name, flavorOf(kind().name, toValue(draft))), Object.fromEntries(keys.map((k, i) => [k, values.value[i]])));
    if (software.value.length) known.provider = known.engine = software.value;
    const paths = new Set([...Object.keys(known), ...Object.keys(inUse.value)]);
    return Object.fromEntries([...paths].map((p) => [p, [...new Set([...(known[p] ?? []), ...(inUse.value[p] ?? [])])]]));
  });
}
