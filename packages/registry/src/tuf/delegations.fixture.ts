import { findTarget } from './find-target.ts';
import { createClient } from './repository.fixture.ts';
import type { Repository } from './repository.fixture.ts';

/** An edge parent → child, with the delegated paths and whether it ends the search. */
export type Edge = readonly [
  parent: string,
  child: string,
  paths?: readonly string[],
  terminating?: boolean,
];

export async function delegateAll(repository: Repository, edges: readonly Edge[]): Promise<void> {
  for (const [parent, name, paths = ['*'], terminating = false] of edges)
    await repository.delegate(parent, { name, paths: [...paths], terminating });
  await repository.publish();
}

/** The delegated roles that a search fetches, in order. */
export async function visited(repository: Repository, path: string): Promise<string[]> {
  const trusted = await createClient(repository).refresh();
  repository.requests.length = 0;
  await findTarget(trusted, path);
  return repository.requests.map((request) => request.path.replace(/^\d+\.(.*)\.json$/, '$1'));
}
