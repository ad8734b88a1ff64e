import { blocking } from './blocking.mjs';
import { carry } from './carry.mjs';
import { concurrency } from './concurrency.mjs';
import { convolutions } from './convolutions.mjs';
import { gpu } from './gpu.mjs';
import { image } from './image.mjs';
import { install } from '../../delivery/install.mjs';
import { large } from './large.mjs';
import { latency } from './latency.mjs';
import { memory } from './memory.mjs';
import { network } from './network.mjs';
import { node } from './node.mjs';
import { opening } from './opening.mjs';
import { pack } from '../../delivery/pack.mjs';
import { quantised } from './quantised.mjs';
import { sessions } from './sessions.mjs';
import { starts } from './starts.mjs';
import { stored } from './stored.mjs';
import { tabular } from './tabular.mjs';
import { wire } from './wire.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../../report/types.d.ts').Section<object, Context>} Section */

/**
 * The sections in the order of the report. A section has name (for --only), title, note,
 * run(context) → { figures }, table(figures) → rows with a head, and perhaps plot(figures).
 * @type {readonly Section[]}
 */
export const SECTIONS = [
  latency,
  concurrency,
  carry,
  blocking,
  starts,
  network,
  tabular,
  convolutions,
  stored,
  sessions,
  image,
  memory,
  install,
  opening,
  large,
  pack,
  wire,
  node,
  quantised,
  gpu,
];
