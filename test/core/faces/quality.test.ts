import { beforeAll, describe, expect, it } from 'vitest';
import { measureFace, poorFace } from '../../../src/core/faces/quality.ts';
import type { FaceDetection, FaceKeyPoints, Point, VideoFrame } from '../../../src/domain.ts';
import { openFaceNetworks } from '../../fixtures/face-networks.ts';
import type { SeenFace } from '../../fixtures/face-networks.ts';
import { ASTRONAUT_FACE, astronautFrame } from '../../fixtures/pictures.ts';

let look: (frame: VideoFrame) => Promise<readonly SeenFace[]>;
beforeAll(async () => {
  look = await openFaceNetworks();
});

/** The astronaut in a webcam's 640 x 480: scaled, the face's middle at `x`, `y`, the whole frame turned. */
function webcam({ scale = 1, x = 320, y = 240, rollDeg = 0, then = 'null' }): VideoFrame {
  const size = Math.round(512 * scale);
  const left = 1600 + Math.round(ASTRONAUT_FACE.x * scale) - x;
  const top = 1600 + Math.round(ASTRONAUT_FACE.y * scale) - y;
  const room = size + 3200;
  const filters = [
    `scale=${size}:${size}:flags=area`,
    `pad=${room}:${room}:1600:1600:color=gray`,
    `crop=640:480:${left}:${top}`,
    `rotate=${rollDeg}*PI/180:c=gray`,
    then,
  ];
  return astronautFrame(640, 480, filters.join(','));
}

describe('a smiling face', () => {
  it.each([0.45, 0.6, 1, 1.5, 2, 2.75])('is seen as happiness at %s times its size', async (scale) => {
    const [face, ...others] = await look(webcam({ scale }));
    expect(others).toEqual([]);
    expect(face?.poor).toBeNull();
    expect(face?.shares.happiness).toBeGreaterThan(0.9);
    // Its eyes are 45 pixels apart in the picture; on small faces the detector is coarse.
    expect(face?.quality.eyeDistancePx).toBeGreaterThan(45 * scale * 0.75);
    expect(face?.quality.eyeDistancePx).toBeLessThan(45 * scale * 1.25);
  });

  it.each([
    [120, 140],
    [520, 140],
    [180, 380],
    [500, 360],
  ])('is seen as happiness at %s, %s', async (x, y) => {
    const [face] = await look(webcam({ x, y }));
    expect(face?.poor).toBeNull();
    expect(face?.shares.happiness).toBeGreaterThan(0.9);
    const { rightEye, leftEye } = face?.detection.keyPoints ?? {};
    expect(Math.abs(((rightEye?.x ?? NaN) + (leftEye?.x ?? NaN)) / 2 - x)).toBeLessThan(12);
  });

  it.each([-20, -10, 10, 20])('is seen as happiness when tilted by %s degrees', async (rollDeg) => {
    const [upright] = await look(webcam({}));
    const [face] = await look(webcam({ rollDeg }));
    expect(face?.poor).toBeNull();
    expect(face?.shares.happiness).toBeGreaterThan(0.9);
    const turned = (face?.quality.rollDeg ?? NaN) - (upright?.quality.rollDeg ?? NaN);
    expect(Math.abs(turned - rollDeg)).toBeLessThan(5);
  });

  it('faces the camera: little yaw and pitch', async () => {
    const [face] = await look(webcam({}));
    expect(Math.abs(face?.quality.yawDeg ?? NaN)).toBeLessThan(8);
    expect(Math.abs(face?.quality.pitchDeg ?? NaN)).toBeLessThan(10);
  });
});

describe('a face too poor to judge', () => {
  it.each([
    ['small', { scale: 0.3 }],
    ['blurred', { then: 'gblur=sigma=8' }],
    ['dark', { then: 'lutyuv=y=16+(val-16)*0.1' }],
    ['cut-off', { y: 15 }],
    ['cut-off', { x: 20 }],
    ['cut-off', { y: 450 }],
  ] as const)('is %s', async (cause, degraded) => {
    const [face] = await look(webcam(degraded));
    expect(face?.poor).toBe(cause);
  });

  it('is a face that turns away, to either side, or looks down', () => {
    expect(poorWhen(head({ yawDeg: 55 }))).toBe('turned');
    expect(poorWhen(head({ yawDeg: -55 }))).toBe('turned');
    expect(poorWhen(head({ pitchDeg: -30 }))).toBe('turned');
    expect(poorWhen(head({ pitchDeg: 25 }))).toBeNull();
    expect(poorWhen(head({ yawDeg: 30 }))).toBeNull();
  });

  it('is one of which nothing can be measured', () => {
    const nowhere = { x: NaN, y: NaN };
    const keyPoints = { ...head({}), leftEye: nowhere, mouth: nowhere };
    expect(poorWhen(keyPoints)).toBe('small');
  });
});

describe('no face', () => {
  it.each(['black', 'gray', 'white', '0xc09080'])('is seen when it is covered in %s', async (color) => {
    expect(await look(webcam({ then: `drawbox=x=250:y=160:w=140:h=170:color=${color}:t=fill` }))).toEqual([]);
  });

  it('is seen in noise or in a fractal', async () => {
    for (const filters of ['geq=lum=random(1)*255:cb=128:cr=128', 'geq=lum=128+100*sin(X*Y/500):cb=128:cr=128']) {
      expect(await look(astronautFrame(512, 512, filters))).toEqual([]);
    }
  });
});

describe('measureFace', () => {
  it.each([-40, -20, 0, 20, 40])('measures a yaw of %s degrees, whatever the tilt', (yawDeg) => {
    for (const rollDeg of [-30, 0, 30]) {
      const quality = measureFace(detection(head({ yawDeg, rollDeg })), TEXTURE);
      expect(quality.yawDeg).toBeCloseTo(yawDeg, 5);
      expect(quality.rollDeg).toBeCloseTo(rollDeg, 5);
    }
  });

  it.each([-25, 0, 25])('measures a pitch of about %s degrees', (pitchDeg) => {
    expect(Math.abs(measureFace(detection(head({ pitchDeg })), TEXTURE).pitchDeg - pitchDeg)).toBeLessThan(4);
  });

  it('turns its sign when the face is mirrored', () => {
    const face = head({ yawDeg: 25, pitchDeg: 10, rollDeg: 15 });
    const mirror = ({ x, y }: Point): Point => ({ x: 640 - x, y });
    const mirrored = {
      rightEye: mirror(face.leftEye),
      leftEye: mirror(face.rightEye),
      nose: mirror(face.nose),
      mouth: mirror(face.mouth),
      rightEar: mirror(face.leftEar),
      leftEar: mirror(face.rightEar),
    };
    const [a, b] = [measureFace(detection(face), TEXTURE), measureFace(detection(mirrored), TEXTURE)];
    expect(b.yawDeg).toBeCloseTo(-a.yawDeg, 9);
    expect(b.rollDeg).toBeCloseTo(-a.rollDeg, 9);
    expect(b.pitchDeg).toBeCloseTo(a.pitchDeg, 9);
  });

  it('measures sharpness and brightness of the crop', () => {
    const plain = measureFace(detection(head({})), new Float32Array(48 * 48).fill(0.25));
    expect(plain.sharpness).toBeCloseTo(0, 9);
    expect(plain.brightness).toBeCloseTo(0.25, 9);
    // A chequerboard of 0 and 1 has Laplacians of +4 and -4: variance 16.
    const board = Float32Array.from({ length: 48 * 48 }, (_, i) => (i + Math.floor(i / 48)) % 2);
    expect(measureFace(detection(head({})), board).sharpness).toBeCloseTo(16_000, 6);
  });
});

const TEXTURE = Float32Array.from({ length: 48 * 48 }, (_, i) => 0.5 + 0.3 * Math.sin(i * 1.7));
const FRAME: VideoFrame = { width: 640, height: 480, data: new Uint8Array(), fullRange: true, captureMs: 0 };

/** Key points of a simple head, ears 100 apart and a nose 80 in front of them, projected after turning. */
function head({ yawDeg = 0, pitchDeg = 0, rollDeg = 0 }): FaceKeyPoints {
  const [yaw, pitch, roll] = [yawDeg, pitchDeg, rollDeg].map((deg) => (deg * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  const project = (right: number, down: number, forward: number): Point => {
    const aside = right * Math.cos(yaw) + forward * Math.sin(yaw);
    const ahead = forward * Math.cos(yaw) - right * Math.sin(yaw);
    const drop = down * Math.cos(pitch) - ahead * Math.sin(pitch);
    return {
      x: 320 + aside * Math.cos(roll) - drop * Math.sin(roll),
      y: 240 + aside * Math.sin(roll) + drop * Math.cos(roll),
    };
  };
  return {
    rightEye: project(-27, -10, 60),
    leftEye: project(27, -10, 60),
    nose: project(0, 20, 80),
    mouth: project(0, 48, 60),
    rightEar: project(-50, 0, 0),
    leftEar: project(50, 0, 0),
  };
}

function detection(keyPoints: FaceKeyPoints): FaceDetection {
  return { box: { x: 260, y: 180, width: 120, height: 140 }, keyPoints, score: 0.9 };
}

function poorWhen(keyPoints: FaceKeyPoints): string | null {
  const face = detection(keyPoints);
  return poorFace(measureFace(face, TEXTURE), face, FRAME);
}
