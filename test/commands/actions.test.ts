import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withActions } from '../../src/commands/actions.ts';
import { annotators } from '../../src/commands/annotators.ts';
import { commandHelp } from '../../src/commands/command.ts';
import { reference } from '../../src/commands/reference.ts';
import { reject } from '../../src/commands/reject.ts';
import { uncertainty } from '../../src/commands/uncertainty.ts';
import { inProcess } from './in-process.ts';

const ACTIONS = ['sow', 'water', 'reap'] as const;
const OPTIONS = {
  field: { value: 'NAME', help: 'which field' },
  seed: { value: 'NAME', help: 'what to sow', only: ['sow'] },
  store: { value: 'NAME', help: 'where it is kept', only: ['sow', 'reap'] },
  dry: { help: 'only tell', only: ['water', 'reap'] },
} as const;
type Option = keyof typeof OPTIONS;

/** What was done, with which path. */
const told = (action: string) => (invocation: { readonly positionals: readonly string[] }) => {
  process.stdout.write(`${[action, ...invocation.positionals].join(' ')}\n`);
  return Promise.resolve(0);
};
const garden = withActions({
  usage: 'garden sow|water|reap BED',
  about: [],
  options: OPTIONS,
  arguments: 2,
  actions: { sow: told('sow'), water: told('water'), reap: told('reap') },
});

describe('a command of actions', () => {
  it('does what is asked for exactly when every option is for that', async () => {
    const given = fc.subarray(Object.keys(OPTIONS) as Option[]);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ACTIONS), given, async (action, options) => {
        const odd = options.filter((option) => {
          const { only } = { only: undefined, ...OPTIONS[option] } as { readonly only?: readonly string[] };
          return only !== undefined && !only.includes(action);
        });
        const args = options.flatMap((option) => (option === 'dry' ? ['--dry'] : [`--${option}`, 'x']));
        const { code, stdout, stderr } = await inProcess(garden, [action, 'north', ...args], '/');
        if (odd.length === 0)
          expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${action} north\n`, stderr: '' });
        else {
          expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
          expect(odd.some((option) => stderr.includes(`--${option} is not for garden ${action}, only for `))).toBe(
            true,
          );
        }
      }),
    );
  });

  it('says which actions there are', async () => {
    expect((await inProcess(garden, ['dig', 'north'], '/')).stderr).toBe(
      "undertone: 'dig' is none of sow, water and reap: choose one (config-invalid)\n",
    );
    expect((await inProcess(garden, ['sow'], '/')).stderr).toContain('an argument is missing: undertone garden');
  });

  it('says in its help what an option is for', () => {
    expect(commandHelp(garden)).toContain('--store NAME  sow, reap: where it is kept');
    expect(commandHelp(garden)).toContain('--field NAME  which field');
  });
});

describe('undertone', () => {
  it.each([
    [reject, ['curve', '--risk', '0.1'], '--risk is not for reject curve, only for fit: leave it out'],
    [reject, ['fit', '--svg', 'x.svg'], '--svg is not for reject fit, only for curve'],
    [reference, ['table', '--force'], '--force is not for reference table, only for fit'],
    [uncertainty, ['train', 'x.json', '--rows', 'full'], '--rows is not for uncertainty train, only for ablate'],
    [uncertainty, ['evaluate', 'x', '--out', 'y'], '--out is not for uncertainty evaluate, only for train and ablate'],
    [annotators, ['train', 'x.json', '--clips', '3'], '--clips is not for annotators train, only for evaluate'],
  ] as const)('refuses an option for another action', async (command, args, said) => {
    const { code, stderr } = await inProcess(command, args, '/');
    expect(code).toBe(2);
    expect(stderr).toContain(said);
  });
});
