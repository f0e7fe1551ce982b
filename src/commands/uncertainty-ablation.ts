/** Table III of paper 2 as runs: the configuration, the configuration without each of its parts, and the baselines. */
import { join } from 'node:path';
import { askAttributes } from '../../models/toolkit/train/uncertainty-system.ts';
import { type UncertaintyConfig, uncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import { UndertoneError } from '../errors.ts';
import { type AttributeEvaluation, judgeAttributes } from './uncertainty-evaluation.ts';
import { readAttributes, toldClips, trainUncertainty, type UncertaintyOptions } from './uncertainty-training.ts';

type Change = (config: UncertaintyConfig) => Partial<UncertaintyConfig>;

/** Draws of the dropout baselines fall on regressor layers, and there must be some. */
const droppingOut: Change = ({ network }) => ({
  sampling: 'dropout',
  network: { ...network, dropout: network.dropout || 0.3 },
});

const without = (autoencoder: 'plain' | 'none', config: UncertaintyConfig): Pick<UncertaintyConfig, 'network'> => ({
  network: { ...config.network, autoencoder },
});

/** What each row changes. */
const ROWS: Readonly<Record<string, Change>> = {
  full: () => ({}),
  'without-prior': (config) => ({ ...without('plain', config), sampling: 'none' }),
  'without-soft-labels': ({ losses }) => ({ losses: { ...losses, gamma: 0 } }),
  'one-draw': () => ({ draws: 1 }),
  'ae-mcd': (config) => ({
    ...droppingOut({ ...config, ...without('plain', config) }),
    losses: { alpha: 1, beta: 1, gamma: 1 },
  }),
  mcd: (config) => ({
    ...droppingOut({ ...config, ...without('none', config) }),
    losses: { alpha: 0, beta: 1, gamma: 0 },
  }),
  'mcd-soft': (config) => ({
    ...droppingOut({ ...config, ...without('none', config) }),
    losses: { alpha: 0, beta: 0, gamma: 1 },
  }),
  'mcd-mtl': (config) => ({
    ...droppingOut({ ...config, ...without('none', config) }),
    losses: { alpha: 0, beta: 1, gamma: 1 },
  }),
};

/** Rows of Table III; the others are the baselines of Tables I and II. */
export const TABLE_III: readonly string[] = ['full', 'without-prior', 'without-soft-labels', 'one-draw'];

/** Evaluations by row. */
export type AblationTable = Readonly<Record<string, AttributeEvaluation>>;

/**
 * Train and evaluate rows, each in its own folder below `out`.
 * @returns null after an abort; the same call goes on.
 * @throws UndertoneError `config-invalid` for a row that is unknown; as training does.
 */
export async function ablations(
  config: UncertaintyConfig,
  options: UncertaintyOptions & { readonly rows: readonly string[] },
): Promise<AblationTable | null> {
  const { rows, out, stream, signal, network } = options;
  const unknown = rows.find((row) => !Object.hasOwn(ROWS, row));
  if (unknown !== undefined)
    throw new UndertoneError(
      'config-invalid',
      `--rows: '${unknown}' is unknown: choose of ${Object.keys(ROWS).join(', ')}`,
    );
  const table: Record<string, AttributeEvaluation> = {};
  for (const row of rows) {
    stream.write(`${row}\n`);
    const changed = uncertaintyConfig.parse({
      ...config,
      ...ROWS[row]?.(config),
      name: `${config.name}-${row}`.slice(0, 40),
    });
    const folder = join(out, row);
    const { status } = await trainUncertainty(changed, { ...options, out: folder });
    if (status === 'stopped') return null;
    const clips = await toldClips(changed, options, ['dev']);
    if (signal.aborted) return null;
    table[row] = judgeAttributes(
      changed,
      clips.dev,
      await askAttributes(await readAttributes(folder), clips.dev, network),
    );
  }
  return table;
}
