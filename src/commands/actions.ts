/** Commands whose first argument says what to do, as `undertone reject fit` has it. */
import { UndertoneError } from '../errors.ts';
import type { Command, CommandOption, Invocation } from './command.ts';

/** Such a command. */
export interface ActionsCommand<Action extends string> extends Omit<Command, 'options' | 'run'> {
  /** Those with `only` are refused for any other action, and say in the help what they are for. */
  readonly options: Readonly<Record<string, CommandOption & { readonly only?: readonly NoInfer<Action>[] }>>;
  /** What each does. Its positionals are those after the action. @returns the exit code. */
  readonly actions: Readonly<Record<Action, (invocation: Invocation) => Promise<number>>>;
}

/**
 * A command that looks at its first argument, and at which options go with it, before anything else is done.
 * @throws UndertoneError `config-invalid` when run with an unknown action, or with an option for another one.
 * @example
 * const reject = withActions({
 *   usage: 'reject curve|fit --pack DIR', about: [], arguments: 1,
 *   options: { risk: { value: 'SHARE', help: 'at most this share wrong', only: ['fit'] } }, // 'fit: at most this share wrong'
 *   actions: { curve: rejectCurve, fit: rejectFit },
 * });
 */
export function withActions<Action extends string>(given: ActionsCommand<Action>): Command {
  const { actions, options, ...command } = given;
  const [name = ''] = command.usage.split(' ');
  const names = Object.keys(actions) as Action[];
  const told = Object.entries(options).map(
    ([option, { only, help, ...rest }]) =>
      [option, { ...rest, help: only ? `${only.join(', ')}: ${help}` : help }] as const,
  );
  return {
    ...command,
    options: Object.fromEntries(told),
    run(invocation) {
      const [asked = '', ...positionals] = invocation.positionals;
      const action = names.find((known) => known === asked);
      if (action === undefined)
        throw new UndertoneError('config-invalid', `'${asked}' is ${noneOf(names)}: choose one`);
      for (const [option, { only }] of Object.entries(options))
        if (only && !only.includes(action) && (invocation.text(option) !== undefined || invocation.has(option)))
          throw new UndertoneError(
            'config-invalid',
            `--${option} is not for ${name} ${action}, only for ${only.join(' and ')}: leave it out`,
          );
      return actions[action]({ ...invocation, positionals });
    },
  };
}

function noneOf(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length === 2
    ? `neither ${names[0] ?? ''} nor ${last}`
    : `none of ${names.slice(0, -1).join(', ')} and ${last}`;
}
