import { reactive } from 'vue';
import { api, seg } from '../api/client';

interface Warning {
  field: string;
  message: string;
  items: { _id: string; name: string }[];
}

/** Fields that the server looks at; a kind without an entry has no such warnings. */
const WATCHED: Record<string, string[]> = {
  servers: ['name', 'hostname', 'ipv4_private', 'ipv4_public'],
  applications: ['name'],
  datacenters: ['name'],
};

/** Warnings beside fields whose value somebody else has already; saving stays possible. */
export function useDuplicates(entity: string, except = '') {
  const warnings = reactive<Record<string, Warning | undefined>>({});
  const asked: Record<string, string> = {};

  async function check(field: string, value: unknown) {
    if (!WATCHED[entity]?.includes(field)) return;
    const text = String(value ?? '').trim();
    if (asked[field] === text) return;
    asked[field] = text;
    if (!text) {
      warnings[field] = undefined;
      return;
    }
    try {
      const own = except ? `&except=${seg(except)}` : '';
      const answer = await api.get<{ warnings: Warning[] }>(`/${entity}/duplicates?${field}=${seg(text)}${own}`);
      // The answer to an older value says nothing about what stands there now.
      if (asked[field] === text) warnings[field] = answer.warnings[0];
    } catch {
      // A warning that cannot be had must not keep anybody from saving.
      if (asked[field] === text) warnings[field] = undefined;
    }
  }
  return { warnings, check };
}
