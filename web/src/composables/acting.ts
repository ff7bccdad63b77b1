import { computed, ref } from 'vue';
import { pathAs } from '../lib/acting';

/** Of one tab: two tabs may act as two teams. */
const KEY = 'maestro.acting';

/** The team that the person acts as; empty = as themselves. */
export const actingTeam = ref(sessionStorage.getItem(KEY) ?? '');

export function actAs(team: string): void {
  actingTeam.value = team;
  if (team) sessionStorage.setItem(KEY, team);
  else sessionStorage.removeItem(KEY);
}

export const isTeam = computed(() => actingTeam.value !== '');
export const actingPath = (path: string): string => pathAs(actingTeam.value, path);
