import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import '../../../ui/theme.css';
import './frame.css';
import './charts/charts.css';
import './pages/styles/parts.css';
import './pages/styles/overview.css';
import './pages/styles/drift.css';
import './pages/styles/quality.css';
import './pages/styles/performance.css';
import './pages/styles/releases.css';
import './pages/styles/alerts.css';
import './pages/styles/alert-page.css';
import './pages/styles/audit.css';
import './pages/styles/runbook.css';
import './pages/styles/dialogs.css';
import './pages/styles/phone.css';

const root = document.getElementById('app');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
