import { DiskFullError } from './connection.ts';
import type { Connection } from './connection.ts';

type Insert = Parameters<Connection['insert']>;

/** Shows whether there is space for a table whose rows cannot be repeated. */
const SMALL_PROBE: Insert = [
  'documents',
  ['kind', 'id', 'at_ms', 'body'],
  [['health', 'write', 0, 'null']],
];

/** A connection that notes which tables the database refused inserts into for lack of space. */
export interface DiskCheck {
  readonly connection: Connection;
  /**
   * Tries to write if the disk was full at the last insert into some table. While the check fails,
   * uploads may be routed elsewhere, so none would show that there is space again. Other errors of
   * the database are ignored.
   * @throws DiskFullError if it is still full
   */
  check(): Promise<void>;
}

export function createDiskCheck(connection: Connection): DiskCheck {
  /**
   * Tables with a refused insert, and the insert that shows whether there is space again. Refused
   * profiles are inserted again as they are: a smaller insert may find space where an upload finds
   * none. Repeated rows of a batch are merged, so they count once.
   */
  const probes = new Map<string, Insert>();
  const insert: Connection['insert'] = async (...given) => {
    const [table, , rows] = given;
    if (rows.length === 0) return;
    try {
      await connection.insert(...given);
      probes.delete(table);
    } catch (error) {
      if (error instanceof DiskFullError)
        probes.set(table, table === 'profiles' ? given : SMALL_PROBE);
      throw error;
    }
  };
  return {
    connection: { ...connection, insert },
    async check() {
      for (const [table, probe] of probes) {
        try {
          await connection.insert(...probe);
          probes.delete(table);
        } catch (error) {
          if (error instanceof DiskFullError) throw error;
        }
      }
    },
  };
}
