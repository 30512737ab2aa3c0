// Repetitions are bounded: whoever writes a command line must not be able to make these take quadratic time.
const SECRET_WORD =
  '(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|auth(?:orization)?|credentials?)';
/** `--db-password=x`, `PGPASSWORD=x`, `host=h password=x`, `Authorization: x` */
const SECRET_PAIR = new RegExp(`(${SECRET_WORD}[^=:\\s]{0,64}\\s{0,8}[=:]\\s*)(.+)$`, 'is');
/** `--password`, whose value is the next argument. */
const SECRET_FLAG = new RegExp(`^--?[\\w-]*${SECRET_WORD}$`, 'i');
/** `https://user:password@host` */
const URL_PASSWORD = /([a-z][a-z0-9+.-]{0,30}:\/\/[^/:@\s]*:)[^/@\s]+(?=@)/gi;
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
