export { findDistrust } from './trust/find-distrust.js';
export { requireTrusted, type TrustOptions } from './trust/require-trusted.js';
export type { Distrust, TrustRules } from './trust/trust-check.js';
