import { Suspense } from 'react';
import { Link, Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { Logo } from '../../ui/logo.tsx';
import { MainContent, SkipLink } from '../../ui/main-content.tsx';
import { ThemeButton } from '../../ui/theme-button.tsx';
import { useTitle } from '../../ui/use-title.ts';
import { PageBoundary } from './frame/page-boundary.tsx';
import { SiteNav } from './frame/site-nav.tsx';
import { useOnline } from './offline.ts';
import { pageAt, PAGES } from './pages.tsx';
import { NewVersion } from './parts/keep-site.tsx';

/** Routes are in the hash, so that any static host can serve the app. */
export function App() {
  return (
    <Router hook={useHashLocation}>
      <Frame />
    </Router>
  );
}

function Frame() {
  const [path] = useLocation();
  useTitle(pageAt(path)?.title ?? 'Page not found');
  return (
    <div className="frame">
      <SkipLink />
      <Header path={path} />
      <MainContent path={path}>
        <PageBoundary key={path}>
          <Suspense fallback={<div className="skeleton page-waiting" />}>
            <Switch>
              {PAGES.map(({ path, route = path, Page }) => (
                <Route key={path} path={route} component={Page} />
              ))}
              {/* The address of the page of this device, before. */}
              <Route path="/model">
                <Redirect to="/device" />
              </Route>
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </PageBoundary>
      </MainContent>
    </div>
  );
}

function Header({ path }: { readonly path: string }) {
  const online = useOnline();
  return (
    <header className="top">
      <Link href="/" className="brand">
        <Logo /> Perigee
      </Link>
      <SiteNav current={path} />
      <span className="spacer" />
      <NewVersion />
      {!online && (
        <span className="badge warn" role="status">
          offline
        </span>
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
        There is no page at this address. Choose one above, or{' '}
        <Link href="/" className="in-text">
          go to the first page
        </Link>
        .
      </p>
    </div>
  );
}
