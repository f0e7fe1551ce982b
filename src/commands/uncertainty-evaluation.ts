/** What `undertone uncertainty evaluate` finds. */
import type { AttributeAnswers } from '../../models/toolkit/train/uncertainty-system.ts';
import type { UncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import { randomStream } from '../core/random.ts';
import { type AttributeFigures, attributeFigures, type JudgedAttribute } from '../core/vad/attribute-figures.ts';
import { type Attribute, ATTRIBUTES } from '../core/vad/attributes.ts';
import type { AttributeClip } from './uncertainty-clips.ts';

/** Figures of a network on clips that nothing was learned from. */
export interface AttributeEvaluation {
  readonly name: string;
  /** No rater scored these attributes: they follow from votes for emotions. */
  readonly labels: 'derived';
  readonly corpora: readonly string[];
  readonly split: 'dev';
  readonly clips: number;
  readonly attributes: Readonly<Partial<Record<Attribute, AttributeFigures>>>;
  /** The same of attributes that follow from the shares which the encoder predicts, where they were asked for. */
  readonly byShares?: Readonly<Partial<Record<Attribute, AttributeFigures>>>;
}

/** Judge answers by derived consensus. */
export function judgeAttributes(
  { name, dev, seed }: Pick<UncertaintyConfig, 'name' | 'dev' | 'seed'>,
  clips: readonly AttributeClip[],
  answers: AttributeAnswers,
): AttributeEvaluation {
  const judged = ATTRIBUTES.flatMap((attribute): [Attribute, JudgedAttribute][] => {
    const said = answers[attribute];
    if (!said) return [];
    const truth = clips.map(({ derived }) => derived[attribute].consensus);
    const column = (key: 'consensus' | 'uncertainty' | 'low' | 'high') => said.map((answer) => answer[key]);
    return [
      [
        attribute,
        {
          truth,
          consensus: column('consensus'),
          uncertainty: column('uncertainty'),
          low: column('low'),
          high: column('high'),
        },
      ],
    ];
  });
  const attributes = attributeFigures(Object.fromEntries(judged), { random: randomStream(seed, 'intervals') });
  return { name, labels: 'derived', corpora: dev, split: 'dev', clips: clips.length, attributes };
}
