/** CCC of the clips that are still judged, by how many are: one panel an attribute (paper 2, Fig. 3 and 4). */
import { element, text } from '../svg.ts';
import type { AttributeFigures } from '../vad/attribute-figures.ts';
import { type Attribute, ATTRIBUTES } from '../vad/attributes.ts';
import { grid, linePath, type Plane, steps, xOf, yOf } from './axes.ts';
import type { Drawing } from './drawing.ts';

const PANEL = { width: 300, left: 44, right: 284, top: 64, bottom: 264 } as const;

/**
 * The curves: rejection by an attribute's own uncertainty as a whole line, by another's as a dashed one with its name.
 * @param attributes at least one.
 * @example svgFile(attributeCurves(attributeFigures(judged, { random })));
 */
export function attributeCurves(attributes: Readonly<Partial<Record<Attribute, AttributeFigures>>>): Drawing {
  const panels = ATTRIBUTES.flatMap((attribute) => {
    const found = attributes[attribute];
    return found ? [{ attribute, ...found }] : [];
  });
  const all = panels.flatMap(({ curves }) => Object.values(curves).flatMap((curve) => curve.map(({ ccc }) => ccc)));
  const [low, high] = [Math.floor(Math.min(...all) * 10) / 10, Math.ceil(Math.max(...all) * 10) / 10];
  return {
    title: 'Agreement by coverage',
    description: panels
      .map(
        ({ attribute, ccc, accepted }) =>
          `CCC of ${attribute} is ${ccc.toFixed(3)} with all clips and ${accepted.ccc.toFixed(3)} with the surest ${Math.round(accepted.coverage * 100)} %.`,
      )
      .join(' '),
    width: PANEL.width * panels.length,
    height: PANEL.bottom + 40,
    content: panels
      .map(({ attribute, curves }, i) => {
        const plane: Plane = {
          ...PANEL,
          left: PANEL.left + i * PANEL.width,
          right: PANEL.right + i * PANEL.width,
          x: [1, 0.2],
          y: [low, Math.max(high, low + 0.1)],
        };
        return panel(attribute, curves, plane);
      })
      .join(''),
  };
}

function panel(attribute: Attribute, curves: AttributeFigures['curves'], plane: Plane): string {
  const step = plane.y[1] - plane.y[0] > 0.5 ? 0.2 : 0.1;
  return [
    text({ x: plane.left - 32, y: 22, class: 'title' }, attribute),
    text({ x: plane.left - 32, y: 42, class: 'quiet' }, 'CCC with derived labels'),
    grid(
      plane,
      { values: steps(0.2, 1, 0.2), words: (value) => `${Math.round(value * 100)} %` },
      { values: steps(plane.y[0], plane.y[1], step), words: (value) => value.toFixed(1) },
    ),
    text({ x: plane.right, y: plane.bottom + 36, class: 'quiet', 'text-anchor': 'end' }, 'share of clips judged'),
    ...ATTRIBUTES.map((other) => {
      const curve = curves[other] ?? [];
      const points = curve.map(({ coverage, ccc }) => ({ x: coverage, y: ccc }));
      const last = points.at(-1);
      const own = other === attribute;
      const path = element('path', { d: linePath(plane, points), class: own ? 'after' : 'before' });
      if (!last) return '';
      const place = { x: xOf(plane, last.x) - 4, y: yOf(plane, last.y) - 4, class: 'said', 'text-anchor': 'end' };
      return path + text(place, own ? 'own' : other);
    }),
  ].join('');
}
