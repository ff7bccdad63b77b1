/** The kinds of documents that have pages: `path` is the first segment here and in the API, `entity` the name in answers. */
export interface Kind {
  path: string;
  entity: string;
  label: string;
  /** False: the product makes them, people do not. */
  byHand?: boolean;
  group: 'Inventory' | 'Infrastructure' | 'Discovery' | 'Reports' | 'Organisation';
}

export const KINDS: readonly Kind[] = [
  { path: 'servers', entity: 'servers', label: 'Servers', group: 'Inventory' },
  { path: 'applications', entity: 'applications', label: 'Applications', group: 'Inventory' },
  { path: 'system', entity: 'system', label: 'Systems', group: 'Inventory' },
  { path: 'clients', entity: 'clients', label: 'Clients', group: 'Inventory' },
  { path: 'datacenters', entity: 'datacenters', label: 'Datacenters', group: 'Infrastructure' },
  { path: 'network', entity: 'networks', label: 'Networks', group: 'Infrastructure' },
  { path: 'volumes', entity: 'volume', label: 'Volumes', group: 'Infrastructure' },
  { path: 'snapshots', entity: 'snapshots', label: 'Snapshots', group: 'Infrastructure' },
  { path: 'images', entity: 'images', label: 'Images', group: 'Infrastructure' },
  { path: 'flavors', entity: 'flavors', label: 'Flavors', group: 'Infrastructure' },
  { path: 'connections', entity: 'connections', label: 'Connections', group: 'Discovery' },
  { path: 'scheduler', entity: 'scheduler', label: 'Schedules', byHand: false, group: 'Discovery' },
  { path: 'events', entity: 'events', label: 'Events', byHand: false, group: 'Discovery' },
  { path: 'teams', entity: 'teams', label: 'Teams', group: 'Organisation' },
  { path: 'projects', entity: 'projects', label: 'Projects', group: 'Organisation' },
];

/** Where documents of this name have their pages. */
export function pathOf(entity: string): string {
  return KINDS.find((k) => k.entity === entity)?.path ?? entity;
}
