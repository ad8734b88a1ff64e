/** Files that blocks of code import. */
declare module '*.json' {
  const value: object;
  export default value;
}
declare module '*.onnx' {
  const url: string;
  export default url;
}

/** Tools of set-ups that are installed in their example only. `npm run examples` runs them. */
declare module 'vite-plugin-pwa' {
  export function VitePWA(options: object): unknown;
}
declare module 'workbox-build' {
  export function injectManifest(options: object): Promise<unknown>;
}
