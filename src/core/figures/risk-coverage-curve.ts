/** What abstaining buys: the risk of what is still judged, by how much is still judged (El-Yaniv and Wiener, 2010). */
import type { RiskPoint } from '../metrics/risk-coverage.ts';
import { element, escapeXml, text } from '../svg.ts';
import { grid, linePath, type Plane, steps, xOf, yOf } from './axes.ts';
import type { Drawing } from './drawing.ts';

/** A place of the curve. */
type Place = Pick<RiskPoint, 'coverage' | 'risk'>;

/** Words of the figure. */
export interface RiskCoverageCurveOptions {
  /** Where the pack's rule puts itself; null where it judges nothing. */
  readonly chosen: Place | null;
  /** Default 'Risk by coverage'. */
  readonly title?: string;
}

const WIDTH = 360;
const EDGES = { left: 44, right: 348, top: 64, bottom: 288 } as const;

/**
 * The curve, most sure clips first, and the point that the pack's own rule chooses.
 * @param points any number, in order of coverage.
 * @example svgFile(riskCoverageCurve(riskCoverage(sure, wrong).curve, { chosen: { coverage: 0.8, risk: 0.09 } }));
 */
export function riskCoverageCurve(
  points: readonly Place[],
  { chosen, title = 'Risk by coverage' }: RiskCoverageCurveOptions,
): Drawing {
  const most = Math.max(0.1, ...points.map(({ risk }) => risk), chosen?.risk ?? 0);
  const step = [0.02, 0.05, 0.1, 0.2].find((width) => most / width <= 6) ?? 0.2;
  const plane: Plane = { ...EDGES, x: [0, 1], y: [0, Math.min(1, Math.ceil(most / step - 1e-9) * step)] };
  const all = points.at(-1);
  const line = points.map(({ coverage, risk }) => ({ x: coverage, y: risk }));
  return {
    title,
    description: [
      'Share of wrong first labels among clips that are judged, by the share that is judged.',
      all === undefined ? '' : `Risk ${all.risk.toFixed(3)} at coverage ${all.coverage.toFixed(2)}.`,
      chosen === null ? 'The pack judges none.' : `The pack's rule: ${said(chosen)}.`,
    ].join(' '),
    width: WIDTH,
    height: EDGES.bottom + 40,
    content: [
      text({ x: 12, y: 22, class: 'title' }, title),
      text({ x: 12, y: 42, class: 'quiet' }, 'share of judged clips that are wrong'),
      grid(
        plane,
        { values: steps(0, 1, 0.2), words: (value) => value.toFixed(1) },
        { values: steps(0, plane.y[1], step), words: (value) => value.toFixed(2) },
      ),
      text({ x: EDGES.right, y: EDGES.bottom + 36, class: 'quiet', 'text-anchor': 'end' }, 'share of clips judged'),
      element('path', { d: linePath(plane, line), class: 'after' }),
      chosen === null ? '' : mark(plane, chosen),
    ].join(''),
  };
}

/** The point with its words, to the side where the curve is not. */
function mark(plane: Plane, point: Place): string {
  const [x, y] = [xOf(plane, point.coverage), yOf(plane, point.risk)];
  const leftwards = point.coverage > 0.4;
  return (
    element('line', { x1: x, x2: x, y1: y, y2: plane.bottom, class: 'ideal' }) +
    element('circle', { cx: x, cy: y, r: 5, class: 'after' }, element('title', {}, escapeXml(said(point)))) +
    text(
      { x: leftwards ? x - 10 : x + 10, y: y - 10, class: 'said', 'text-anchor': leftwards ? 'end' : 'start' },
      `chosen: ${said(point)}`,
    )
  );
}

const said = ({ coverage, risk }: Place): string => `${Math.round(coverage * 100)} % judged, risk ${risk.toFixed(3)}`;
