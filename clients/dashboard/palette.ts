/** The design tokens that a canvas needs: it cannot read CSS variables itself. */

/** Colours of the scheme in force. */
export interface Palette {
  readonly ink: string;
  readonly quiet: string;
  readonly card: string;
  readonly line: string;
  readonly grid: string;
  readonly hatch: string;
  readonly hatchWell: string;
}

/** Read the tokens as they stand; read again when the colour scheme changes. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: token('ink'),
    quiet: token('quiet'),
    card: token('card'),
    line: token('line'),
    grid: token('grid'),
    hatch: token('hatch'),
    hatchWell: token('hatch-well'),
  };
}

/** Hear of every change between light and dark; returns how to stop. */
export function onSchemeChange(listener: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', listener);
  return () => {
    dark.removeEventListener('change', listener);
  };
}
