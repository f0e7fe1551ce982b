import { describe, expect, it } from 'vitest';
import { LABEL_COLOURS } from '../../../clients/colours.ts';
import { type Report, reportHtml } from '../../../src/core/figures/report.ts';
import { FIGURES } from '../../../src/core/metrics/evaluation.ts';
import { expectWellFormed } from '../well-formed.ts';
import { exampleReport } from './example-report.ts';

const example = exampleReport(400);
const draw = (report: Report) => reportHtml(report, { colours: LABEL_COLOURS });
const bodyOf = (html: string) => html.slice(html.indexOf('<body'), html.indexOf('</html>'));

describe('the report of an evaluation', () => {
  it('is well formed, and the same for the same evaluation', () => {
    expectWellFormed(bodyOf(draw(example)));
    expect(draw(example)).toBe(draw(example));
  });

  it('requests nothing and runs nothing, and forbids both', () => {
    const html = draw(example);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|@import|url\(|<img|<link|<script|src=|href=|\son\w+=/,
    );
  });

  it('escapes whatever it is told', () => {
    const evil = `<script>alert("x")</script>&'`;
    const html = draw({
      ...example,
      pack: evil,
      corpus: evil,
      modality: evil,
      command: evil,
      intervals: evil,
      notes: [evil],
      groups: (example.groups ?? []).map(({ fairness }) => ({
        attribute: evil,
        fairness: { ...fairness, groups: fairness.groups.map((group) => ({ ...group, group: evil })) },
      })),
    });
    expectWellFormed(bodyOf(html));
    expect(html).not.toContain('<script');
  });

  it('says every figure with its interval', () => {
    const html = draw(example);
    for (const name of FIGURES) {
      expect(html).toContain(example.evaluation[name]?.toFixed(3));
      const [low = NaN, high = NaN] = example.evaluation.ci[name] ?? [];
      expect(html).toContain(`${low.toFixed(3)} – ${high.toFixed(3)}`);
    }
  });

  it('has a figure for confusion, labels, risk, all reliabilities, and says how to get the numbers again', () => {
    const html = draw(example);
    expect(html.match(/<svg /g)).toHaveLength(4 + example.labels.length);
    expect(html).toContain(`<code>${example.command}</code>`);
    expect(html).toContain('never about what a person feels');
  });

  it('has a dash, not a number, where nothing was accepted', () => {
    const evaluation = { ...example.evaluation, coverage: 0, acceptedRisk: null, acceptedMacroF1: null };
    const html = draw({ ...example, evaluation });
    expectWellFormed(bodyOf(html));
    expect(html).toMatch(/Risk when accepted<\/h3><p class="value">–<\/p>/);
    expect(html).not.toMatch(/NaN|undefined|null/);
  });

  it('leaves out what is not known', () => {
    const {
      f1Intervals: _intervals,
      calibration: _by,
      comparison: _compared,
      groups: _groups,
      notes: _notes,
      ...least
    } = example;
    const html = draw(least);
    expectWellFormed(bodyOf(html));
    expect(html).not.toMatch(/By group of people|What to know|Ways to calibrate/);
    expect(html).not.toMatch(/NaN|undefined/);
  });
});
