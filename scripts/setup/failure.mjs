/** Something that set-up cannot mend by itself: what is missing, and what the reader can do about it. */
export class SetupError extends Error {
  /**
   * @param {string} what  one sentence that names the missing thing
   * @param {string} remedy  what to type or change
   * @param {readonly string[]} [output]  the last lines that the failing program printed
   */
  constructor(what, remedy, output = []) {
    super(what);
    this.name = 'SetupError';
    this.remedy = remedy;
    this.output = output;
  }

  /** As it is printed: the tail of the output, the sentence, the remedy. */
  get report() {
    const tail = this.output.slice(-15).map((line) => `    ${line}`);
    return [...tail, this.message, `  ${this.remedy.replaceAll('\n', '\n  ')}`].join('\n');
  }
}

/** Ctrl-C, or a request to end: not a failure, and every step can go on from here. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}
