import type { Signature } from '../manifest/signature.ts';
import { declareModel } from './declare-model.ts';
import type { TypedManifest } from './declare-model.ts';
import { memberName } from './type-text.ts';

/** The members of an interface in the file are indented by this. */
const INDENT = '    ';

/**
 * A model's types, with the references that have them. The version is left out, so that a new
 * version with the same types does not change the file.
 */
export interface TypedModel {
  readonly refs: readonly string[];
  readonly manifest: TypedManifest;
}

/** A model file, by the text that the app passes to `loadModel()`. */
export interface TypedFile {
  readonly url: string;
  readonly signature: Signature;
}

/**
 * The text of a declaration file, which gives models of a registry and model files their types. It
 * adds to interfaces of `perigee`.
 * @param command that writes the file; the first line names it
 * @example
 * ```ts
 * writeModelTypes([{ refs: ['digits'], manifest }], [], 'perigee types');
 * ```
 */
export function writeModelTypes(
  models: readonly TypedModel[],
  files: readonly TypedFile[],
  command: string,
): string {
  const names = byType(models).flatMap(memberLines);
  const urls = files.flatMap(({ url, signature }) => [
    `    ${memberName(url)}: ${declareModel({ signature }, INDENT)};`,
  ]);
  return [
    `// Written by \`${command}\`. Run the command again instead of editing the file.`,
    '/* eslint-disable */',
    'export {};',
    '',
    '// prettier-ignore',
    'declare module "perigee" {',
    ...interfaceLines('ModelsByName', names),
    ...interfaceLines('ModelsByUrl', urls),
    '}',
    '',
  ].join('\n');
}

/** A type, and the references that have it. */
interface Named {
  readonly type: string;
  readonly refs: string[];
}

/** Joins the versions of a model that have the same type. */
function byType(models: readonly TypedModel[]): readonly Named[] {
  const found = new Map<string, Named>();
  for (const { refs, manifest } of models) {
    const type = declareModel(manifest, INDENT);
    const key = `${refs[0]?.split('@', 1)[0]} ${type}`;
    const named = found.get(key) ?? { type, refs: [] };
    named.refs.push(...refs);
    found.set(key, named);
  }
  return [...found.values()];
}

/** The first reference has the type, and the others refer to it. */
function memberLines({ type, refs }: Named): string[] {
  const [first, ...others] = refs.toSorted();
  if (first === undefined) return [];
  return [
    `    ${memberName(first)}: ${type};`,
    ...others.map((ref) => `    ${memberName(ref)}: ModelsByName[${JSON.stringify(first)}];`),
  ];
}

function interfaceLines(name: string, members: readonly string[]): string[] {
  return members.length === 0 ? [] : [`  interface ${name} {`, ...members, '  }'];
}
