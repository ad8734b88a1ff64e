import { useEffect, useRef } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import type { AlertsAnswer } from '../src/api.ts';
import { useApi } from './api.ts';
import { AlertsPage } from './pages/alerts.tsx';
import { AuditPage } from './pages/audit.tsx';
import { ModelPage } from './pages/model/model.tsx';
import { Overview } from './pages/overview.tsx';
import { Logo } from './parts/logo.tsx';
import { SignIn } from './parts/sign-in.tsx';
import { ThemeButton } from './parts/theme-button.tsx';

/** The frame of the dashboard and its routes. */
export function App() {
  const [path] = useLocation();
  const open = useApi<AlertsAnswer>('/v1/alerts?state=open');
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    // Move the focus to the new page, for users who do not see that it changed.
    if (shown.current !== path) main.current?.focus({ preventScroll: true });
    shown.current = path;
  }, [path]);
  const told = open.data?.alerts.filter(({ inhibitedBy }) => inhibitedBy === null).length ?? 0;
  return (
    <div className="frame">
      <a className="skip" href="#main">
        To the content
      </a>
      <header className="top">
        <Link href="/" className="brand">
          <Logo /> Perigee <span className="muted">collector</span>
        </Link>
        <nav className="pages" aria-label="Pages">
          <Link
            href="/"
            aria-current={path === '/' || path.startsWith('/models') ? 'page' : undefined}
          >
            Models
          </Link>
          <Link href="/alerts" aria-current={path.startsWith('/alerts') ? 'page' : undefined}>
            Alerts
            {told > 0 && (
              <b className="bubble">
                {told}
                <span className="visually-hidden"> open</span>
              </b>
            )}
          </Link>
          <Link href="/audit" aria-current={path.startsWith('/audit') ? 'page' : undefined}>
            Audit
          </Link>
        </nav>
        <ThemeButton />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
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
              <p>
                There is no such page. <Link href="/">To the overview</Link>
              </p>
            </Route>
          </Switch>
        )}
      </main>
    </div>
  );
}
