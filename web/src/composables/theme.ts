import { computed, ref, watch } from 'vue';

export type Theme = 'light' | 'dark' | 'system';
const KEY = 'maestro.theme';

export function readLocal(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function writeLocal(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    /* private mode: the choice lasts for this visit */
  }
}

const stored = readLocal(KEY);
export const theme = ref<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system');
const systemDark = ref(false);
export const isDark = computed(() => (theme.value === 'system' ? systemDark.value : theme.value === 'dark'));

export function initTheme(): void {
  const media = window.matchMedia('(prefers-color-scheme: dark)');
  systemDark.value = media.matches;
  media.addEventListener('change', (e) => (systemDark.value = e.matches));
  watch(isDark, (dark) => document.documentElement.classList.toggle('dark', dark), {
    immediate: true,
    flush: 'sync',
  });
  watch(theme, (t) => writeLocal(KEY, t));
}
