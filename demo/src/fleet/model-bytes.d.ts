/** The size of an update, from `demo/model-bytes.ts`. */
declare module 'virtual:model-bytes' {
  const bytes: { readonly full: number; readonly delta: number };
  export default bytes;
}
