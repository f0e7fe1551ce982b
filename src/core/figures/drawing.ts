/** A figure before it is put anywhere: as a file it brings its own style, in a page it takes the page's. */
import { decimal, element, escapeXml } from '../svg.ts';
import { SANS, SCHEME } from '../svg-scheme.ts';

/** What was drawn, in pixels of a screen that shows it at full size. */
export interface Drawing {
  /** Says what the figure is of; its accessible name. */
  readonly title: string;
  /** Says what is to be seen in it, for who cannot see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** Elements. */
  readonly content: string;
}

/** Rules that every figure relies on; custom properties are those of `SCHEME`. */
export const FIGURE_STYLE = `.figure text{font:12px ${SANS};fill:var(--ink);font-variant-numeric:tabular-nums}
.figure .title{font-size:14px;font-weight:600}.figure .quiet{fill:var(--quiet)}
.figure .grid{stroke:var(--grid)}.figure .ideal{stroke:var(--hatch)}.figure .whisker{stroke:var(--ink);stroke-width:1.5}
.figure .halo{stroke:var(--ground);stroke-width:4}.figure .before{fill:var(--ground);stroke:var(--quiet);stroke-width:1.5}
.figure .after{fill:var(--accent);stroke:var(--accent);stroke-width:1.5}.figure path.before,.figure path.after{fill:none;stroke-linejoin:round}
.figure path.before{stroke-dasharray:4 3}.figure path.after{stroke-width:2}.figure .heat{fill:var(--heat)}.figure .well{fill:var(--well)}
.figure .said{paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}`;

/**
 * A self-contained SVG file that follows the reader's light or dark scheme. The same drawing always gives the same text.
 * @example writeFileSync('confusion.svg', svgFile(confusionMatrix(counts, { labels })));
 */
export function svgFile(drawing: Drawing): string {
  const { width, height } = drawing;
  const ground = element('rect', { width, height, fill: 'var(--ground)' });
  return `${svg(drawing, { width, height }, element('style', {}, `\n${SCHEME}\n${FIGURE_STYLE}\n`) + ground)}\n`;
}

/** The same for a page that has `SCHEME` and `FIGURE_STYLE`; as wide as its place. */
export function svgInline(drawing: Drawing): string {
  return svg(drawing, {}, '');
}

function svg(drawing: Drawing, size: Readonly<Record<string, number>>, before: string): string {
  const { title, description, width, height, content } = drawing;
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${decimal(width)} ${decimal(height)}`,
      ...size,
      class: 'figure',
      role: 'img',
    },
    element('title', {}, escapeXml(title)) + element('desc', {}, escapeXml(description)) + before + content,
  );
}
