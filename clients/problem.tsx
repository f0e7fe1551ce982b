import type { UndertoneError } from '../src/errors.ts';

/** What went wrong, in the same place on every page, a line for each thing; nothing where all is well. */
export function Problem({ problem }: { readonly problem: Pick<UndertoneError, 'message'> | null }) {
  if (problem === null) return null;
  return (
    <p class="notice fault" role="alert">
      {problem.message.split('\n').map(sentence).join('\n')}
    </p>
  );
}

/** A message as a sentence. @example sentence('the server cannot be reached') // 'The server cannot be reached.' */
function sentence(message: string): string {
  const [first = '', ...rest] = message;
  return `${first.toUpperCase()}${rest.join('')}${/[.?!]$/.test(message) ? '' : '.'}`;
}
