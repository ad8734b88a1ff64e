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
/** Not installed: the declarations are those of its README. */
declare module '@huggingface/tokenizers' {
  export class Tokenizer {
    constructor(tokenizer: object, config: object);
    encode(text: string): {
      readonly ids: number[];
      readonly tokens: string[];
      readonly attention_mask: number[];
    };
  }
}
declare module 'workbox-build' {
  export function injectManifest(options: object): Promise<unknown>;
}
