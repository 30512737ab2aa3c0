const SECRET_WORD =
  '(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|auth(?:orization)?|credentials?)';
/** `--db-password=x`, `PGPASSWORD=x`, `password:x` */
const SECRET_PAIR = new RegExp(`^([^=:]*${SECRET_WORD}[^=:]*[=:])(.+)$`, 'is');
/** `--password`, whose value is the next argument. */
const SECRET_FLAG = new RegExp(`^--?[\\w-]*${SECRET_WORD}$`, 'i');
/** `https://user:password@host` */
const URL_PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^/:@\s]*:)[^/@\s]+(?=@)/i;
/** `mysql -psecret` */
const MYSQL_PASSWORD = /^-p.+$/;
const MYSQL = /(?:^|\/)(?:mysql|mariadb)[\w-]*$/;

const MASK = '***';

/** A command line for the log: the usual ways to pass a secret on it are masked. */
export function maskSecrets(commandLine: readonly string[]): string[] {
  const isMysql = MYSQL.test(commandLine[0] ?? '');
  return commandLine.map((argument, index) => {
    if (index > 0 && SECRET_FLAG.test(commandLine[index - 1] ?? '') && !argument.startsWith('-')) {
      return MASK;
    }
    if (isMysql && MYSQL_PASSWORD.test(argument)) {
      return `-p${MASK}`;
    }
    return argument.replace(SECRET_PAIR, `$1${MASK}`).replace(URL_PASSWORD, `$1${MASK}`);
  });
}
