/** `undertone doctor`: looks at everything that the server needs, and names what mends what does not work. */
import { readSettings } from '../config.ts';
import { asUndertoneError } from '../errors.ts';
import type { Command, Invocation } from './command.ts';
import { fault, type Finding } from './doctor/finding.ts';
import { checkKeys, checkNode, checkPack, checkStore } from './doctor/keeping.ts';
import { checkFfmpeg, checkWorker } from './doctor/media.ts';
import { checkAnnounced, checkPorts } from './doctor/network.ts';
import { checkProviders } from './doctor/providers.ts';

/** `undertone doctor`. */
export const doctor: Command = {
  usage: 'doctor',
  about: [
    'Looks at what the server needs, with the settings that it would have: Node.js, secret and clip key, the pack and its encoders, the store,',
    'ffmpeg, the WebRTC worker, ports, the announced address, and a small network on each provider, with who really ran it.',
    'Each is ok, a warning or a fault, with what mends it. Ends with 1 where there is a fault.',
  ],
  options: { json: { help: 'print one JSON object' } },
  arguments: 0,
  async run({ env, has }: Invocation) {
    const findings = await examine(env);
    process.stdout.write(has('json') ? `${JSON.stringify({ findings })}\n` : lines(findings));
    return findings.some(({ state }) => state === 'fault') ? 1 : 0;
  },
};

async function examine(env: Invocation['env']): Promise<readonly Finding[]> {
  try {
    const settings = readSettings(env);
    return [
      checkNode(),
      ...checkKeys(settings),
      ...(await checkPack(settings)),
      await checkStore(settings),
      await checkFfmpeg(settings),
      await checkWorker(settings),
      ...(await checkPorts(settings)),
      await checkAnnounced(settings),
      ...(await checkProviders(settings)),
    ];
  } catch (thrown) {
    const problems = asUndertoneError(thrown).message.split('\n');
    return [
      checkNode(),
      ...problems.map((problem) => fault('settings', problem, 'README.md has the table of settings')),
    ];
  }
}

const SHOWN = { ok: 'ok', unused: '-', warning: 'warning', fault: 'FAULT' } as const;

function lines(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const rows = findings.flatMap(({ name, state, found, remedy }) => [
    `${SHOWN[state].padEnd(7)}  ${name.padEnd(width)}  ${found}`,
    ...(remedy === null ? [] : [`${' '.repeat(width + 11)}-> ${remedy}`]),
  ]);
  const count = (state: Finding['state']) => findings.filter((each) => each.state === state).length;
  return `${rows.join('\n')}\n\n${count('fault')} faults, ${count('warning')} warnings\n`;
}
