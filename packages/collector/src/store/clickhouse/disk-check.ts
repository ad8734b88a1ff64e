import { DiskFullError } from './connection.ts';
import type { Connection } from './connection.ts';

/** A connection that notes whether the disk of the database was full at the last insert. */
export interface DiskCheck {
  readonly connection: Connection;
  /**
   * Tries to write if the disk was full at the last insert. While the check fails, uploads may be
   * routed elsewhere, so none would show that there is space again.
   * @throws DiskFullError if it is still full
   */
  check(): Promise<void>;
}

export function createDiskCheck(connection: Connection): DiskCheck {
  let wasFull = false;
  const insert: Connection['insert'] = async (...rows) => {
    try {
      await connection.insert(...rows);
      wasFull = false;
    } catch (error) {
      wasFull ||= error instanceof DiskFullError;
      throw error;
    }
  };
  return {
    connection: { ...connection, insert },
    async check() {
      if (!wasFull) return;
      await insert(
        'documents',
        ['kind', 'id', 'at_ms', 'body'],
        [['health', 'write', Date.now(), 'null']],
      );
    },
  };
}
