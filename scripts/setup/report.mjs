/** How often a terminal's line is drawn anew, and how often a log gets a line while a step runs. */
const REPAINT_MS = 120;
const LOG_EVERY_MS = 30_000;
const SPINNER = ['|', '/', '-', '\\'];

/**
 * @callback Progress  Says how far a step is.
 * @param {number | undefined} fraction  0 to 1, or undefined where it cannot be known
 * @param {string} [detail]  a few words on what is going on
 * @returns {void}
 */

/**
 * @typedef {object} Report
 * @property {<T>(doing: string, done: string | ((result: T) => string), work: (progress: Progress) => Promise<T>) => Promise<T>} step
 *   Runs `work` under one line that says `doing`, and leaves one line that says `done` and how long it took.
 * @property {(line: string) => void} note  Leaves a line.
 */

/**
 * Reports steps on a stream: one living line on a terminal, plain lines without control characters elsewhere.
 * @param {{ stream: NodeJS.WriteStream | NodeJS.WritableStream, living: boolean }} options
 * @returns {Report}
 */
export function createReport({ stream, living }) {
  /** @param {string} line */
  const note = (line) => void stream.write(`${line}\n`);

  return {
    note,
    async step(doing, done, work) {
      const startedAt = Date.now();
      const elapsed = () => duration(Date.now() - startedAt);
      let state = '';
      /** @type {Progress} */
      const progress = (fraction, detail) => {
        const percent = fraction === undefined ? '' : `  ${Math.floor(fraction * 100)} %`;
        state = `${percent}${detail === undefined ? '' : `  ${detail}`}`;
      };
      let frame = 0;
      const draw = living
        ? () => {
            const line = `${SPINNER[frame++ % SPINNER.length]} ${doing}${state}  ${elapsed()}`;
            stream.write(`\r\x1b[2K${line.slice(0, width(stream) - 1)}`);
          }
        : () => note(`  ${doing}:${state}  ${elapsed()}`);
      if (living) draw();
      else note(`${doing} ...`);
      const timer = setInterval(draw, living ? REPAINT_MS : LOG_EVERY_MS);
      try {
        const result = await work(progress);
        if (living) stream.write('\r\x1b[2K');
        note(`${typeof done === 'string' ? done : done(result)} (${elapsed()})`);
        return result;
      } catch (error) {
        if (living) stream.write('\r\x1b[2K');
        note(`${doing}: stopped after ${elapsed()}`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

/** @param {NodeJS.WriteStream | NodeJS.WritableStream} stream */
function width(stream) {
  return 'columns' in stream && stream.columns > 0 ? stream.columns : 80;
}

/**
 * A duration for people: `0.4 s`, `12 s`, `8 min 3 s`.
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
