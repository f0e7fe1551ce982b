/** What a person types to get systems over two encoders, as docs/encoders.md has it, on tiny ones: up to `pack`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Command } from '../../src/commands/command.ts';
import { features } from '../../src/commands/features.ts';
import { importCommand } from '../../src/commands/import.ts';
import { train } from '../../src/commands/train.ts';
import { putBoth, SYSTEMS_CONFIG } from '../fixtures/systems.ts';
import type { TrainingFolder } from '../fixtures/training.ts';
import { encoderFixture } from '../models/toolkit/encoders/fixtures.ts';
import { inProcess } from './in-process.ts';

/** The configuration, from the folder. */
export const CONFIG_FILE = 'config.json';

const system = { system: '12', of: CONFIG_FILE };

/** A pack in which one system stands for the voice, the face and both. */
export const DESCRIPTION = {
  name: 'mine',
  version: '1.0.0',
  licence: 'CC0-1.0',
  minTopProbability: 0.4,
  encoders: { voice: 'encoders/wavlm', face: 'encoders/mobilenetv2' },
  networks: { voice: system, face: system, fusion: system },
  provenance: { madeBy: 'a test' },
};

/**
 * Import two encoders, make features of `both.jsonl` by each, and train on them: `encoders`, `features` and `runs` of the folder.
 * @returns path of the corpus.
 */
export async function typeSystems(folder: TrainingFolder): Promise<string> {
  const at = (...parts: readonly string[]): string => join(folder.path, ...parts);
  const type = async (command: Command, ...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await inProcess(command, args, folder.path);
    expect({ code, stderr }).toEqual({ code: 0, stderr });
  };
  const corpus = putBoth(folder);
  const config = folder.put(CONFIG_FILE, JSON.stringify(SYSTEMS_CONFIG));
  for (const made of ['encoders', 'features']) mkdirSync(at(made));
  const [voice, face] = ['wavlm', 'mobilenetv2'];
  await type(importCommand, voice, '--from', encoderFixture('wavlm-large-tiny'), '--out', at('encoders', voice));
  await type(importCommand, face, '--from', encoderFixture('mobilenetv2-tiny'), '--out', at('encoders', face));
  await type(features, corpus, '--encoder', at('encoders', voice), '--out', at('features', voice));
  await type(features, corpus, '--encoder', at('encoders', face), '--out', at('features', face), '--side', '48');
  const given = ['--voice', at('features', voice), '--face', at('features', face)];
  await type(train, config, ...given, '--out', at('runs', SYSTEMS_CONFIG.name));
  return corpus;
}
