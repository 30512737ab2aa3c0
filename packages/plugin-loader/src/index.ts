export type { PluginEntry } from './compile/find-entry.js';
export { importDefault } from './import-default.js';
export { serveChild } from './isolation/serve-child.js';
export { PluginCompiler, type CompiledPlugin, type PluginCompilerOptions } from './plugin-compiler.js';
export {
  PluginLoader,
  type BuiltInPlugins,
  type PluginFiles,
  type PluginLoaderOptions,
} from './plugin-loader.js';
export { stackPlaces, type StackPlace } from './stack-places.js';
export { findDistrust } from './trust/find-distrust.js';
export { makeTrustedDirectory, type DirectoryOptions } from './trust/make-trusted-directory.js';
export { requireTrusted, type TrustOptions } from './trust/require-trusted.js';
export type { Distrust, TrustRules } from './trust/trust-check.js';
