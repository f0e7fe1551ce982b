/** The product as people run it: its own process, and real browsers before it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { monitor } from '../../clients/monitor.ts';
import type { Monitor, MonitorEvent } from '../../clients/monitor.ts';
import type { VerdictMessage } from '../../src/protocol.ts';
import type { Clip } from './clips.ts';

const WORKER_BIN = process.env['UNDERTONE_WORKER_BIN'] ?? '/nowhere';
const CHROMIUM = process.env['UNDERTONE_CHROMIUM'] ?? '/usr/bin/chromium';

/** What these tests need; `npm test` provides it. */
export const MISSING = [
  ...(existsSync(WORKER_BIN) ? [] : ['UNDERTONE_WORKER_BIN']),
  ...(existsSync(CHROMIUM) ? [] : ['Chromium']),
  ...(existsSync('dist/clients') ? [] : ['dist/clients (npm run build)']),
];

/** A server in a process of its own. */
export interface Undertone {
  readonly url: string;
  readonly token: string;
  readonly webSocketUrl: string;
  readonly webRtcPort: number;
  metric(name: string): Promise<number>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Start `undertone serve` on loopback and wait until it says where it is. */
export async function startUndertone(settings: Readonly<Record<string, string>> = {}): Promise<Undertone> {
  const folder = await mkdtemp(join(tmpdir(), 'undertone-e2e-'));
  const webRtcPort = await freePort();
  const child = spawn(process.execPath, ['src/main.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      UNDERTONE_DATA_DIR: folder,
      UNDERTONE_PORT: '0',
      UNDERTONE_WEBRTC_PORT: webRtcPort.toString(),
      UNDERTONE_WEBRTC_WORKERS: '1',
      UNDERTONE_LOG: 'error',
      ...settings,
    },
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let url = '';
  let token = '';
  for await (const line of createInterface(child.stdout)) {
    url = /ready at (\S+)/.exec(line)?.[1] ?? url;
    token = /Token +(\S+)/.exec(line)?.[1] ?? token;
    if (url !== '' && token !== '') break;
  }
  if (token === '') throw new Error(`the server did not start: exit code ${String((await exited)[0])}`);
  return {
    url,
    token,
    webSocketUrl: `${url.replace('http', 'ws')}/ws`,
    webRtcPort,
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** A TCP port that is free now. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** A browser; with a clip, one whose camera and microphone are that clip. */
export function openBrowser(clip?: Clip): Promise<Browser> {
  const devices =
    clip === undefined
      ? []
      : [
          '--use-fake-ui-for-media-stream',
          '--use-fake-device-for-media-stream',
          `--use-file-for-fake-video-capture=${clip.video}`,
          `--use-file-for-fake-audio-capture=${clip.audio}`,
        ];
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...devices] });
}

/** Join with camera and microphone, as a person would. */
export async function joinWithCamera(browser: Browser, server: Undertone, name: string, role: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${server.url}/join?room=lobby#token=${server.token}`);
  await page.getByLabel(/Your name/).fill(name);
  await page.getByLabel(/Your part/).selectOption(role);
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Join with camera' }).click();
  await page.getByRole('heading', { name: 'You are being analysed' }).waitFor();
  return page;
}

/** A viewer in this process, and every verdict it heard, by the participant's name. */
export function watch(server: Undertone, url = server.webSocketUrl) {
  const view: Monitor = monitor({ url, token: server.token, room: 'lobby' });
  const events: MonitorEvent[] = [];
  view.on((event) => events.push(event));
  const verdicts = (name: string): VerdictMessage[] => {
    const ids = [...view.state.participants.values()].filter((each) => each.name === name).map(({ id }) => id);
    return events.flatMap((event) =>
      event.type === 'event' && event.event.kind === 'verdict' && ids.includes(event.event.participant)
        ? [event.event]
        : [],
    );
  };
  return { view, events, verdicts };
}
