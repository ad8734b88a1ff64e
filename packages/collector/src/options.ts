import type { Notifier } from './alerts/notify/notifier.ts';
import type { Rules } from './alerts/thresholds.ts';
import type { AuthOptions } from './http/auth.ts';
import type { MonitorOptions } from './monitor/monitor.ts';
import type { ClickHouseOptions } from './store/clickhouse/clickhouse-store.ts';

/**
 * `sqlite`: a file owned by this process. `clickhouse`: a database that several collectors may
 * share.
 */
export type StoreOptions =
  | { readonly kind: 'sqlite' }
  | ({ readonly kind: 'clickhouse' } & ClickHouseOptions);

/** A rollback that a person asked for on the page of an alert. */
export interface RollbackOrder {
  readonly model: string;
  readonly channel: string;
  /**
   * The version to take back. The collector's knowledge of the registry is up to ten seconds old:
   * if the channel does not give this version to devices any more, nothing may be rolled back.
   */
  readonly from: string;
  /** The version that devices get then. */
  readonly version: string;
  /** The reason for the log of the registry: who asked, and about which alert. */
  readonly note: string;
}

export interface RollbackDone {
  /** False if the channel was back already. */
  readonly changed: boolean;
  /** The version that the channel names now. */
  readonly version: string;
}

export interface CollectorOptions extends AuthOptions, MonitorOptions {
  /** Default 4700; 0 picks a free port. */
  readonly port?: number;
  readonly host?: string;
  /** Default: SQLite. */
  readonly store?: StoreOptions;
  /** Folder of the SQLite file. Default `.perigee/collector`. */
  readonly dataDir?: string;
  /**
   * URL or folder of the registry that the models are published to. Without it, uploads are not
   * checked against references and there is no drift analysis.
   */
  readonly registry?: string;
  /** Origins whose pages may upload. Default: any. */
  readonly allowedOrigins?: readonly string[];
  /**
   * Trust `X-Forwarded-*` headers of proxies in front of the collector: their number, or their
   * addresses and networks; `true` means one. The sender's address is the one that the first
   * trusted proxy adds; entries before it were written by the sender and are ignored. Default: no
   * proxy.
   */
  readonly trustProxy?: boolean | number | readonly string[];
  /**
   * Accepted shares of sampled devices, as in the apps' `telemetry.sampling`. Uploads with another
   * share are refused. Default: [1], every device.
   */
  readonly sampling?: readonly number[];
  /**
   * Uploads per minute from one address: a whole number, or Infinity for no limit. Default 600.
   * Uploads with windows older than 48 hours are limited to this number per hour. A limit begins
   * anew with each minute or hour, so up to twice the number may arrive within one.
   */
  readonly uploadsPerMinute?: number;
  /** Alert rules. Default: DEFAULT_RULES. */
  readonly rules?: Rules;
  /**
   * Notifiers by name; the routes of the rules refer to these names. Default: none. Alerts are
   * always on the dashboard.
   */
  readonly notifiers?: Readonly<Record<string, Notifier>>;
  /** URL of the dashboard for links in messages. Default: the address the collector listens on. */
  readonly publicUrl?: string;
  /**
   * Device-hours that a slice of the fleet (a segment, a backend, a browser) needs to be shown.
   * Default 50.
   */
  readonly minDevices?: number;
  /**
   * Exports closed hours as OTLP metrics to this base URL, to which `/v1/metrics` is appended.
   * Default: off.
   */
  readonly otlp?: { readonly url: string; readonly headers?: Readonly<Record<string, string>> };
  /**
   * Rolls a channel back. With it, the page of an alert has a button that does so. It needs an
   * `adminKey` and a `registry`. Default: none, because a collector holds no signing keys.
   */
  readonly rollBack?: (order: RollbackOrder) => Promise<RollbackDone>;
  /** Receives errors of the collector itself. Default: the console. */
  readonly logger?: Pick<Console, 'error'>;
}
