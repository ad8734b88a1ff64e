import { Link, Route, Router, Switch, useLocation } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { useOnline } from './offline.ts';
import { DeliveryPage } from './pages/delivery.tsx';
import { DrawPage } from './pages/draw.tsx';
import { ModelPage } from './pages/model.tsx';
import { TabularPage } from './pages/tabular.tsx';
import { Logo } from './parts/logo.tsx';
import { ThemeButton } from './parts/theme-button.tsx';
import { collectorUrl } from './perigee.ts';

const PAGES = [
  { path: '/', label: 'Draw' },
  { path: '/tabular', label: 'Tabular' },
  { path: '/model', label: 'Model' },
  { path: '/delivery', label: 'Delivery' },
] as const;

/** Routes are in the hash, so that any static host can serve the app. */
export function App() {
  return (
    <Router hook={useHashLocation}>
      <div className="frame">
        <Header />
        <main>
          <Switch>
            <Route path="/">
              <DrawPage />
            </Route>
            <Route path="/tabular">
              <TabularPage />
            </Route>
            <Route path="/model">
              <ModelPage />
            </Route>
            <Route path="/delivery">
              <DeliveryPage />
            </Route>
            <Route>
              <p>
                There is no such page. <Link href="/">To the drawing pad</Link>
              </p>
            </Route>
          </Switch>
        </main>
      </div>
    </Router>
  );
}

function Header() {
  const [location] = useLocation();
  const online = useOnline();
  return (
    <header className="top">
      <Link href="/" className="brand">
        <Logo /> Perigee
      </Link>
      <nav className="tabs" aria-label="Pages">
        {PAGES.map(({ path, label }) => (
          <Link key={path} href={path} aria-current={location === path ? 'page' : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      <span className="spacer" />
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
