import { PerigeeError } from 'perigee';
import type { ErrorCode } from 'perigee';
import { messageOf } from './format.ts';

/** A fault as visitors read it, and as the SDK reports it. */
export interface Fault {
  readonly words: string;
  /** For who wants to know more: the code and the message of the SDK. */
  readonly detail: string;
  /** Whether the same may work a moment later. */
  readonly mayRetry: boolean;
  readonly code?: ErrorCode;
}

const WORDS: Partial<Readonly<Record<ErrorCode, string>>> = {
  NETWORK: 'A file could not be fetched. Check the network, and try again.',
  TIMEOUT: 'It took too long, and was stopped.',
  MODEL_NOT_FOUND: 'The model is not there.',
  WRONG_CONTENT: 'This is not a model that can be read, or the file is damaged.',
  UNSUPPORTED_MODEL: 'No engine here can run this kind of model.',
  UNSUPPORTED_OPERATOR: 'The model has an operator that cannot run here.',
  BACKEND_UNAVAILABLE: 'This browser or device does not offer it.',
  DEVICE_LOST: 'The graphics processor stopped. It may work when you try again.',
  OUT_OF_MEMORY: 'There is not enough memory for it.',
  INFERENCE_FAILED: 'The model failed while it ran. It may need other inputs.',
  INVALID_INPUT: 'The model does not take these inputs.',
  WORKER_CRASHED: 'The browser ended the worker. It may work when you try again.',
  INTEGRITY: 'The files are not those that were published, so they are not used.',
  UNTRUSTED: 'The signatures do not match, so nothing of it is used.',
  EXPIRED: 'The signatures are out of date, or the clock of this device is wrong.',
  GOLDEN_MISMATCH: 'The version did not give the expected answers here, so it is not used.',
  ROLLED_BACK: 'This device went back from that version, and does not take it again.',
  REVOKED: 'The publisher has withdrawn the version.',
  QUOTA: 'This device has no room for it.',
  STORAGE: 'The storage of this browser failed.',
};

const UNKNOWN = 'Something went wrong.';
/** Messages of Chromium, Firefox and WebKit when a file or a part of this page is not fetched. */
const UNREACHABLE =
  /Failed to fetch|NetworkError when|Load failed|dynamically imported module|Importing a module/i;

/** Says in a sentence what went wrong. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof PerigeeError)) {
    const detail = shortened(messageOf(error));
    const words = UNREACHABLE.test(detail) ? WORDS.NETWORK : undefined;
    return { words: words ?? UNKNOWN, detail, mayRetry: true };
  }
  const { code, message, retryable } = error;
  return {
    words: WORDS[code] ?? UNKNOWN,
    detail: `${code}: ${shortened(message)}`,
    mayRetry: retryable,
    code,
  };
}

/** Without host names, which are those of this site, and with short digests. */
function shortened(message: string): string {
  return message
    .replaceAll(/https?:\/\/[^/\s]+/g, '')
    .replaceAll(/([0-9a-f]{8})[0-9a-f]{56}/g, '$1…');
}
