/** What free texts of forms suggest: the options that administrators keep, by kind and path of the field. */
import { getPath } from './paths';

export interface Source {
  /** Key of the option. */
  option: string;
  /** Where in its value the words stand. */
  at: string;
}

const ENVIRONMENT: Source = { option: 'env_options', at: 'environment' };
const SOURCES: Record<string, Record<string, Source>> = {
  servers: {
    environment: ENVIRONMENT,
    role: { option: 'server_options', at: 'role' },
    status: { option: 'server_options', at: 'status' },
    'os.base': { option: 'server_options', at: 'os' },
    'datacenters.type': { option: 'server_options', at: 'serverType' },
    'auth.type': { option: 'server_options', at: 'auth' },
    service_mgr: { option: 'services_options', at: 'managers' },
  },
  applications: {
    environment: ENVIRONMENT,
    size: { option: 'env_options', at: 'size' },
    status: { option: 'database_options', at: 'status' },
    'role.role': { option: 'application_options', at: 'role' },
    cluster: { option: 'application_options', at: 'clusters' },
    'deploy.type': { option: 'application_options', at: 'deploy' },
  },
  networks: { environment: ENVIRONMENT },
  volume: { status: { option: 'status_volume_options', at: 'status' } },
  clients: { 'contacts.channel': { option: 'clients_options', at: 'channels' } },
};
const DATABASE: Record<string, Source> = {
  type: { option: 'database_options', at: 'types' },
  cluster: { option: 'database_options', at: 'cluster' },
  'role.role': { option: 'database_options', at: 'role' },
};
const ORACLE: Record<string, Source> = {
  type: { option: 'database_options', at: 'oracle.type' },
  cluster: { option: 'database_options', at: 'oracle.cluster' },
  storage_types: { option: 'database_options', at: 'oracle.storage_types' },
  dataguard: { option: 'database_options', at: 'oracle.role' },
};

/** Kinds of applications whose fields mean something of their own. */
export type Flavor = '' | 'database' | 'oracle';

export function sourcesOf(entity: string, flavor: Flavor = ''): Record<string, Source> {
  const own = SOURCES[entity] ?? {};
  if (flavor === 'oracle') return { ...own, ...DATABASE, ...ORACLE };
  return flavor === 'database' ? { ...own, ...DATABASE } : own;
}

/** The keys of all options that a kind may ask. */
export function optionKeys(entity: string): string[] {
  const all = { ...SOURCES[entity], ...(entity === 'applications' ? { ...DATABASE, ...ORACLE } : {}) };
  return [...new Set(Object.values(all).map((s) => s.option))];
}

/** The words of each path; `values` = the options by key. */
export function suggestions(sources: Record<string, Source>, values: Record<string, unknown>): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const [path, source] of Object.entries(sources)) {
    const words = getPath(values[source.option], source.at);
    if (Array.isArray(words)) out[path] = words.filter((w): w is string => typeof w === 'string');
  }
  return out;
}
