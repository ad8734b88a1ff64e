import type { ReactNode } from 'react';
import { PerigeeProvider } from '@perigee/react';
import { PerigeeDevtools } from '@perigee/react/devtools';
import { offline, perigee } from '../perigee.ts';

/** Gives the SDK to a page. The frame does without it, so that it is painted first. */
export function WithPerigee({ children }: { readonly children: ReactNode }) {
  return (
    <PerigeeProvider perigee={perigee}>
      {children}
      <PerigeeDevtools offline={offline} />
    </PerigeeProvider>
  );
}
