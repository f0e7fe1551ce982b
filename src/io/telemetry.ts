import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { UndertoneError } from '../errors.ts';
import type { Meter } from '../ports.ts';
import { METRICS } from './telemetry-metrics.ts';

/** A meter that can be read. */
export interface PrometheusMeter extends Meter {
  /** Everything measured so far, in Prometheus's text format. */
  text(): Promise<string>;
  /** MIME type of `text`. */
  readonly contentType: string;
}

type Labels = Readonly<Record<string, string>>;

/**
 * Different label values that one metric may have; further ones are refused and counted. Label values are closed lists;
 * this guards the memory of the server, and of whoever scrapes it, against one that is not.
 */
const MAX_SERIES = 200;

/** How often the event loop is probed, ms; the probe's own interval is not lag. */
const LAG_RESOLUTION_MS = 10;

/**
 * A meter of its own registry, with the metrics of `telemetry-metrics.ts` and those of the process.
 *
 * @throws UndertoneError `internal` from `count`, `gauge` and `observe`: for a name that the table does not know or knows
 *   as another type, and for label names other than the table's.
 * @example
 * const meter = createMeter();
 * meter.count('undertone_windows_total', { status: 'rejected', reason: 'no-face' });
 * response.setHeader('Content-Type', meter.contentType).end(await meter.text());
 */
export function createMeter(): PrometheusMeter {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, { type, help, labels = [], buckets = [] }] of METRICS) {
    const common = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new Counter(common));
    else if (type === 'gauge') gauges.set(name, new Gauge(common));
    else histograms.set(name, new Histogram({ ...common, buckets: [...buckets] }));
  }
  measureProcess(registry);

  const series = new Map<string, Set<string>>();
  const refuse = (metric: string, reason: string): false => {
    find(counters, 'undertone_unmeasured_total').inc({ metric, reason });
    return false;
  };
  const admit = (name: string, labels: Labels, value: number): boolean => {
    const names = METRICS.get(name)?.labels ?? [];
    const strange = Object.keys(labels).find((label) => !names.includes(label));
    if (strange !== undefined) throw new UndertoneError('internal', `metric ${name} has no label '${strange}'`);
    if (!Number.isFinite(value)) return refuse(name, 'not-a-number');
    const known = series.get(name) ?? new Set();
    const one = JSON.stringify(labels);
    if (known.size >= MAX_SERIES && !known.has(one)) return refuse(name, 'too-many-series');
    series.set(name, known.add(one));
    return true;
  };

  return {
    count: (name, labels = {}, by = 1) => {
      const metric = find(counters, name);
      if (admit(name, labels, by)) metric.inc(labels, by);
    },
    gauge: (name, value, labels = {}) => {
      const metric = find(gauges, name);
      if (admit(name, labels, value)) metric.set(labels, value);
    },
    observe: (name, seconds, labels = {}) => {
      const metric = find(histograms, name);
      if (admit(name, labels, seconds)) metric.observe(labels, seconds);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function find<T>(metrics: ReadonlyMap<string, T>, name: string): T {
  const metric = metrics.get(name);
  if (metric !== undefined) return metric;
  const type = METRICS.get(name)?.type;
  const why = type === undefined ? 'is not in the table of src/io/telemetry-metrics.ts' : `is a ${type}`;
  throw new UndertoneError('internal', `metric ${name} cannot be measured so: it ${why}`);
}

/** Memory, CPU, handles and garbage collection under Prometheus's usual names, and the event loop's lag under ours. */
function measureProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  // Theirs counts the probe's own interval as lag: two figures for one thing, of which one is 10 ms too high.
  for (const { name } of registry.getMetricsAsArray())
    if (name.startsWith('nodejs_eventloop_lag')) registry.removeSingleMetric(name);

  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  const seconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - LAG_RESOLUTION_MS) / 1000;
  new Gauge({
    name: 'undertone_event_loop_lag_seconds',
    help: 'Delay of the main event loop since the last scrape',
    labelNames: ['stat'],
    registers: [registry],
    collect() {
      this.set({ stat: 'p50' }, seconds(delay.percentile(50)));
      this.set({ stat: 'p99' }, seconds(delay.percentile(99)));
      this.set({ stat: 'max' }, seconds(delay.max));
      delay.reset();
    },
  });
}
