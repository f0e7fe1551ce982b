/**
 * Prints the evidence behind src/core/faces: where the detector sees eyes and mouth in FER+ pictures, and the face
 * network's accuracy as those pictures get smaller, more blurred, darker, cut off or turned. The tables are in
 * docs/decisions/0026 and 0027.
 *
 *     node scripts/face-limits.ts ../shared/data/ferplus
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { alignFace, CROP_SIZE } from '../src/core/faces/align.ts';
import { decodeFaces } from '../src/core/faces/blazeface.ts';
import { letterbox } from '../src/core/faces/letterbox.ts';
import { measureFace } from '../src/core/faces/quality.ts';
import { LABELS } from '../src/core/labels.ts';
import type { FaceDetection, FaceKeyPoints, Point } from '../src/domain.ts';
import { blur, cutOff, frameOf, gaussian, moved, shrink, SIDE } from './face-limits/degrade.ts';

/** Side to which it is enlarged, on grey, for the detector. */
const ENLARGED = 144;
const MARGIN = (256 - ENLARGED) / 2;
/** Faces judged in one run. */
const BATCH = 64;

interface Sample {
  readonly grey: Uint8Array;
  readonly label: number;
  readonly face: FaceDetection;
}

const [folder = '../shared/data/ferplus'] = process.argv.slice(2);
const detector = await InferenceSession.create('models/perception/blazeface.onnx', { intraOpNumThreads: 1 });
const network = await InferenceSession.create('models/packs/starter/face.onnx', { intraOpNumThreads: 1 });
const samples = await readSamples();
console.log(`${samples.length} pictures of FER+ dev in which a face was found\n`);

printPositions();
await printRow('as published', samples, ({ grey }) => Float32Array.from(grey, (value) => value / 255));
await printRow('aligned', samples, ({ grey, face }) => alignFace(frameOf(grey), face.keyPoints));

console.log('\nsmaller: eye distance');
for (const side of [36, 30, 24, 20, 16, 12]) {
  await printRow(((17.5 * side) / SIDE).toFixed(1), samples, ({ grey, face }) =>
    alignFace(frameOf(shrink(grey, side), side), moved(face, (at) => (at * side) / SIDE).keyPoints),
  );
}
console.log('\nblurred: sigma');
for (const sigma of [0.5, 0.75, 1, 1.25, 1.5, 2, 3]) {
  await printRow(String(sigma), samples, ({ grey, face }) => alignFace(frameOf(blur(grey, sigma)), face.keyPoints));
}
console.log('\ndarker, with sensor noise of 2 of 255: factor');
for (const factor of [1, 0.5, 0.3, 0.2, 0.15, 0.1]) {
  const noise = gaussian(7);
  await printRow(String(factor), samples, ({ grey, face }) =>
    alignFace(frameOf(Uint8ClampedArray.from(grey, (value) => value * factor + 2 * noise())), face.keyPoints),
  );
}
for (const side of ['left', 'top', 'bottom'] as const) {
  console.log(`\ncut off at the ${side}: share`);
  for (const share of [0.1, 0.15, 0.2, 0.25, 0.3, 0.4]) {
    await printRow(String(share), samples, ({ grey, face }) =>
      alignFace(frameOf(cutOff(grey, side, Math.round(share * SIDE))), face.keyPoints),
    );
  }
}
const measured = samples.map((sample) => ({
  sample,
  ...measureFace(sample.face, alignFace(frameOf(sample.grey), sample.face.keyPoints)),
}));
await printBins('|yaw|', [0, 10, 20, 30, 40, 50, 90], ({ yawDeg }) => Math.abs(yawDeg));
await printBins('pitch', [-60, -25, -20, -15, -10, 0, 10, 20, 35], ({ pitchDeg }) => pitchDeg);
await printBins('brightness', [0, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1], ({ brightness }) => brightness);

// ------------------------------------------------------------------------------------------------------- printing

function printPositions(): void {
  const middle = ({ rightEye, leftEye }: FaceKeyPoints): Point => {
    return { x: (rightEye.x + leftEye.x) / 2, y: (rightEye.y + leftEye.y) / 2 };
  };
  const points = samples.map(({ face }) => face.keyPoints);
  const between = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
  const rows = {
    "eyes' middle, x": points.map((each) => middle(each).x),
    "eyes' middle, y": points.map((each) => middle(each).y),
    'eye distance': points.map(({ rightEye, leftEye }) => between(rightEye, leftEye)),
    'eyes to mouth': points.map((each) => between(middle(each), each.mouth)),
  };
  for (const [name, values] of Object.entries(rows)) console.log(name.padEnd(18), quantiles(values));
  console.log();
}

async function printRow(name: string, of: readonly Sample[], crop: (sample: Sample) => Float32Array): Promise<void> {
  const crops = of.map(crop);
  const hits = await hitsOf(of, crops);
  const qualities = of.map(({ face }, i) => measureFace(face, crops[i] ?? new Float32Array()));
  const sharpness = qualities.map((quality) => quality.sharpness);
  const brightness = qualities.map((quality) => quality.brightness);
  console.log(
    `${name.padEnd(12)} top-1 ${share(hits)}  sharpness ${quantiles(sharpness)}  brightness ${quantiles(brightness)}`,
  );
}

async function printBins(
  name: string,
  edges: readonly number[],
  value: (each: (typeof measured)[number]) => number,
): Promise<void> {
  console.log(`\n${name} as measured`);
  for (const [i, low] of edges.slice(0, -1).entries()) {
    const high = edges[i + 1] ?? Infinity;
    const inside = measured.filter((each) => value(each) >= low && value(each) < high).map(({ sample }) => sample);
    const crops = inside.map(({ grey, face }) => alignFace(frameOf(grey), face.keyPoints));
    console.log(`${low}..${high}`.padEnd(12), `n ${inside.length}`.padEnd(8), share(await hitsOf(inside, crops)));
  }
}

/** The 5th, 50th and 95th percentile. */
function quantiles(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return [0.05, 0.5, 0.95].map((part) => (sorted[Math.floor(part * sorted.length)] ?? NaN).toFixed(2)).join(' / ');
}

function share(hits: readonly boolean[]): string {
  return (hits.filter(Boolean).length / hits.length).toFixed(3);
}

// -------------------------------------------------------------------------------------------------------- networks

async function readSamples(): Promise<Sample[]> {
  const dir = mkdtempSync(join(tmpdir(), 'face-limits-'));
  try {
    execFileSync('tar', ['-xf', join(folder, 'dev.tar'), '-C', dir]);
    const names = readdirSync(dir)
      .filter((name) => name.endsWith('.png'))
      .sort();
    const plain = decode(dir, 'null');
    const enlarged = decode(dir, `scale=${ENLARGED}:${ENLARGED}:flags=bicubic,pad=256:256:${MARGIN}:${MARGIN}:gray`);
    const labels = readLabels();
    const found: Sample[] = [];
    for (const [i, name] of names.entries()) {
      const label = labels.get(name.replace('.png', ''));
      if (label === undefined) continue;
      const face = await detect(enlarged.subarray(i * 256 * 256, (i + 1) * 256 * 256));
      if (face !== undefined) found.push({ grey: plain.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), label, face });
    }
    return found;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function decode(dir: string, filters: string): Uint8Array {
  const pictures = ['-pattern_type', 'glob', '-i', join(dir, '*.png')];
  const args = ['-v', 'error', ...pictures, '-vf', filters, '-f', 'rawvideo', '-pix_fmt', 'gray', '-'];
  return execFileSync('ffmpeg', args, { maxBuffer: 2 ** 30 });
}

/** The label most raters chose, for pictures with at least five votes. */
function readLabels(): ReadonlyMap<string, number> {
  const lines = readFileSync(join(folder, 'dev.jsonl'), 'utf8').trim().split('\n');
  return new Map(
    lines.flatMap((line) => {
      const { id, votes } = JSON.parse(line) as { id: string; votes: { face: Partial<Record<string, number>> } };
      const counts = LABELS.map((label) => votes.face[label] ?? 0);
      const total = counts.reduce((sum, count) => sum + count, 0);
      return total < 5 ? [] : [[id, counts.indexOf(Math.max(...counts))] as const];
    }),
  );
}

async function detect(grey: Uint8Array): Promise<FaceDetection | undefined> {
  const pixels = new Float32Array(256 * 256 * 3);
  const place = letterbox(frameOf(grey, 256), pixels);
  const { boxes, scores } = await detector.run({ pixels: new Tensor('float32', pixels, [1, 256, 256, 3]) });
  const [face] = decodeFaces(boxes?.data as Float32Array, scores?.data as Float32Array, place, { minScore: 0.3 });
  return face && moved(face, (at) => ((at - MARGIN) * SIDE) / ENLARGED);
}

async function hitsOf(of: readonly Sample[], crops: readonly Float32Array[]): Promise<boolean[]> {
  const hits: boolean[] = [];
  for (let first = 0; first < of.length; first += BATCH) {
    const batch = crops.slice(first, first + BATCH);
    const pixels = new Float32Array(batch.length * CROP_SIZE * CROP_SIZE);
    for (const [row, crop] of batch.entries()) pixels.set(crop, row * crop.length);
    const { logits } = await network.run({
      pixels: new Tensor('float32', pixels, [batch.length, 1, CROP_SIZE, CROP_SIZE]),
    });
    for (const row of batch.keys()) {
      const values = (logits?.data as Float32Array).subarray(row * LABELS.length, (row + 1) * LABELS.length);
      hits.push(values.indexOf(Math.max(...values)) === of[first + row]?.label);
    }
  }
  return hits;
}
