import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LABEL_COLOURS } from '../../clients/colours.ts';
import { LABELS } from '../../src/core/labels.ts';

const css = readFileSync('clients/tokens.css', 'utf8');
const [lightCss = '', darkCss = ''] = css.split('@media (prefers-color-scheme: dark)');
const read = (text: string) =>
  new Map([...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name = '', hex = '']) => [name, hex]));
const light = read(lightCss);
const schemes = { light, dark: new Map([...light, ...read(darkCss)]) };

/** Relative luminance and contrast, WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a = '#000000', b = '#000000'): number {
  const [dark = 0, bright = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dark + 0.05);
}

describe.each(Object.entries(schemes))('tokens, %s', (_, tokens) => {
  const texts = ['ink', 'quiet', 'accent', 'fault'];
  const grounds = ['page', 'card', 'well'];
  it.each(texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)))(
    '%s is legible on %s',
    (text, ground) => {
      expect(tokens.has(text) && tokens.has(ground)).toBe(true);
      expect(contrast(tokens.get(text), tokens.get(ground))).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each([
    ['on-accent', 'accent'],
    ['fault', 'fault-well'],
    ['ink', 'hatch-well'],
  ] as const)('%s is legible on %s', (text, ground) => {
    expect(contrast(tokens.get(text), tokens.get(ground))).toBeGreaterThanOrEqual(4.5);
  });

  it('tells controls from what they lie on', () => {
    expect(contrast(tokens.get('control-line'), tokens.get('card'))).toBeGreaterThanOrEqual(3);
  });
});

it('labels have the same colours in style sheets as everywhere else', () => {
  for (const label of LABELS) expect(light.get(label)).toBe(LABEL_COLOURS[label]);
});
