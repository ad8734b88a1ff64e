/**
 * A class of the platform by its name. It is `never` where the app's TypeScript does not know the
 * class, as in Node projects without `lib: ["DOM"]`, so that the declarations compile there too.
 */
export type PlatformClass<Name extends string> = typeof globalThis extends {
  readonly [K in Name]: { readonly prototype: infer Instance };
}
  ? Instance
  : never;

export type PlatformPort = PlatformClass<'MessagePort'>;

/** `RequestCredentials` of the DOM. */
export type Credentials = 'omit' | 'same-origin' | 'include';
