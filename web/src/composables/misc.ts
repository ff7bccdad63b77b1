import { onScopeDispose, ref, toValue, watchEffect, type MaybeRefOrGetter } from 'vue';

export function useTitle(title: MaybeRefOrGetter<string | undefined>): void {
  watchEffect(() => {
    const t = toValue(title);
    document.title = t ? `${t} · Maestro` : 'Maestro';
  });
}

/** A clock that ticks slowly, for relative times. */
const now = ref(Date.now());
setInterval(() => (now.value = Date.now()), 20_000);
export function useNow() {
  return now;
}

/** A clock by the second, only while it is used. */
export function useSeconds() {
  const t = ref(Date.now());
  const timer = setInterval(() => (t.value = Date.now()), 1000);
  onScopeDispose(() => clearInterval(timer));
  return t;
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http has no clipboard API.
    const area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('readonly', '');
    area.className = 'sr-only';
    document.body.append(area);
    area.select();
    const ok = document.execCommand('copy');
    area.remove();
    return ok;
  }
}
