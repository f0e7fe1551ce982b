import type { UndertoneError } from '../src/errors.ts';

/** What went wrong, in the same place on every section; nothing where all is well. */
export function Problem({ problem }: { readonly problem: UndertoneError | null }) {
  if (problem === null) return null;
  return (
    <p class="notice fault" role="alert">
      {problem.message}
    </p>
  );
}
