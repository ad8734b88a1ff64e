import { openChromium, openFirefox } from './drivers/puppeteer.mjs';
import { openWebKit } from './drivers/webkit.mjs';

/** @typedef {import('./types.d.ts').Engine} Engine */

/** The groups of rows that change with settings of WebGPU and of shared memory. */
const GROUPS = ['Backends', 'Doctor'];

/**
 * The engines with their settings, in the order of the table.
 * @type {readonly Engine[]}
 */
export const ENGINES = [
  {
    name: 'Chromium',
    settings: '',
    isAlsoPlain: true,
    isInSlice: false,
    open: (options) => openChromium(options),
  },
  {
    name: 'Chromium',
    settings: 'WebGPU on SwiftShader',
    groups: GROUPS,
    isAlsoPlain: true,
    isInSlice: false,
    open: (options) => openChromium({ ...options, webgpu: true }),
  },
  {
    name: 'Firefox',
    settings: '',
    isAlsoPlain: true,
    isInSlice: false,
    open: (options) => openFirefox(options),
  },
  {
    name: 'Firefox',
    settings: 'WebGPU by preferences',
    groups: GROUPS,
    isAlsoPlain: true,
    isInSlice: true,
    open: (options) => openFirefox({ ...options, webgpu: true }),
  },
  {
    name: 'WebKitGTK',
    settings: '',
    isAlsoPlain: true,
    isInSlice: true,
    open: (options) => openWebKit(options),
  },
  {
    name: 'WebKitGTK',
    settings: 'SharedArrayBuffer switched on',
    groups: GROUPS,
    isAlsoPlain: false,
    isInSlice: false,
    open: (options) => openWebKit({ ...options, sharedMemory: true }),
  },
];
