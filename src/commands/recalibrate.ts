import { loadPack } from '../../models/pack.ts';
import { readSettings } from '../config.ts';
import type { Recalibration } from '../core/review/recalibrate.ts';
import { UndertoneError } from '../errors.ts';
import { systemClock } from '../io/clock.ts';
import { recalibrateFrom } from '../io/review-loop.ts';
import type { Command, Invocation } from './command.ts';
import { hereOrInProject } from './project.ts';
import { proposeOnServer } from './recalibrate-server.ts';
import { recalibrationLines } from './recalibration-output.ts';
import { shareGiven } from './reject-options.ts';
import { wholeNumber } from './scoring-options.ts';
import { commandActor, STORE_OPTION, withStore } from './store-options.ts';

/** `undertone recalibrate`. */
export const recalibrateCommand: Command = {
  usage: 'recalibrate',
  about: [
    "Fits a calibration on reviewers' answers, on top of a pack's own, and tells what it would change: before and after,",
    'judged on participants that it was not fitted on, weighed so that it holds of all segments (docs/review.md).',
    'Refuses, and says why, where answers are too few or it would get worse. With --propose the proposal is put on record,',
    'to be approved on the admin page; nothing is changed live. While a server has the embedded store open, the server does it:',
    'recalibrate --propose --server http://127.0.0.1:8080.',
  ],
  options: {
    ...STORE_OPTION,
    pack: { value: 'DIR', help: 'folder of the model pack (default: UNDERTONE_PACK)' },
    room: { value: 'ROOM', help: 'answers of this room alone, or of several with commas (default: all)' },
    risk: { value: 'SHARE', help: "of what is accepted may be wrong (default: what the pack's rule promises, or 0.1)" },
    seed: { value: 'N', help: 'of folds and intervals (default: 1)' },
    propose: { help: 'put the proposal on record' },
    server: {
      value: 'URL',
      help: 'let this server do it, on all its answers; for one of this machine a token is made',
    },
    token: {
      value: 'TOKEN',
      help: "an admin's, for --server; other users of this machine can see it, unlike UNDERTONE_TOKEN",
    },
    json: { help: 'print the report as one JSON object' },
  },
  arguments: 0,
  run,
};

/** @returns 0 where something is proposed or would be; 1 where it is refused. */
async function run(invocation: Invocation): Promise<number> {
  const server = invocation.text('server');
  if (server !== undefined) {
    await proposeOnServer(server, invocation);
    return 0;
  }
  const { calibration, report, proposed } = await recalibrateStore(invocation);
  process.stdout.write(
    invocation.has('json')
      ? `${JSON.stringify({ proposed, calibration, report })}\n`
      : recalibrationLines(report, proposed ? (calibration?.id ?? null) : null),
  );
  return calibration === null ? 1 : 0;
}

async function recalibrateStore({
  text,
  has,
  env,
}: Invocation): Promise<Recalibration & { readonly proposed: boolean }> {
  if (text('token') !== undefined) throw new UndertoneError('config-invalid', '--token is for --server');
  const dir = text('pack') ?? readSettings(env).UNDERTONE_PACK;
  const { pack } = await loadPack(hereOrInProject(dir));
  const rooms = text('room')?.split(',') ?? null;
  const risk = shareGiven(text, 'risk');
  const seed = wholeNumber(text, 'seed', 0) ?? 1;
  return withStore({ text, env }, async (store) => {
    const deps = { store, pack: `${pack.name}@${pack.version}`, decision: pack.decision, clock: systemClock() };
    const found = await recalibrateFrom(deps, { rooms, seed, ...(risk !== undefined && { risk }) });
    const record = found.calibration && { calibration: found.calibration, report: { ...found.report } };
    if (record !== null && has('propose')) await store.calibrations.propose(record, commandActor('recalibrate'));
    return { ...found, proposed: record !== null && has('propose') };
  });
}
