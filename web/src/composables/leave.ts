import { onBeforeUnmount, onMounted } from 'vue';
import { onBeforeRouteLeave } from 'vue-router';

/** Asks before what was typed gets lost, by a link or by closing the tab. */
export function useLeaveGuard(dirty: () => boolean, question: string): void {
  onBeforeRouteLeave(() => !dirty() || window.confirm(question));
  const warn = (e: BeforeUnloadEvent) => {
    if (dirty()) e.preventDefault();
  };
  onMounted(() => window.addEventListener('beforeunload', warn));
  onBeforeUnmount(() => window.removeEventListener('beforeunload', warn));
}
