export { type Admin, type AdminOptions, createAdmin, type Readiness } from './admin.ts';
export { createMetrics, type Metrics, type Measured, type NamedBound } from './metrics.ts';
