import type { ChannelFile } from '@perigee/registry';
import type { GuardState } from '../../api-alerts.ts';
import type { CompareAnswer } from '../../api.ts';
import type { StoredDocument } from '../../store/store.ts';

const DAY_MS = 86_400_000;

interface Known {
  readonly file: ChannelFile | undefined;
  /** Comparison with the version that the rollout replaces; undefined without counts. */
  readonly compared: CompareAnswer | undefined;
  readonly decisions: readonly StoredDocument[];
  readonly lastSeenMs: number | null;
  readonly nowMs: number;
}

/** The state of the guard for a version. A guard watches rollouts only. */
export function guardOf(
  { model, version }: { readonly model: string; readonly version: string },
  { file, compared, decisions, lastSeenMs, nowMs }: Known,
): GuardState {
  const lastSeen = lastSeenMs === null ? null : new Date(lastSeenMs).toISOString();
  const acted = decisions.find(({ body }) => isAction(body, model, version));
  const rollout = Object.values(file?.channels ?? {}).find(
    (channel) => channel.rollout?.version === version,
  );
  const runs =
    lastSeenMs === null
      ? ' No guard has asked this collector yet: start one with perigee guard.'
      : nowMs - lastSeenMs > DAY_MS
        ? ' No guard has asked this collector for a day.'
        : '';
  if (acted && !rollout)
    return {
      state: 'acted',
      text: `The guard acted: ${(acted.body as { summary: string }).summary}`,
      lastSeen,
    };
  if (!rollout)
    return {
      state: 'no-rollout',
      text: `${version} is not being rolled out. A guard acts on rollouts only.`,
      lastSeen,
    };
  if (compared?.verdict === 'harm')
    return {
      state: 'harm',
      text: `Harm is proven: ${compared.reasons.join('; ')}. A guard takes the rollout back.${runs}`,
      lastSeen,
    };
  const alarms = (compared?.metrics ?? []).filter(({ alarm }) => alarm).map(({ name }) => name);
  const seen =
    alarms.length === 0
      ? 'no sign of harm yet'
      : `one sign of harm (${alarms.join(', ').replaceAll('-', ' ')}), and it needs a second one`;
  return { state: 'watching', text: `A guard watches the rollout: ${seen}.${runs}`, lastSeen };
}

function isAction(body: unknown, model: string, version: string): boolean {
  const entry = body as Readonly<Record<string, unknown>>;
  return (
    entry['actor'] === 'guard' &&
    (entry['action'] === 'halt' || entry['action'] === 'rollback') &&
    entry['model'] === model &&
    entry['version'] === version
  );
}
