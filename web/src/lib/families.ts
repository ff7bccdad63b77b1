/** Applications are of many families; what a form asks depends on it. */
import type { Flavor } from './suggest';

const NAMES: Record<string, string> = {
  Loadbalance: 'Load balancer',
  Broker: 'Message broker',
  Serverless: 'Serverless function',
  ApiGateway: 'API gateway',
  ContainerOrchestration: 'Container orchestration',
  ServiceMesh: 'Service mesh',
  ObjectStorage: 'Object storage',
  Logs: 'Log service',
  SMTP: 'Mail service (SMTP)',
  ServiceDiscovery: 'Service discovery',
  AutoScaling: 'Auto scaling group',
  AutoScalingPlan: 'Auto scaling plan',
  ServerlessLayer: 'Serverless layer',
  MachineLearning: 'Machine learning',
  Corporate: 'Corporate software',
  Auth: 'Authentication service',
  NAS: 'Network storage (NAS)',
};

/** A family as people say it. */
export const familyName = (family: string): string => NAMES[family] ?? family;

/** The same inside a sentence: what is an abbreviation stays one. */
export function inSentence(name: string): string {
  return name.replace(/[A-Za-z/]+/g, (word) => (/^[A-Z][a-z]/.test(word) ? word.toLowerCase() : word));
}

const CODE = ['Application', 'Serverless', 'ServerlessLayer'];
/** Fields that only some families have; the others have all. */
const ONLY: Record<string, string[]> = {
  language: CODE,
  deploy: [...CODE, 'CI/CD', 'ContainerOrchestration'],
  engine: ['Database', 'Broker', 'Cache', 'MachineLearning'],
  tables: ['Database'],
  queues: ['Broker'],
  cache_behavior: ['CDN'],
  cache_nodes: ['Cache'],
  domain: ['CDN', 'DNS', 'ObjectStorage', 'SMTP'],
  loadbalance_names: ['AutoScaling', 'ContainerOrchestration'],
  instances: ['Loadbalance', 'AutoScaling', 'ContainerOrchestration', 'Database', 'NAS'],
};
const ORACLE = new Set(['dataguard', 'storage_types', 'asm_groups', 'pdbs', 'crs_version']);

const text = (v: unknown): string => (typeof v === 'string' ? v : '');

export function flavorOf(entity: string, draft: Record<string, unknown>): Flavor {
  if (entity !== 'applications' || draft.family !== 'Database') return '';
  return /oracle/i.test(`${text(draft.engine)} ${text(draft.provider)}`) ? 'oracle' : 'database';
}

/** Whether a form asks for a field, as far as the family decides. */
export function concerns(entity: string, path: string, draft: Record<string, unknown>): boolean {
  if (entity !== 'applications') return true;
  if (ORACLE.has(path)) return flavorOf(entity, draft) === 'oracle';
  const only = ONLY[path];
  return !only || only.includes(text(draft.family));
}
