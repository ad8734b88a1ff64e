import { lazy, Suspense } from 'react';
import { Link, Route, Router, Switch, useLocation } from 'wouter';
import { Logo } from '../../ui/logo.tsx';
import { MainContent, SkipLink } from '../../ui/main-content.tsx';
import { ThemeButton } from '../../ui/theme-button.tsx';
import { useTitle } from '../../ui/use-title.ts';
import { useHashPath } from './hash-location.ts';
import { useOnline } from './offline.ts';
import { DeliveryPage } from './pages/delivery/delivery-page.tsx';
import { DrawPage } from './pages/draw/draw-page.tsx';
import { ModelPage } from './pages/model/model-page.tsx';
import { NewVersion } from './parts/keep-site.tsx';
import { collectorUrl } from './perigee.ts';

const TabularPage = lazy(() => import('./pages/tabular/tabular-page.tsx'));
const ReleasesPage = lazy(() => import('./pages/releases/releases-page.tsx'));
const MonitoringPage = lazy(() => import('./pages/monitoring/monitoring-page.tsx'));

const PAGES = [
  { path: '/', label: 'Draw', Page: DrawPage },
  { path: '/tabular', label: 'Tabular', Page: TabularPage },
  { path: '/model', label: 'Model', Page: ModelPage },
  { path: '/delivery', label: 'Delivery', Page: DeliveryPage },
  { path: '/releases', label: 'Releases', Page: ReleasesPage },
  { path: '/monitoring', label: 'Monitoring', Page: MonitoringPage },
] as const;

/** Routes are in the hash, so that any static host can serve the app. */
export function App() {
  return (
    <Router hook={useHashPath}>
      <Frame />
    </Router>
  );
}

function Frame() {
  const [path] = useLocation();
  useTitle(PAGES.find((page) => page.path === path)?.label ?? 'Page not found');
  return (
    <div className="frame">
      <SkipLink />
      <Header path={path} />
      <MainContent path={path}>
        <Switch>
          {PAGES.map(({ path, Page }) => (
            <Route key={path} path={path}>
              <Suspense fallback={<div className="skeleton page-waiting" />}>
                <Page />
              </Suspense>
            </Route>
          ))}
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </MainContent>
    </div>
  );
}

function Header({ path: current }: { readonly path: string }) {
  const online = useOnline();
  return (
    <header className="top">
      <Link href="/" className="brand">
        <Logo /> Perigee
      </Link>
      <nav className="tabs" aria-label="Pages">
        {PAGES.map(({ path, label }) => (
          <Link key={path} href={path} aria-current={current === path ? 'page' : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      <span className="spacer" />
      <NewVersion />
      {!online && (
        <span className="badge warn" role="status">
          offline
        </span>
      )}
      {collectorUrl && (
        <a className="small" href={collectorUrl} target="_blank" rel="noreferrer">
          Dashboard ↗
        </a>
      )}
      <ThemeButton />
    </header>
  );
}

function NotFound() {
  return (
    <div className="intro">
      <h1>Page not found</h1>
      <p>
        <Link href="/">Go to the drawing pad</Link>
      </p>
    </div>
  );
}
