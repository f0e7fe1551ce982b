import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.undertone/', 'models/packs/', 'test/fixtures/'] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Numbers read well in a template; objects and promises do not, and stay errors.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => socket.close()` says what it does; the braces would say nothing more.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // A leading underscore says that a signature asks for the parameter and the body does not need it.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // noPropertyAccessFromIndexSignature of tsconfig.json asks for the bracket where this rule would ask for the dot.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
    },
  },
  {
    // Settings are read once, in src/config.ts; the roots hand it the environment.
    files: ['src/**', 'pipelines/**', 'models/**', 'clients/**'],
    ignores: ['src/config.ts', 'src/main.ts', 'src/cli.ts', 'src/commands/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config.ts reads the environment: take an option.' },
      ],
    },
  },
  {
    // The core gives the same answer to the same question, today and tomorrow, here and in a page.
    files: ['src/core/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness is passed in.' },
      ],
      'no-restricted-globals': [
        'error',
        ...['Date', 'performance', 'process', 'crypto', 'fetch', 'setTimeout', 'setInterval', 'setImmediate'].map(
          (name) => ({ name, message: 'src/core is pure: pass the value in.' }),
        ),
      ],
    },
  },
  {
    // node:test-style describe and it return nothing here, but expect(...).rejects does: an assertion that is not
    // awaited proves nothing, so promises stay errors in tests. Empty doubles for callbacks are fine there.
    files: ['test/**'],
    rules: { '@typescript-eslint/no-empty-function': 'off' },
  },
  {
    // What a person runs in a terminal answers on the terminal.
    files: ['scripts/**', 'src/cli.ts', 'src/main.ts', 'src/commands/**', 'models/toolkit/**'],
    rules: { 'no-console': 'off' },
  },
);
