import { describe, expect, it } from 'vitest';
import { knownRegions, knownZones, regionCode, type Placement } from './regions';

const options: Placement = {
  provider: ['AWS', 'Digital Ocean'],
  baser: {
    AWS: [
      { region: 'us-east-1 (N. Virginia)', zones: ['us-east-1a', 'us-east-1b'] },
      { region: 'eu-west-1 (Ireland)', zones: ['eu-west-1a'] },
    ],
    'Digital Ocean': [{ region: 'ams3', zones: [] }, { region: 'ams3', zones: [] }],
  },
};

describe('pre-defined regions and zones', () => {
  it('are those of the provider, in any spelling of its name, each once', () => {
    expect(knownRegions(options, 'aws')).toEqual(['us-east-1 (N. Virginia)', 'eu-west-1 (Ireland)']);
    expect(knownRegions(options, 'DigitalOcean')).toEqual(['ams3']);
    expect(knownRegions(options, 'Own')).toEqual([]);
    expect(knownRegions(undefined, 'AWS')).toEqual([]);
  });

  it('offer the zones of the chosen regions, of all while none is chosen', () => {
    expect(knownZones(options, 'AWS', [])).toEqual(['us-east-1a', 'us-east-1b', 'eu-west-1a']);
    expect(knownZones(options, 'AWS', ['eu-west-1'])).toEqual(['eu-west-1a']);
    expect(knownZones(options, 'AWS', ['moon-1'])).toEqual([]);
  });

  it('are told apart by the code before the place', () => {
    expect(regionCode('us-west1 (North America)')).toBe('us-west1');
    expect(regionCode('eastasia')).toBe('eastasia');
  });
});
