/** The little that writing HTML by hand needs. Whatever is given as words is escaped; whatever is given as content is not. */
import { escapeXml } from '../svg.ts';

/** An element with its end tag, which HTML needs even where there is nothing inside. */
export function tag(name: string, attributes: Readonly<Record<string, string>>, ...content: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  return `<${name}${written.join('')}>${content.join('')}</${name}>`;
}

/** A cell of a table. */
export interface Cell {
  readonly words: string;
  /** Quieter words after them. */
  readonly beside?: string;
  /** A quieter line below. */
  readonly below?: string;
}

/** A table with words for its columns. */
export interface Table {
  /** What the table is of; said to who cannot see it. */
  readonly caption: string;
  /** The first column names rows, the others are numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | Cell)[])[];
}

/** A table under its caption; it scrolls by itself where the page is too narrow for it. */
export function table({ caption, columns, rows }: Table): string {
  const head = tag('tr', {}, ...columns.map((words) => tag('th', { scope: 'col' }, escapeXml(words))));
  const body = rows.map(([first = '', ...numbers]) =>
    tag('tr', {}, tag('th', { scope: 'row' }, cell(first)), ...numbers.map((number) => tag('td', {}, cell(number)))),
  );
  const content = tag('table', { 'aria-label': caption }, tag('thead', {}, head), tag('tbody', {}, ...body));
  return tag(
    'div',
    { class: 'card sheet' },
    tag('p', { class: 'caption' }, escapeXml(caption)),
    // Focusable, so that it can be scrolled without a pointer.
    tag('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': caption }, content),
  );
}

function cell(content: string | Cell): string {
  if (typeof content === 'string') return escapeXml(content);
  const { words, beside, below } = content;
  return [
    escapeXml(words),
    beside === undefined ? '' : tag('span', { class: 'beside' }, escapeXml(` ${beside}`)),
    below === undefined ? '' : tag('span', { class: 'below' }, escapeXml(below)),
  ].join('');
}
