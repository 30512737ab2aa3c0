import { limitsOf, type Configuration } from './configuration.js';
import type { Limits } from '../decision/limits.js';
import { Whitelist } from '../decision/whitelist.js';

/** The configuration that is in force now, with what is derived from it. A reload replaces it as a whole. */
export class LiveConfiguration {
  #configuration: Configuration;
  #whitelist: Whitelist;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
    this.#whitelist = new Whitelist(configuration.whitelist);
  }

  get thresholds(): Configuration['thresholds'] {
    return this.#configuration.thresholds;
  }

  get settings(): Configuration['settings'] {
    return this.#configuration.settings;
  }

  get files(): readonly string[] {
    return this.#configuration.files;
  }

  get limits(): Limits {
    return limitsOf(this.#configuration.thresholds);
  }

  get whitelist(): Whitelist {
    return this.#whitelist;
  }

  /** Puts another configuration in force. What is under way keeps what it began with. */
  replace(configuration: Configuration): void {
    this.#whitelist = new Whitelist(configuration.whitelist);
    this.#configuration = configuration;
  }
}
