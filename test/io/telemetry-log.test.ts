import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { UndertoneError } from '../../src/errors.ts';
import { createLog } from '../../src/io/telemetry-log.ts';
import type { LogOptions } from '../../src/io/telemetry-log.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoidmlld2VyIn0.c2lnbmF0dXJl';

function record(options: LogOptions = {}, level: Parameters<typeof createLog>[0] = 'info') {
  const lines: string[] = [];
  const log = createLog(level, { stream: { write: (line) => lines.push(line) }, pretty: false, ...options });
  return { log, lines, only: () => JSON.parse(lines[0] ?? '') as Record<string, unknown> };
}

test('writes one JSON object a line', () => {
  const { log, lines, only } = record();
  log.info({ room: 'lobby', participants: 3 }, 'room opened');
  expect(only()).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    room: 'lobby',
    participants: 3,
    msg: 'room opened',
  });
  expect(lines[0]).toMatch(/^[^\n]*\n$/);
});

test('writes nothing below its level', () => {
  const { log, lines } = record({}, 'error');
  log.info({}, 'a');
  log.warn({}, 'b');
  expect(lines).toEqual([]);
  log.error({}, 'c');
  expect(lines).toHaveLength(1);
  const silent = record({}, 'silent');
  silent.log.error({}, 'd');
  expect(silent.lines).toEqual([]);
});

test('no secret reaches the log, whatever it hides in', () => {
  const { log, lines, only } = record();
  const error = new UndertoneError('unauthenticated', `cannot verify ${JWT}`, { cause: new Error(`Bearer ${JWT}`) });
  log.warn(
    {
      token: 'hidden-1',
      headers: { Authorization: 'hidden-2', cookie: ['hidden-3'] },
      UNDERTONE_SECRET: 'hidden-4',
      resumeKey: 'hidden-5',
      url: 'rtsp://me:hidden-6@camera/1',
      page: 'http://127.0.0.1:8080/#token=hidden-7',
      list: [{ deep: `Bearer hidden-8` }],
      error,
      tokens: 2,
    },
    `refused ${JWT}`,
  );
  expect(lines[0]).not.toMatch(/hidden|eyJ/);
  expect(only()).toMatchObject({ url: 'rtsp://[redacted]@camera/1', tokens: 2, error: { code: 'unauthenticated' } });
});

test('a secret that is cut off at the end of a long text is still recognised', () => {
  const { log, lines } = record();
  for (let pad = 940; pad < 1005; pad++) log.info({ text: `${'x '.repeat(pad / 2)} ${JWT}` }, 'long');
  expect(lines.join('')).not.toContain('eyJhb');
});

test('media never reaches the log, only its size', () => {
  const { log, only } = record();
  log.info({ samples: new Float32Array(480), packet: Buffer.from('media'), raw: new ArrayBuffer(3) }, 'heard');
  expect(only()).toMatchObject({ samples: '[1920 bytes]', packet: '[5 bytes]', raw: '[3 bytes]' });
});

test('what is too long, too deep or goes in circles is cut off', () => {
  const { log, lines, only } = record();
  const circle: Record<string, unknown> = { list: Array.from({ length: 1000 }, (_, n) => n), text: 'x'.repeat(1e6) };
  circle['self'] = circle;
  log.info(circle, 'round');
  expect(lines[0]?.length).toBeLessThan(20_000);
  expect(only()['text']).toBe(`${'x'.repeat(1000)}... (1000000 characters)`);
});

test('an error keeps its code, message, place and cause', () => {
  const { log, only } = record();
  const cause = Object.assign(new Error('address in use'), { code: 'EADDRINUSE' });
  log.error({ error: new UndertoneError('port-in-use', 'port 8080 is taken', { cause }) }, 'cannot start');
  expect(only()['error']).toMatchObject({
    name: 'UndertoneError',
    code: 'port-in-use',
    message: 'port 8080 is taken',
    at: expect.stringContaining('telemetry-log.test.ts') as string,
    cause: { code: 'EADDRINUSE', message: 'address in use' },
  });
});

test('on a terminal a line is for people, and stays one line whatever a client called itself', () => {
  const { log, lines } = record({ pretty: true });
  log.warn({ room: 'lobby', name: 'Ada\n\u001b[31mred', delayMs: 12 }, 'slow\nsubscriber \u001b[2Jwiped');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} warn {2}slow subscriber wiped room=lobby name="Ada\\n\\u001b\[31mred" delayMs=12\n$/,
  );
});

test('on stderr the last line is written also when the process ends at once', () => {
  const script = `import { createLog } from './src/io/telemetry-log.ts';
    createLog('info').error({ port: 8080 }, 'going down');
    process.exit(3);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  expect([status, stdout.toString()]).toEqual([3, '']);
  expect(JSON.parse(stderr.toString())).toMatchObject({ level: 'error', port: 8080, msg: 'going down' });
});
