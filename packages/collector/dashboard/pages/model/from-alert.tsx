import { Link, Redirect } from 'wouter';
import type { AlertsAnswer } from '../../../src/api.ts';
import { useApi } from '../../api.ts';
import { alertPage } from '../../parts/alert-page.ts';
import { sharedAccess } from '../../parts/share/access.ts';

/**
 * Shows the alert that linked here. Messages link to the model only, so this redirects to the right
 * section.
 */
export function FromAlert({
  id,
  hasSection,
}: {
  readonly id: string;
  readonly hasSection: boolean;
}) {
  const alert = useApi<AlertsAnswer>(
    sharedAccess() ? null : '/v1/alerts?state=all',
  ).data?.alerts.find((one) => one.id === id);
  if (!alert) return null;
  if (!hasSection) return <Redirect to={alertPage(alert)} replace />;
  return (
    <p className={`notice ${alert.state === 'resolved' ? 'calm' : ''}`}>
      {alert.state === 'resolved' ? 'Resolved alert' : 'Alert'}:{' '}
      <Link href={`/alerts/${encodeURIComponent(id)}`}>{alert.headline}</Link>
    </p>
  );
}
