import type { Backend, EngineName } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { Engine } from './engine.ts';

export interface EngineEntry {
  readonly name: EngineName;
  /** Matches the names of the entry files that the engine opens. */
  readonly entry: RegExp;
  readonly backends: readonly Backend[];
  /** Larger entry files are not for it, unless it is asked for by name. */
  readonly maxBytes?: number;
  /** Backends on which it takes files that stay in the store. Absent: none. */
  readonly readsParts?: readonly Backend[];
  load(): Promise<Engine>;
}

/** The engines of one kind of worker. A file's format and a backend together select one of them. */
export interface Engines {
  /**
   * The engine for a file on a backend.
   * @throws PerigeeError UNSUPPORTED_MODEL for a file that no engine opens, BACKEND_UNAVAILABLE for
   *   a backend that these engines lack
   */
  find(entry: string, backend: Backend): EngineEntry;
  /** Whether this kind of worker has an engine for the file. */
  opens(entry: string): boolean;
  /**
   * The engine that finds the further files of an entry file. It is the one without `maxBytes`,
   * which reads the whole format.
   */
  reader(entry: string): EngineEntry | undefined;
}

export function engineTable(engines: readonly EngineEntry[]): Engines {
  function openers(entry: string): readonly EngineEntry[] {
    const found = engines.filter((engine) => engine.entry.test(entry));
    if (found.length === 0)
      throw new PerigeeError(
        'UNSUPPORTED_MODEL',
        `"${entry}" is not a model file that Perigee can open: it takes .onnx, .ort and ` +
          'TensorFlow.js model.json files.',
        { details: { entry } },
      );
    return found;
  }
  return {
    opens: (entry) => engines.some((engine) => engine.entry.test(entry)),
    find(entry, backend) {
      const known = openers(entry);
      const found = known.find(({ backends }) => backends.includes(backend));
      if (!found)
        throw new PerigeeError(
          'BACKEND_UNAVAILABLE',
          `"${entry}" cannot run on the backend "${backend}"; it can on ` +
            `${known.flatMap(({ backends }) => backends).join(', ')}.`,
          { details: { entry, backend } },
        );
      return found;
    },
    reader: (entry) => openers(entry).find(({ maxBytes }) => maxBytes === undefined),
  };
}
