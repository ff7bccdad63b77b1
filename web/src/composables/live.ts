import { onScopeDispose, reactive, ref, toValue, watch, type MaybeRefOrGetter } from 'vue';
import { useQueryClient } from '@tanstack/vue-query';
import { api, seg } from '../api/client';
import type { Run } from '../api/types';
import { actingPath } from './acting';
import { isActive } from '../lib/runs';

/** Runs of one connection as they happen. Falls back to the browser's own reconnect. */
export function useLive(id: MaybeRefOrGetter<string>, onEnd?: (run: Run) => void) {
  const runs = reactive(new Map<string, Run>());
  const status = ref<'connecting' | 'open' | 'lost'>('connecting');
  const client = useQueryClient();
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function put(run: Run): void {
    const before = runs.get(run._id);
    runs.set(run._id, run);
    if (before && isActive(before.state) && !isActive(run.state)) onEnd?.(run);
    if (!before || before.state !== run.state) {
      void client.invalidateQueries({ queryKey: ['connection', toValue(id)] });
      void client.invalidateQueries({ queryKey: ['connection-states'] });
      if (!isActive(run.state)) {
        void client.invalidateQueries({ queryKey: ['list'] });
        void client.invalidateQueries({ queryKey: ['count'] });
      }
    }
  }

  function open(): void {
    close();
    status.value = 'connecting';
    const es = new EventSource(actingPath(`/connections/${seg(toValue(id))}/live`));
    source = es;
    es.onopen = () => (status.value = 'open');
    es.addEventListener('run', (e) => put(JSON.parse((e as MessageEvent<string>).data) as Run));
    es.addEventListener('resync', () => {
      void client.invalidateQueries({ queryKey: ['connection', toValue(id)] });
      open();
    });
    es.onerror = () => {
      status.value = 'lost';
      if (es.readyState === EventSource.CLOSED) {
        // Refused: the session may be over. This call opens the sign-in dialog if so.
        void api.get('/session').catch(() => undefined);
        retry = setTimeout(open, 5000);
      }
    };
  }

  function close(): void {
    clearTimeout(retry);
    source?.close();
    source = null;
  }

  watch(() => toValue(id), () => {
    runs.clear();
    open();
  }, { immediate: true });
  // A browser allows few streams to one server: a tab nobody looks at gives its own back.
  let hidden: ReturnType<typeof setTimeout> | undefined;
  function visibility(): void {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(close, 30_000);
    else if (!source) open();
  }
  document.addEventListener('visibilitychange', visibility);
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', visibility);
    clearTimeout(hidden);
    close();
  });

  return { runs, status, put };
}
