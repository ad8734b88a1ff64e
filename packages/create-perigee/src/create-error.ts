/** A failure that is shown to the person as one sentence, without a stack. */
export class CreateError extends Error {
  /** 1: it could not be done. 2: the command was called wrongly. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
