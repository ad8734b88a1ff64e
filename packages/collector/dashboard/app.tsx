import { Link, Route, Switch } from 'wouter';
import { ModelPage } from './pages/model.tsx';
import { Overview } from './pages/overview.tsx';
import { Logo } from './parts/logo.tsx';
import { ThemeButton } from './parts/theme-button.tsx';

/** Frame and routes. */
export function App() {
  return (
    <div className="frame">
      <header className="top">
        <Link href="/" className="brand">
          <Logo /> Perigee <span className="muted">collector</span>
        </Link>
        <span className="spacer" />
        <ThemeButton />
      </header>
      <main>
        <Switch>
          <Route path="/"><Overview /></Route>
          <Route path="/models/:name/:section?">{({ name, section }) => <ModelPage name={decodeURIComponent(name)} section={section} />}</Route>
          <Route><p>There is no such page. <Link href="/">To the overview</Link></p></Route>
        </Switch>
      </main>
    </div>
  );
}
