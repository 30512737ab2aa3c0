/** Where mail is put if the configuration says nothing. A module of its own: the command line needs no more of this package. */
export const DEFAULT_SPOOL = '/var/spool/memory-monitor';
