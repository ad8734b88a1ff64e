import { lazy } from 'react';
import type { ComponentType } from 'react';

/** A page, with its name in the navigation. */
export interface SitePage {
  readonly path: string;
  /** The pattern of its addresses. Its path if absent. */
  readonly route?: string;
  /** In the navigation. */
  readonly label: string;
  /** Of the document. No two pages have the same. */
  readonly title: string;
  readonly Page: ComponentType;
}

export interface PageGroup {
  readonly name: string;
  readonly pages: readonly SitePage[];
}

/** All pages of the site. A page's code is loaded when it is opened. */
export const GROUPS: readonly PageGroup[] = [
  {
    name: 'Start',
    pages: [
      {
        path: '/',
        label: 'Home',
        title: 'Models that run on your users’ devices',
        Page: page(() => import('./pages/home/home-page.tsx')),
      },
    ],
  },
  {
    name: 'Try it',
    pages: [
      {
        path: '/draw',
        label: 'Draw',
        title: 'Draw a digit',
        Page: page(() => import('./pages/draw/draw-page.tsx')),
      },
      {
        path: '/tabular',
        label: 'Tabular',
        title: 'Classify measurements',
        Page: page(() => import('./pages/tabular/tabular-page.tsx')),
      },
      {
        path: '/your-model',
        label: 'Your model',
        title: 'Try your own model',
        Page: page(() => import('./pages/your-model/your-model-page.tsx')),
      },
      {
        path: '/camera',
        label: 'Camera',
        title: 'Read digits from a camera',
        Page: page(() => import('./pages/camera/camera-page.tsx')),
      },
    ],
  },
  {
    name: 'Run a fleet',
    pages: [
      {
        path: '/releases',
        label: 'Releases',
        title: 'Ship a version to a fleet',
        Page: page(() => import('./pages/releases/releases-page.tsx')),
      },
      {
        path: '/monitoring',
        label: 'Monitoring',
        title: 'Watch a model at work',
        Page: page(() => import('./pages/monitoring/monitoring-page.tsx')),
      },
    ],
  },
  {
    name: 'This device',
    pages: [
      {
        path: '/device',
        label: 'On this device',
        title: 'The model on this device',
        Page: page(() => import('./pages/model/model-page.tsx')),
      },
      {
        path: '/delivery',
        label: 'Delivery',
        title: 'Update this device and roll it back',
        Page: page(() => import('./pages/delivery/delivery-page.tsx')),
      },
      {
        path: '/privacy',
        label: 'Privacy',
        title: 'See what leaves this device',
        Page: page(() => import('./pages/privacy/privacy-page.tsx')),
      },
      {
        path: '/offline',
        label: 'Offline',
        title: 'Use the model without a network',
        Page: page(() => import('./pages/offline/offline-page.tsx')),
      },
      {
        path: '/benchmarks',
        // With figures that somebody shared.
        route: '/benchmarks/:figures?',
        label: 'Benchmarks',
        title: 'Measure this device',
        Page: page(() => import('./pages/benchmarks/benchmarks-page.tsx')),
      },
    ],
  },
];

export const PAGES: readonly SitePage[] = GROUPS.flatMap(({ pages }) => pages);

/** The page at an address; undefined if there is none. */
export function pageAt(address: string): SitePage | undefined {
  return PAGES.find(({ path }) => address === path || address.startsWith(`${path}/`));
}

type PageModule = { readonly default: ComponentType };

/** A page with the SDK. Both are loaded at the same time. */
function page(load: () => Promise<PageModule>): ComponentType {
  return lazy(async () => {
    const [{ WithPerigee }, { default: Page }] = await Promise.all([
      import('./frame/with-perigee.tsx'),
      load(),
    ]);
    return {
      default: () => (
        <WithPerigee>
          <Page />
        </WithPerigee>
      ),
    };
  });
}
