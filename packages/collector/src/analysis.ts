/**
 * The judgement of a collector without its server: the store's shape and one in memory, the check
 * of all models, alerts, and the guard's decision. Isomorphic: no DOM, no Node.
 */
export { createAlerting } from './alerts/alerting.ts';
export { findingsOf } from './alerts/alert.ts';
export { WHAT_TO_DO } from './alerts/notify/what-to-do.ts';
export { DEFAULT_RULES, parseRules } from './alerts/rules.ts';
export { judgeDrift, ratioOf } from './analysis/drift.ts';
export { accuracyOf, estimatedPerformance } from './analysis/performance.ts';
export { readComparison } from './analysis/read-comparison.ts';
export { readFleet } from './analysis/read-fleet.ts';
export { guardDecision, rolloutsOf, withoutRollout } from './guard/guard.ts';
export { checkModels } from './monitor/check-models.ts';
export { driftOptions, startMonitor } from './monitor/monitor.ts';
export { openMemoryStore } from './store/memory/memory-store.ts';

export type { Alert } from './alerts/alert.ts';
export type { Alerting } from './alerts/alerting.ts';
export type { Finding, RuleName, Severity } from './alerts/finding.ts';
export type { Clock } from './alerts/notify/clock.ts';
export type { Rules } from './alerts/rules.ts';
export type { NoCounts } from './analysis/read-comparison.ts';
export type { Sources } from './analysis/read-fleet.ts';
export type { CompareAnswer, Estimate } from './api.ts';
export type { GuardAction, GuardDecision, Running } from './guard/guard.ts';
export type { Monitor } from './monitor/monitor.ts';
export type { PublishedModel, PublishedModels, Reference } from './published-models.ts';
export type { MemoryStoreOptions } from './store/memory/memory-store.ts';
export type { CollectorStore, StoreReader } from './store/store.ts';
