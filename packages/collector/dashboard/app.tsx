import { Link, Route, Switch, useLocation } from 'wouter';
import { Logo } from '../../../ui/logo.tsx';
import { MainContent, SkipLink } from '../../../ui/main-content.tsx';
import { ThemeButton } from '../../../ui/theme-button.tsx';
import { useTitle } from '../../../ui/use-title.ts';
import { groupByCause } from '../src/alerts/same-cause.ts';
import type { AlertsAnswer, AlertView } from '../src/api.ts';
import { useApi } from './api.ts';
import { AlertPage } from './pages/alerts/alert-page.tsx';
import { AlertsPage } from './pages/alerts/alerts.tsx';
import { AuditPage } from './pages/audit.tsx';
import { ModelPage } from './pages/model/model.tsx';
import { LinksPage } from './pages/links.tsx';
import { RunbookPage } from './pages/runbook.tsx';
import { Overview } from './pages/overview/overview.tsx';
import { FreshnessLine } from './parts/frame/freshness-line.tsx';
import { sharedAccess, sharedHome } from './parts/share/access.ts';
import { SharedNotice } from './parts/share/shared-notice.tsx';
import { Shortcuts } from './parts/shortcuts/shortcut-list.tsx';
import { SignIn } from './parts/sign-in.tsx';

/** The frame of the dashboard and its routes. */
export function App() {
  const [path] = useLocation();
  const shared = sharedAccess();
  const open = useApi<AlertsAnswer>(shared ? null : '/v1/alerts?state=open');
  const causes = groupByCause<AlertView>(open.data?.alerts ?? []);
  return (
    <div className="frame">
      <SkipLink />
      <header className="top">
        <Link href={shared ? sharedHome(shared.scope) : '/'} className="brand">
          <Logo /> Perigee <span className="muted">collector</span>
        </Link>
        {shared ? (
          <SharedNotice access={shared} />
        ) : (
          <Pages path={path} openAlerts={causes.length} />
        )}
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
            <Route path="/alerts">
              <AlertsPage />
            </Route>
            <Route path="/alerts/:id">
              {({ id }) => <AlertPage key={id} id={decodeURIComponent(id)} />}
            </Route>
            <Route path="/runbooks/:rule?">
              {({ rule = 'index' }) => <RunbookPage key={rule} name={rule} />}
            </Route>
            <Route path="/audit">
              <AuditPage />
            </Route>
            <Route path="/links">
              <LinksPage />
            </Route>
            <Route>
              <NotFound />
            </Route>
          </Switch>
        )}
      </MainContent>
      <div className="below">
        <FreshnessLine />
        <Shortcuts path={path} />
      </div>
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
