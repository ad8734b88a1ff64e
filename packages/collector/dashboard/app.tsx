import { Link, Route, Switch, useLocation } from 'wouter';
import { Logo } from '../../../ui/logo.tsx';
import { MainContent, SkipLink } from '../../../ui/main-content.tsx';
import { ThemeButton } from '../../../ui/theme-button.tsx';
import { useTitle } from '../../../ui/use-title.ts';
import type { AlertsAnswer } from '../src/api.ts';
import { useApi } from './api.ts';
import { AlertsPage } from './pages/alerts/alerts.tsx';
import { AuditPage } from './pages/audit.tsx';
import { ModelPage } from './pages/model/model.tsx';
import { Overview } from './pages/overview/overview.tsx';
import { SignIn } from './parts/sign-in.tsx';

/** The frame of the dashboard and its routes. */
export function App() {
  const [path] = useLocation();
  const open = useApi<AlertsAnswer>('/v1/alerts?state=open');
  const notified = open.data?.alerts.filter(({ inhibitedBy }) => inhibitedBy === null) ?? [];
  return (
    <div className="frame">
      <SkipLink />
      <header className="top">
        <Link href="/" className="brand">
          <Logo /> Perigee <span className="muted">collector</span>
        </Link>
        <Pages path={path} openAlerts={notified.length} />
        <ThemeButton />
      </header>
      <MainContent path={path}>
        {open.error?.code === 'KEY_NEEDED' ? (
          <SignIn />
        ) : (
          <Switch>
            <Route path="/">
              <Overview alerts={open} />
            </Route>
            <Route path="/models/:name/:section?">
              {({ name, section }) => (
                <ModelPage key={name} name={decodeURIComponent(name)} section={section} />
              )}
            </Route>
            <Route path="/alerts/:id?">
              {({ id }) => (
                <AlertsPage id={id === undefined ? undefined : decodeURIComponent(id)} />
              )}
            </Route>
            <Route path="/audit">
              <AuditPage />
            </Route>
            <Route>
              <NotFound />
            </Route>
          </Switch>
        )}
      </MainContent>
    </div>
  );
}

function Pages({ path, openAlerts }: { readonly path: string; readonly openAlerts: number }) {
  const isModels = path === '/' || path.startsWith('/models');
  return (
    <nav className="pages" aria-label="Pages">
      <Link href="/" aria-current={isModels ? 'page' : undefined}>
        Models
      </Link>
      <Link href="/alerts" aria-current={path.startsWith('/alerts') ? 'page' : undefined}>
        Alerts
        {openAlerts > 0 && (
          <b className="bubble">
            {openAlerts}
            <span className="visually-hidden"> open</span>
          </b>
        )}
      </Link>
      <Link href="/audit" aria-current={path.startsWith('/audit') ? 'page' : undefined}>
        Audit
      </Link>
    </nav>
  );
}

function NotFound() {
  useTitle('Page not found');
  return (
    <div className="stack">
      <h1>Page not found</h1>
      <p>
        <Link href="/">Go to the overview</Link>
      </p>
    </div>
  );
}
