/** What the options `datacenter_options` know: regions and zones by provider. */
export interface Placement {
  provider?: string[];
  baser?: Record<string, { region: string; zones?: string[] }[]>;
}

/** "us-east-1 (N. Virginia)" -> "us-east-1" */
export const regionCode = (region: string): string => region.replace(/\s*\(.*\)\s*$/, '');

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

function rowsOf(options: Placement | undefined, provider: string) {
  const all = options?.baser ?? {};
  const name = Object.keys(all).find((key) => plain(key) === plain(provider));
  return name === undefined ? [] : (all[name] ?? []);
}

/** Regions that an administrator has entered for a provider, whose name counts in any spelling. */
export function knownRegions(options: Placement | undefined, provider: string): string[] {
  return [...new Set(rowsOf(options, provider).map((row) => row.region))];
}

/** Zones of the regions chosen; of all regions while none is. */
export function knownZones(options: Placement | undefined, provider: string, regions: string[]): string[] {
  const chosen = new Set(regions.map(regionCode));
  const rows = rowsOf(options, provider).filter((row) => !chosen.size || chosen.has(regionCode(row.region)));
  return [...new Set(rows.flatMap((row) => row.zones ?? []))];
}
