import type { Notifier } from './alerts/notify/notifier.ts';
import type { Rules } from './alerts/thresholds.ts';
import type { AuthOptions } from './auth.ts';
import type { MonitorOptions } from './monitor.ts';
import type { ClickHouseOptions } from './store/clickhouse/clickhouse-store.ts';

/** One file of this process, or a database that several collectors share. */
export type StoreOptions = { readonly kind: 'sqlite' } | ({ readonly kind: 'clickhouse' } & ClickHouseOptions);

export interface CollectorOptions extends AuthOptions, MonitorOptions {
  /** Default 4700; 0 takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Default: SQLite. */
  readonly store?: StoreOptions;
  /** Where SQLite's file is. Default `.perigee/collector`. */
  readonly dataDir?: string;
  /** URL or folder of the registry the models are published to. Without it uploads are taken unchecked and there is no drift. */
  readonly registry?: string;
  /** Pages that may send. Default: any. */
  readonly allowedOrigins?: readonly string[];
  /**
   * Behind proxies that add `X-Forwarded-*`: how many there are, or their addresses and networks; true is one. The sender's address is what the
   * first of them adds; what stands before was written by the sender. Default: none.
   */
  readonly trustProxy?: boolean | number | readonly string[];
  /** Shares of devices that send, as `telemetry.sampling` of the apps. Uploads with another one are not taken. Default: 1, every device. */
  readonly sampling?: readonly number[];
  /** Of one address. Default 600. */
  readonly uploadsPerMinute?: number;
  /** What is worth an alert. Default: DEFAULT_RULES. */
  readonly rules?: Rules;
  /** Who is told, by the name the rules' routes call them. Default: nobody; alerts are on the dashboard. */
  readonly notifiers?: Readonly<Record<string, Notifier>>;
  /** Where people open the dashboard, for links in messages. Default: where it listens. */
  readonly publicUrl?: string;
  /** Device-hours below which a slice of the fleet (a segment, a backend, a browser) is not shown. Default 50. */
  readonly minDevices?: number;
  /** Where closed hours are sent as OTLP metrics: the URL before `/v1/metrics`. Default: nowhere. */
  readonly otlp?: { readonly url: string; readonly headers?: Readonly<Record<string, string>> };
  /** Where faults of the collector itself go. Default: the console. */
  readonly logger?: Pick<Console, 'error'>;
}
