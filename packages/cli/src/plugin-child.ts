// The process of one isolated plugin; the monitor starts it.
import { serveChild } from '@memory-monitor/plugin-loader';

import { BUILT_IN_PLUGINS } from './plugins/built-in-plugins.js';

serveChild(BUILT_IN_PLUGINS);
