import { proxy, transfer } from 'comlink';
import { codeOf, PerigeeError } from '../error.ts';
import {
  compiled,
  openOptions,
  openWorker,
  requestToWire,
  settingsOf,
  startWorker,
} from './backends/open-worker.ts';
import { unpackError } from '../rpc/error-handler.ts';
import { checkOptions } from './loading/check-options.ts';
import { createProgress } from './loading/progress.ts';
import { openInRoom } from './make-room.ts';
import { switchTo } from './model-state.ts';
import { openLocal, openStored, openVersion, requestFor } from './versions/open-version.ts';

/**
 * Code of the main bundle for modules that are imported later, when a call needs them. They receive
 * this object and import only its type. If they imported the code itself, bundlers would cut the
 * main bundle into pieces that all load at start: with esbuild 7 files, 2 KB larger after gzip.
 */
export const MAIN_BUNDLE = {
  PerigeeError,
  checkOptions,
  codeOf,
  compiled,
  createProgress,
  openInRoom,
  openLocal,
  openOptions,
  openStored,
  openVersion,
  openWorker,
  proxy,
  requestFor,
  requestToWire,
  settingsOf,
  startWorker,
  switchTo,
  transfer,
  unpackError,
} as const;

export type MainBundle = typeof MAIN_BUNDLE;
