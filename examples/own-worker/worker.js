import { check } from './src/check.js';

check().then((answers) => postMessage(answers));
