import { chromium } from './chromium.mjs';
import { dashboard } from './dashboard.mjs';
import { dependencies } from './dependencies.mjs';
import { ffmpeg } from './ffmpeg.mjs';
import { node } from './node.mjs';
import { worker } from './worker.mjs';

/** @typedef {import('./context.mjs').Setup} Setup */

/**
 * Everything that the server needs. Each step looks first and does nothing when its work is done already.
 * @param {Setup} setup
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>} the Node to run it with, and the environment
 * @throws {import('./failure.mjs').SetupError}
 */
export async function setUpServer(setup) {
  await dependencies(setup);
  const nodeBin = node(setup);
  const ffmpegBin = await ffmpeg(setup);
  const workerBin = await worker(setup);
  await dashboard(setup, nodeBin);
  return { node: nodeBin, env: { ...setup.env, UNDERTONE_FFMPEG: ffmpegBin, UNDERTONE_WORKER_BIN: workerBin } };
}

/**
 * Everything that the tests need.
 * @param {Setup} setup
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>}
 * @throws {import('./failure.mjs').SetupError}
 */
export async function setUpTests(setup) {
  const server = await setUpServer(setup);
  const chromiumBin = await chromium(setup);
  return { node: server.node, env: { ...server.env, UNDERTONE_CHROMIUM: chromiumBin } };
}
