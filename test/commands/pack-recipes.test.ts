/** Descriptions that the project ships name configurations, systems and packs that there are. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { description, ownNetworks } from '../../src/commands/pack-description.ts';

const CONFIGS = 'models/configs';
const json = (file: string): unknown => JSON.parse(readFileSync(join(CONFIGS, file), 'utf8'));
const isDescription = (file: string): boolean => Object.hasOwn(json(file) as object, 'provenance');

describe('a description of the project', () => {
  it.each(readdirSync(CONFIGS).filter((file) => file.endsWith('.json') && isDescription(file)))('%s', async (file) => {
    const { networks, encoders } = description.parse(json(file));
    for (const network of [networks.voice, networks.face, networks.fusion ?? []].flat()) {
      if (typeof network === 'string') expect(existsSync(join(CONFIGS, network))).toBe(true);
      else if ('pack' in network) expect(existsSync(join(CONFIGS, network.pack, 'pack.json'))).toBe(true);
      else {
        const config = await readFusionConfig(join(CONFIGS, network.of));
        expect(config?.systems.map(({ name }) => name)).toContain(network.system);
        expect(config?.clips?.holdBack).toBeGreaterThan(0);
        // docs/encoders.md has the runs named after their configurations.
        expect(`${config?.name ?? ''}.json`).toBe(network.of);
      }
    }
    // Encoders are where docs/encoders.md has them imported to.
    for (const folder of Object.values(encoders ?? {}))
      expect(resolve(CONFIGS, folder)).toMatch(new RegExp(`^${resolve('encoders')}/[a-z0-9-]+$`));
    expect(ownNetworks(description.parse(json(file))) === null).toBe(encoders !== undefined);
  });
});
