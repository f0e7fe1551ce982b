import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settingsTable } from '../../scripts/docs-config.ts';
import { trainingDocument } from '../../scripts/docs-training.ts';
import { between } from '../../scripts/generated.ts';

describe('generated documentation', () => {
  it('has the settings that the code reads: else run npm run docs:config', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(between(readme, 'settings', settingsTable())).toBe(readme);
  });

  it('has the fields of training configurations: else run npm run docs:training', () => {
    const document = readFileSync('docs/training.md', 'utf8');
    expect(trainingDocument(document)).toBe(document);
  });

  it('says which markers are gone', () => {
    expect(() => between('# nothing here', 'settings', '')).toThrow("the markers of 'settings' are gone");
  });
});
