import type { Backend } from 'perigee';

/** Facts about a model that the states of its query leave out. */
export interface ModelFacts {
  /** The share of the load or of the update that is done, from 0 to 1. */
  readonly progress: number;
  /** The version in use. It changes with an update or a rollback, while `data` stays the same. */
  readonly version?: string | undefined;
  /** The backend in use. A faster one may take over. */
  readonly backend?: Backend | undefined;
  /** A newer version that is downloaded and verified. `update()` switches to it. */
  readonly updateAvailable?: string | undefined;
  readonly isUpdating: boolean;
  /**
   * Downloads, verifies and switches to the newest version. Resolves to the version in use
   * afterwards, and to undefined while no model is loaded.
   * @throws PerigeeError as `model.update()` of `perigee`
   */
  update(): Promise<string | undefined>;
}
