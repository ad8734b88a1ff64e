import { nodeResolve } from '@rollup/plugin-node-resolve';
import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets';

export default {
  input: 'src/main.js',
  output: { dir: 'dist' },
  // The second plugin copies the workers and wasm files that perigee names.
  plugins: [nodeResolve({ browser: true }), importMetaAssets()],
};
