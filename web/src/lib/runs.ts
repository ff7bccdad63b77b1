import type { Run, Scope, State } from '../api/types';

export function isActive(state: State | undefined): boolean {
  return state === 'queued' || state === 'running' || state === 'retrying';
}

export const STATE_LABEL: Record<State, string> = {
  never: 'Never run',
  queued: 'Queued',
  running: 'Running',
  retrying: 'Waiting to retry',
  success: 'Complete',
  partial: 'Partly complete',
  failed: 'Failed',
  held: 'Needs a decision',
  canceled: 'Canceled',
};

export type Tone = 'ok' | 'warn' | 'bad' | 'run' | 'mute';

export function tone(state: string | undefined): Tone {
  switch ((state ?? '').toLowerCase()) {
    case 'success':
    case 'active':
    case 'enabled':
    case 'available':
    case 'running-vm':
      return 'ok';
    case 'partial':
    case 'held':
    case 'retrying':
    case 'pending':
    case 'warning':
    case 'stopping':
      return 'warn';
    case 'failed':
    case 'error':
    case 'terminated':
    case 'deleted':
      return 'bad';
    case 'running':
    case 'queued':
      return 'run';
    default:
      return 'mute';
  }
}

const FINAL: State[] = ['success', 'partial', 'failed', 'held', 'canceled'];

export function progress(scopes: Scope[] | undefined): { done: number; of: number } {
  const list = scopes ?? [];
  return { done: list.filter((s) => FINAL.includes(s.state)).length, of: list.length };
}

/** The newest run of each task, and every run that is not over or waits for a decision. */
export function shownRuns(runs: Iterable<Run>): Run[] {
  const all = [...runs].sort((a, b) => b.created_at.localeCompare(a.created_at));
  const seen = new Set<string>();
  return all.filter((r) => {
    const newest = !seen.has(r.task);
    seen.add(r.task);
    return newest || isActive(r.state) || (r.scopes ?? []).some((s) => s.state === 'held');
  });
}
