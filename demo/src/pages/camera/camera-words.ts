import { faultOf } from '../../visitor-words.ts';
import type { Fault } from '../../visitor-words.ts';

const WORDS: Readonly<Record<string, string>> = {
  NotAllowedError:
    'The camera is not allowed on this page. Allow it beside the address, or play the sample clip.',
  NotFoundError: 'No camera was found. Play the sample clip instead.',
  OverconstrainedError: 'This camera has no fitting picture. Play the sample clip instead.',
  NotReadableError: 'The camera was unplugged, or another program uses it. Try again.',
  AbortError: 'The camera stopped before it began. Try again.',
  SecurityError:
    'Browsers give the camera to secure pages (https) only. The sample clip works here.',
};

/** Says why there are no pictures. */
export function cameraFault(error: unknown): Fault {
  const words = error instanceof DOMException ? WORDS[error.name] : undefined;
  return words === undefined ? faultOf(error) : { words, detail: String(error), mayRetry: true };
}
