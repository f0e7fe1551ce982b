/** The little that drawing an SVG by hand needs: escaping, numbers, and a guess at how wide words are. */

/** Text that is safe as content and in a quoted attribute; what XML cannot hold at all becomes the replacement sign. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)?.toString() ?? ''};`);
}

/** An element; attributes are escaped, `content` is not: it is elements, or text that was escaped. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, content = ''): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? decimal(value) : escapeXml(value)}"`,
  );
  return `<${name}${written.join('')}${content === '' ? '/>' : `>${content}</${name}>`}`;
}

/** A line of text; `content` is escaped. */
export function text(attributes: Readonly<Record<string, string | number>>, content: string): string {
  return element('text', attributes, escapeXml(content));
}

/** A coordinate to a hundredth, which is finer than a screen and keeps the file small. */
export function decimal(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Words in lines of at most `widthPx` in a 12 px sans serif, by an average width of letters; null where one is wider. */
export function fold(text: string, widthPx: number): readonly string[] | null {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1) ?? ''} ${word}`;
    if (textWidth(word) > widthPx) return null;
    if (lines.length > 0 && textWidth(longer) <= widthPx) lines.pop();
    else if (lines.length > 0) {
      lines.push(word);
      continue;
    }
    lines.push(longer);
  }
  return lines;
}

/** Width in a 12 px sans serif, px; rather too wide than too narrow. */
export function textWidth(text: string): number {
  return text.length * 6.8;
}

/** Positions as near as can be to `wanted`, at least `gap` apart and within [low, high] where they fit; order is kept. */
export function spread(
  wanted: readonly number[],
  { gap, low, high }: { gap: number; low: number; high: number },
): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const placed = [...wanted];
  let edge = low - gap;
  for (const index of order) {
    edge = Math.max(placed[index] ?? 0, edge + gap);
    placed[index] = edge;
  }
  edge = high + gap;
  for (const index of order.reverse()) {
    edge = Math.min(placed[index] ?? 0, edge - gap);
    placed[index] = edge;
  }
  return placed;
}

/** Black or white, whichever stands out more (WCAG 2.2, relative luminance; they are equal at 0.179). */
export function inkOn(hex: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const level = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000' : '#fff';
}
